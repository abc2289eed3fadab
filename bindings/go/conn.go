package oap

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Conn is a connection over a [net.Conn]: it greets, acknowledges what was taken, holds back who is too fast, and closes
// without losing a byte. It only moves bytes and waits: an [Engine] decides, by the rules of docs/connection.md.
//
// One goroutine at a time receives, any number send. Close it: a Conn that is forgotten stays.
type Conn struct {
	_      noCopy
	net    net.Conn
	opened time.Time
	chunk  int

	// mu guards all of the following, but for what the receiving goroutine has of its own.
	mu     sync.Mutex
	engine *Engine
	timer  *time.Timer
	// alarm is when the timer fires; 0: it is not set.
	alarm uint64
	// end is the first reason why the connection ended, failure what the transport said.
	end     *EndError
	failure error
	waiters []*waiter

	// closed: this side has closed. ended: the engine is over, and may be freed at any time.
	closed, ended bool
	// givesNoMore is closed for the receiving goroutine, which does not hold mu.
	givesNoMore atomic.Bool
	// busy: the application was given an END and has not asked for what follows.
	busy, closeWhenIdle bool
	// noMoreSends is closed when nothing more may be sent, done when all is over and the net.Conn is closed.
	noMoreSends, done chan struct{}
	refusesSends      bool
	workers           sync.WaitGroup

	outgoing
	inbox inbox
	given given
}

// Dial connects over the network, with Nagle's algorithm off; nil means the default options. It does not wait for the
// handshake: sends do, and [Conn.Handshake].
func Dial(ctx context.Context, network, address string, options *ConnOptions) (*Conn, error) {
	if err := options.Validate(); err != nil {
		return nil, err
	}
	var dialer net.Dialer
	raw, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return NewConn(raw, options)
}

// NewConn makes a connection over raw, which it takes over; nil means the default options. The sides are alike. It does
// not wait. The error is a [*ConfigError]. It panics where raw is nil.
func NewConn(raw net.Conn, options *ConnOptions) (*Conn, error) {
	if raw == nil {
		panic("oap: NewConn: raw is nil")
	}
	engine, err := NewEngine(options, 0)
	if err != nil {
		return nil, err
	}
	if tcp, ok := raw.(*net.TCPConn); ok {
		_ = tcp.SetNoDelay(true) // a socket that failed is told by what is done with it
	}
	c := &Conn{
		net:         raw,
		opened:      time.Now(),
		chunk:       options.chunk(),
		engine:      engine,
		noMoreSends: make(chan struct{}),
		done:        make(chan struct{}),
		outgoing:    newOutgoing(options),
		given:       given{most: options.untoldFrames()},
	}
	c.mu.Lock()
	c.timer = time.AfterFunc(time.Hour, c.handleTimeout)
	c.workers.Add(2)
	go c.writeAll()
	go c.readAll()
	c.turn()
	c.mu.Unlock()
	return c, nil
}

// now is the time of the engine.
func (c *Conn) now() uint64 { return uint64(time.Since(c.opened)) }

// turn lets what has changed in the engine take effect; mu is held.
func (c *Conn) turn() {
	c.closeIfIdle()
	if c.end == nil && !c.ended {
		if c.end = c.engine.End(); c.end != nil {
			c.end.Transport = c.failure
		}
	}
	if state := c.engine.State(); state > ConnOpen && !c.refusesSends {
		c.refusesSends = true
		close(c.noMoreSends)
	}
	if c.engine.State() == ConnEnded && !c.ended {
		c.finish()
	}
	c.wake()
	c.arm()
}

// arm sets the timer where a deadline is nearer than it. A timer that fires too early does nothing.
func (c *Conn) arm() {
	at, runs := c.engine.NextTimeout()
	if c.ended || !runs || c.alarm != 0 && at >= c.alarm {
		return
	}
	c.alarm = max(at, 1)
	c.timer.Reset(time.Until(c.opened.Add(time.Duration(min(at, 1<<62)))))
}

func (c *Conn) handleTimeout() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.alarm = 0
		c.engine.HandleTimeout(c.now())
		c.turn()
	}
}

// finish closes the transport, and frees the engine once nobody uses either.
func (c *Conn) finish() {
	c.ended = true
	c.timer.Stop()
	clean := c.end != nil && c.end.Reason == EndClean && !c.shut
	go func() {
		c.closeTransport(clean)
		c.workers.Wait()
		c.mu.Lock()
		c.outgoing.drop()
		c.engine.Free()
		c.mu.Unlock()
		close(c.done)
	}()
}

// closeTransport closes a TLS connection in its own way only where that has a meaning: it may wait for its peer.
func (c *Conn) closeTransport(politely bool) {
	if under, ok := c.net.(interface{ NetConn() net.Conn }); ok && !politely {
		_ = under.NetConn().Close()
	}
	_ = c.net.Close()
}

// fail says that the transport failed; mu is held.
func (c *Conn) fail(err error) {
	if !c.ended {
		c.failure = err
		c.engine.TransportFailed()
		c.turn()
	}
}

// Handshake waits until the peer has greeted. Sends wait by themselves.
func (c *Conn) Handshake(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.await(ctx, func() bool { return c.engine.State() != ConnHandshake })
	if err == nil && c.engine.State() > ConnPeerClosed {
		err = c.reason()
	}
	return err
}

// Close closes in good order: an open stream is given up, what is queued is written, and acknowledgements are waited for,
// at the longest for the options' CloseTimeout. It returns nil where all that was sent is acknowledged, else an
// [*EndError] that tells the first reason. It may be called at any time, by any goroutine, again and again.
func (c *Conn) Close() error { return c.CloseWithin(-1) }

// CloseWithin is Close with another limit.
func (c *Conn) CloseWithin(within time.Duration) error {
	c.mu.Lock()
	c.beginClose(within)
	c.mu.Unlock()
	<-c.done
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end.Reason == EndClean {
		return nil
	}
	return c.reason()
}

func (c *Conn) beginClose(within time.Duration) {
	c.giveNoMore()
	if !c.ended {
		c.flushPacked(c.now())
		c.engine.Close(c.now(), within)
		c.turn()
	}
}

// Abort ends the connection at once: what is not written is lost. It may be called at any time, by any goroutine.
func (c *Conn) Abort() {
	c.mu.Lock()
	c.giveNoMore()
	if !c.ended {
		c.engine.Abort()
		c.turn()
	}
	c.mu.Unlock()
	<-c.done
}

// giveNoMore is the side of a close that the receiving goroutine sees.
func (c *Conn) giveNoMore() {
	c.closed = true
	c.givesNoMore.Store(true)
	c.inbox.clear()
}

// closeIfIdle closes where [Server.Shutdown] waits for a moment between streams.
func (c *Conn) closeIfIdle() {
	if !c.closeWhenIdle || c.closed || c.ended {
		return
	}
	streams := c.engine.Inbound().Open || c.engine.Outbound().Open
	waits := c.busy || len(c.inbox.rows) > 0 || c.engine.untaken() > 0 || len(c.lens) > 0
	if !streams && !waits {
		c.beginClose(-1)
	}
}

// reason is what a call says that comes too late, in an object of its own; mu is held.
func (c *Conn) reason() error {
	if c.end == nil || c.end.Reason == EndClean {
		return ErrClosed
	}
	end := *c.end
	return &end
}

// Done is closed when the connection is over and the net.Conn is closed.
func (c *Conn) Done() <-chan struct{} { return c.done }

// End returns why the connection ended, or is about to end; nil while it goes on. EndClean is told here, too.
func (c *Conn) End() *EndError {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end == nil {
		return nil
	}
	end := *c.end
	return &end
}

// State returns where the connection stands.
func (c *Conn) State() ConnState {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.engine.State()
}

// Outbound returns what this side has sent.
func (c *Conn) Outbound() Flow {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.flushPacked(c.now())
	}
	return c.engine.Outbound()
}

// Inbound returns what the peer has sent.
func (c *Conn) Inbound() Flow {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.engine.Inbound()
}

// MaxBody is the largest body that the next DATA without obj can have, in bytes; 0 before the peer's HELLO.
func (c *Conn) MaxBody() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.engine.MaxBody()
}

// Age is how long the connection has been open.
func (c *Conn) Age() time.Duration { return time.Since(c.opened) }

// RemoteAddr returns the peer's address, which belongs in no log.
func (c *Conn) RemoteAddr() net.Addr { return c.net.RemoteAddr() }
