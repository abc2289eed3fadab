package oap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"

	"oap.example/oap/internal/pure"
)

// streamAborted is the status of an END that gives its stream up.
const streamAborted = 1

// Stream is open to be sent on. One goroutine at a time. End it, or Abort it: the connection has one stream at a time.
type Stream struct {
	conn *Conn
	// over: it has its END, or it never will. mu of conn guards it.
	over bool
}

// Start opens a stream, once those opened before it have ended. The error is a [*RefusalError] where the name breaks a
// rule, an [*EndError] or [ErrClosed] where nothing more can be sent, or that of ctx.
func (c *Conn) Start(ctx context.Context, name string) (*Stream, error) {
	select {
	case c.streams <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-c.noMoreSends:
		c.mu.Lock()
		defer c.mu.Unlock()
		return nil, c.reason()
	}
	if err := c.send(ctx, func(now uint64) error { return c.engine.Start(now, name) }); err != nil {
		<-c.streams
		return nil, err
	}
	return &Stream{conn: c}, nil
}

// send queues something once the engine takes it.
func (c *Conn) send(ctx context.Context, queue func(now uint64) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if c.ended {
			return c.reason()
		}
		now := c.now()
		c.flushPacked(now)
		err := queue(now)
		c.turn()
		wait, waits := err.(Wait)
		if !waits {
			return c.because(err)
		}
		if err := c.await(ctx, func() bool { return c.mayGoOn(wait) }); err != nil {
			if !c.ended {
				c.engine.CancelSend()
				c.turn()
			}
			return err
		}
	}
}

// because tells the first reason in place of a refusal that follows from it.
func (c *Conn) because(err error) error {
	if err == ErrClosed {
		return c.reason()
	}
	return err
}

// mayGoOn tells whether what a send waits for is there.
func (c *Conn) mayGoOn(wait Wait) bool {
	if c.engine.State() > ConnOpen {
		return true
	}
	switch wait {
	case WaitHandshake:
		return c.engine.State() != ConnHandshake
	case WaitCredit:
		return c.engine.Outbound().Credit > 0
	default: // half of the room, so that many messages go at once
		return 2*c.engine.queued() <= c.sendBuffer
	}
}

// Data sends one DATA with a copy of body, once there are credit and room. It goes out without a further call. The error
// is as in Start; after that of ctx nothing was sent.
func (s *Stream) Data(ctx context.Context, body []byte) error {
	packed := 0
	if len(body) < directBytes {
		packed = s.pack(body)
	}
	if packed == 0 {
		return s.Object(ctx, "", body)
	}
	if packed == dataAWrite {
		runtime.Gosched() // so that they are written
	}
	return nil
}

// pack adds a small body to those that go together, and returns how many there are; 0: it has to wait, or the engine has
// to judge it.
func (s *Stream) pack(body []byte) int {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.engine.Outbound()
	room := c.engine.queued()+len(c.packed)+headRoom*len(c.lens) < c.sendBuffer
	fits := len(body)+headRoom < c.engine.MaxBody() && !out.Objects
	if s.over || c.ended || !room || !fits || len(c.lens) >= out.Credit || c.engine.State() != ConnOpen {
		return 0
	}
	c.packed = append(c.packed, body...)
	c.lens = append(c.lens, uint32(len(body)))
	if len(c.lens) == 1 {
		c.wake()
	}
	return len(c.lens)
}

// Object is Data with an obj, "b3:" and 64 lowercase hex digits, which streams named "objects" and "objects/…" need.
func (s *Stream) Object(ctx context.Context, obj string, bytes []byte) error {
	if len(bytes) < directBytes {
		return s.send(ctx, func(now uint64) error { return s.conn.engine.Data(now, obj, bytes) })
	}
	own := newBody(len(bytes))
	copy(own.left, bytes)
	return s.direct(ctx, obj, own)
}

// direct sends a body from where it lies.
func (s *Stream) direct(ctx context.Context, obj string, own body) error {
	err := s.send(ctx, func(now uint64) error {
		err := s.conn.engine.dataHead(now, obj, len(own.left))
		if err == nil {
			s.conn.bodies = append(s.conn.bodies, own)
		}
		return err
	})
	if err != nil {
		own.release()
	}
	return err
}

func (s *Stream) send(ctx context.Context, queue func(now uint64) error) error {
	return s.conn.send(ctx, func(now uint64) error {
		if s.over {
			return ErrClosed
		}
		return queue(now)
	})
}

// End ends the stream; status 0 says that all went well. It goes out without a further call.
func (s *Stream) End(ctx context.Context, status uint32) error {
	return s.send(ctx, func(now uint64) error {
		err := s.conn.engine.EndStream(now, status)
		if err == nil {
			s.finish()
		}
		return err
	})
}

// Abort gives the stream up: its END says status 1. It does not wait, and does nothing behind an End.
func (s *Stream) Abort() {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.over {
		return
	}
	s.over = true
	c.abandoned = true
	c.giveUpStream()
	c.turnUnlessEnded()
}

func (s *Stream) finish() {
	s.over = true
	<-s.conn.streams
}

// giveUpStream sends the END of a stream that was given up, as soon as there is room; mu is held.
func (c *Conn) giveUpStream() {
	if !c.abandoned {
		return
	}
	if !c.ended {
		now := c.now()
		c.flushPacked(now)
		if _, waits := c.engine.EndStream(now, streamAborted).(Wait); waits {
			c.engine.CancelSend()
			return
		}
	}
	c.abandoned = false
	<-c.streams
}

// StreamOptions are what a stream may say beside its name and bytes. nil is the zero value.
type StreamOptions struct {
	// Obj goes with each DATA: "b3:" and 64 lowercase hex digits. Streams named "objects" and "objects/…" need it.
	Obj string
	// Status is what END says: 0..=65535.
	Status uint32
}

// SendStream sends all that source gives as one stream: START, a DATA for each read, END. It returns when everything is
// written; [Conn.Delivered] waits for more. Several at once go one after the other, in the order of the calls.
//
// Where the source fails, ctx is done or the connection ends, the stream is given up: END says status 1, and the
// connection stays good. The source is closed in any case, if it is an [io.Closer]. One whose Read goes on all the same
// may be read once more after that. It panics where source is
// nil.
func (c *Conn) SendStream(ctx context.Context, name string, source io.Reader, options *StreamOptions) error {
	if source == nil {
		panic("oap: SendStream: source is nil")
	}
	if closer, ok := source.(io.Closer); ok {
		defer closer.Close()
	}
	if options == nil {
		options = &StreamOptions{}
	}
	s, err := c.Start(ctx, name)
	if err != nil {
		return err
	}
	if err := s.sendAll(ctx, source, options.Obj); err != nil {
		s.Abort()
		return err
	}
	if err := s.End(ctx, options.Status); err != nil {
		s.Abort()
		return err
	}
	return c.Flush(ctx)
}

// sendAll has the source read by a goroutine of its own, so that nothing waits for it longer than it wants to.
func (s *Stream) sendAll(ctx context.Context, source io.Reader, obj string) error {
	p := pump{stream: s, source: source, obj: obj, done: make(chan error, 1)}
	go p.run(ctx)
	select {
	case err := <-p.done:
		if p.panicked != nil {
			panic(p.panicked)
		}
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-s.conn.noMoreSends:
		s.conn.mu.Lock()
		defer s.conn.mu.Unlock()
		return s.conn.reason()
	}
}

// pump sends what a source gives.
type pump struct {
	stream   *Stream
	source   io.Reader
	obj      string
	done     chan error
	panicked any
}

func (p *pump) run(ctx context.Context) {
	ended := false
	var err error
	defer func() {
		if !ended {
			p.panicked = fmt.Sprintf("oap: the source of a stream panicked: %v", recover())
			err = ErrClosed
		}
		p.done <- err
	}()
	err = p.sendAll(ctx)
	ended = true
}

func (p *pump) sendAll(ctx context.Context) error {
	c := p.stream.conn
	own := newBody(min(c.chunk, c.MaxBody()-pure.FastHeadBytes))
	defer func() { own.release() }()
	for {
		n, err := readSome(p.source, own.left)
		if n >= directBytes {
			full := own
			full.left = own.left[:n]
			own = newBody(len(own.left))
			if err := p.stream.direct(ctx, p.obj, full); err != nil {
				return err
			}
		} else if n > 0 {
			if err := p.send(ctx, own.left[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return errors.Join(errSource, err)
		}
	}
}

// errSource stands beside what the source said.
var errSource = errors.New("oap: the source of the stream failed")

func (p *pump) send(ctx context.Context, bytes []byte) error {
	if p.obj != "" {
		return p.stream.Object(ctx, p.obj, bytes)
	}
	return p.stream.Data(ctx, bytes)
}

// Flush waits until everything that was sent before is written.
func (c *Conn) Flush(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return c.reason()
	}
	c.flushPacked(c.now())
	until := c.written + uint64(c.engine.queued())
	return c.until(ctx, func() bool { return c.written >= until })
}

// Delivered waits until the peer has acknowledged all DATA that was sent before: its application has taken them.
func (c *Conn) Delivered(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.flushPacked(c.now())
	}
	until := c.engine.Outbound().LastSeq
	return c.until(ctx, func() bool {
		flow := c.engine.Outbound()
		return uint64(flow.InFlight) <= flow.LastSeq-until
	})
}

// until waits for something that may come too late; mu is held.
func (c *Conn) until(ctx context.Context, so func() bool) error {
	if err := c.await(ctx, so); err != nil {
		return err
	}
	if !so() {
		return c.reason()
	}
	return nil
}
