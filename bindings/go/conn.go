package oap

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Conn is a session over a [net.Conn]. It receives in the background, so that acknowledgements come through while it
// sends: both sides may send at once. HELLO and ACK are its own business: [Conn.Recv] gives START, DATA and END, and
// acknowledges a DATA when the frame behind it is asked for.
//
// One goroutine at a time may receive, any number send. Close it: a Conn that is forgotten stays.
type Conn struct {
	_   noCopy
	net net.Conn

	// sending is held by who encodes and writes, so that frames go out in the session's order. out holds what is
	// encoded and not yet written: a cancelled write is finished by the next.
	sending chan struct{}
	out     []byte
	greeted bool
	// sendErr is what the net.Conn said to a write.
	sendErr error

	// mu guards the session and what the background receiver shares.
	mu      sync.Mutex
	session *Session
	peer    *Hello
	inbox   inbox
	// recvErr is why nothing more is received.
	recvErr error
	closed  bool
	// changed is closed and replaced at each change of the above.
	changed chan struct{}
	// received is closed when the background receiver has returned.
	received chan struct{}

	// given is what Recv gives from; given.rows[:next] have been given.
	given inbox
	next  int
	one   frames
}

// Dial connects, and returns when both HELLOs have passed; nil means the default Config.
func Dial(ctx context.Context, network, address string, config *Config) (*Conn, error) {
	var dialer net.Dialer
	raw, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	conn, err := NewConn(raw, config)
	if err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	if err := conn.Handshake(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// NewConn makes a side of a session over raw, which it takes over; nil means the default Config. The sides are alike. It
// does not wait: the first Recv or Send does the handshake, or [Conn.Handshake] before. The error is a [*ConfigError]. It
// panics where raw is nil.
func NewConn(raw net.Conn, config *Config) (*Conn, error) {
	if raw == nil {
		panic("oap: NewConn: raw is nil")
	}
	session, err := NewSession(config)
	if err != nil {
		return nil, err
	}
	c := &Conn{
		net:      raw,
		sending:  make(chan struct{}, 1),
		session:  session,
		changed:  make(chan struct{}),
		received: make(chan struct{}),
	}
	go c.receive()
	return c, nil
}

// Serve accepts connections and handles each in a goroutine of its own, until ctx is done or Accept fails; nil means the
// default Config. It then closes the listener, waits for the handlers, whose context is done too in the first case, and
// gives the reason. Each Conn is closed when its handler returns. It panics where listener or handle is nil.
func Serve(ctx context.Context, listener net.Listener, config *Config, handle func(context.Context, *Conn)) error {
	if listener == nil || handle == nil {
		panic("oap: Serve: listener or handle is nil")
	}
	defer listener.Close()
	if err := config.Validate(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() })
	defer stop()
	var handlers sync.WaitGroup
	defer handlers.Wait()
	for {
		raw, err := listener.Accept()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return err
		}
		conn, err := NewConn(raw, config)
		if err != nil {
			return errors.Join(err, raw.Close())
		}
		handlers.Add(1)
		go func() {
			defer handlers.Done()
			defer conn.Close()
			handle(ctx, conn)
		}()
	}
}

// Handshake sends the own HELLO if it has not gone, and waits for the peer's.
func (c *Conn) Handshake(ctx context.Context) error {
	if err := c.greet(ctx); err != nil {
		return err
	}
	return c.await(ctx, func() (bool, error) {
		if c.peer != nil {
			return true, nil
		}
		return false, c.recvErr
	})
}

func (c *Conn) greet(ctx context.Context) error {
	if err := c.lock(ctx); err != nil {
		return err
	}
	defer c.unlock()
	if c.greeted {
		return nil
	}
	hello, err := c.ownHello()
	if err != nil {
		return err
	}
	c.greeted = true
	return c.put(ctx, hello)
}

func (c *Conn) ownHello() (*Hello, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session.Hello()
}

// PeerHello gives what the peer's HELLO said; nil before the handshake.
func (c *Conn) PeerHello() *Hello {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.peer
}

// Outbound says what this side has sent.
func (c *Conn) Outbound() Flow {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session.Outbound()
}

// Inbound says what the peer has sent.
func (c *Conn) Inbound() Flow {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session.Inbound()
}

// Send sends a frame; for a DATA it waits for credit first. The error is a [*RefusalError] where the peer would have to
// reject the frame, which then was not sent; what ended the connection; or that of ctx. A frame that ctx cut off counts
// as sent if it was being written; the rest of it goes out before the next frame.
func (c *Conn) Send(ctx context.Context, frame Frame) error {
	if err := c.Handshake(ctx); err != nil {
		return err
	}
	if err := c.lockFor(ctx, frame); err != nil {
		return err
	}
	defer c.unlock()
	return c.put(ctx, frame)
}

// StreamOptions are what a stream may say beside its name and bytes. nil is the zero value.
type StreamOptions struct {
	// Obj goes with each DATA: "b3:" and 64 lowercase hex digits. Streams named "objects" and "objects/…" need it.
	Obj string
	// Status is what END says: 0..=65535.
	Status uint32
}

// SendStream sends all that source gives as one stream: START, a DATA for each read, END. It waits for credit, so the
// peer's and this side's Recv must go on. A direction has one stream at a time. After an error the stream may be open:
// send an End with a status that says so, or Close.
func (c *Conn) SendStream(ctx context.Context, name string, source io.Reader, options *StreamOptions) error {
	if options == nil {
		options = &StreamOptions{}
	}
	if err := c.Send(ctx, &Start{Stream: name}); err != nil {
		return err
	}
	last, err := c.sendBodies(ctx, source, options.Obj)
	if err != nil {
		return err
	}
	return c.Send(ctx, &End{Seq: last, Status: options.Status})
}

// sendBodies gives the seq of the last DATA, 0 where there was none.
func (c *Conn) sendBodies(ctx context.Context, source io.Reader, obj string) (last uint64, err error) {
	data := Data{Seq: 1, Obj: obj}
	if flow := c.Outbound(); flow.HasLastSeq {
		data.Seq = flow.LastSeq + 1
	}
	buf := make([]byte, c.bodyBytes())
	for {
		n, err := readSome(source, buf)
		if n > 0 {
			data.Body = buf[:n]
			if err := c.Send(ctx, &data); err != nil {
				return last, err
			}
			last = data.Seq
			data.Seq++
		}
		if err == io.EOF {
			return last, nil
		}
		if err != nil {
			return last, err
		}
	}
}

// bodyBytes is a good size of a body that the peer takes.
func (c *Conn) bodyBytes() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return min(StreamChunkBytes, c.session.PeerMaxFrame()-fastHeadBytes)
}

// lock takes the right to send.
func (c *Conn) lock(ctx context.Context) error {
	select {
	case c.sending <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *Conn) unlock() { <-c.sending }

// lockFor takes the right to send the frame: a DATA has credit then. Credit is waited for without the right, which the
// acknowledgements of Recv need.
func (c *Conn) lockFor(ctx context.Context, frame Frame) error {
	_, needsCredit := frame.(*Data)
	for {
		if needsCredit {
			if err := c.await(ctx, c.mayGo); err != nil {
				return err
			}
		}
		if err := c.lock(ctx); err != nil {
			return err
		}
		if !needsCredit || c.hasCredit() {
			return nil
		}
		c.unlock()
	}
}

// mayGo says whether a DATA need not wait: it has credit, or it will be refused whatever comes.
func (c *Conn) mayGo() (bool, error) {
	flow := c.session.Outbound()
	if flow.Credit > 0 || !flow.Open || c.session.Ended() {
		return true, nil
	}
	if c.recvErr == io.EOF {
		return false, io.ErrUnexpectedEOF
	}
	return false, c.recvErr
}

func (c *Conn) hasCredit() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	may, _ := c.mayGo()
	return may
}

// put sends a frame; the right to send is held.
func (c *Conn) put(ctx context.Context, frame Frame) error {
	err := c.encode(frame)
	if err == nil {
		err = c.write(ctx)
	}
	if err != nil {
		return c.why(err)
	}
	return nil
}

// encode has the session take the frame as sent.
func (c *Conn) encode(frame Frame) (err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out, err = c.session.Send(c.out, frame)
	return err
}

// why prefers what ended the session to the failure to send that follows from it.
func (c *Conn) why(failed error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.recvErr == nil || c.recvErr == io.EOF || c.recvErr == io.ErrUnexpectedEOF {
		return failed
	}
	return c.recvErr
}

// write writes what is encoded. What ctx cuts off stays for the next write.
func (c *Conn) write(ctx context.Context) error {
	if c.sendErr != nil {
		return c.sendErr
	}
	cut := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = c.net.SetWriteDeadline(time.Unix(1, 0))
		close(cut)
	})
	n, err := c.net.Write(c.out)
	c.out = c.out[:copy(c.out, c.out[n:])]
	if !stop() {
		<-cut
		_ = c.net.SetWriteDeadline(time.Time{})
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return ctx.Err()
		}
	}
	c.sendErr = err
	return err
}

// await waits until ready says yes or why never. It asks with mu held.
func (c *Conn) await(ctx context.Context, ready func() (bool, error)) error {
	for {
		c.mu.Lock()
		yes, err := ready()
		changed := c.changed
		c.mu.Unlock()
		if yes || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// notify wakes who awaits; mu is held.
func (c *Conn) notify() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// Close ends the connection at once, and gives what closing the net.Conn gave.
func (c *Conn) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed, c.recvErr = true, ErrClosed
	c.notify()
	c.mu.Unlock()
	err := c.net.Close()
	<-c.received
	c.mu.Lock()
	defer c.mu.Unlock()
	return errors.Join(err, c.session.Close())
}
