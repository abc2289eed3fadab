package oap

import (
	"context"
	"io"
	"iter"
)

const (
	// untoldFrames and untoldBytes are how much may be taken before the engine is told.
	untoldFrames = 32
	untoldBytes  = 64 << 10
)

// untoldFrames is at most half a window, at which an acknowledgement is due.
func (o *ConnOptions) untoldFrames() int {
	return min(untoldFrames, int(o.config().AckWindowFrames+1)/2)
}

// given is what the receiving goroutine has of its own: frames that it hands out, up to next.
type given struct {
	inbox
	next int
	// untold and bytes are frames handed out, and their bytes, of which the engine does not know. most is how many.
	untold, untoldBytes, most int
	one                       frames
}

// Recv waits for the peer's next START, DATA or END. It and its body are valid until the next call. To ask for it says
// that the frames before it are taken, which is what acknowledges them. After an error of ctx it may be called again:
// nothing is lost.
//
// Behind the last frame the error is [io.EOF] where the peer closed between streams, else an [*EndError]; [ErrClosed]
// where this side has closed.
func (c *Conn) Recv(ctx context.Context) (Frame, error) {
	if err := c.fetch(ctx); err != nil {
		return nil, err
	}
	g := &c.given
	row := &g.rows[g.next]
	g.next++
	g.untold++
	g.untoldBytes += row.Len()
	if row.Kind == KindEnd {
		c.tell(true) // nobody has to ask for what follows an END
	}
	return g.one.of(row, g.bytes), nil
}

// Batch is a row of frames that have been received.
type Batch struct {
	// Rows are the frames, whose offsets count in Bytes.
	Rows  []Row
	Bytes []byte
}

// Frames returns the batch's frames. Each is valid until the next.
func (b Batch) Frames() iter.Seq[Frame] { return Table{Rows: b.Rows, Bytes: b.Bytes}.Frames() }

// RecvBatch waits for the frames that are here, at least one: less work for each than Recv. The batch is valid until the
// next call; it counts as taken when more is asked for. The error is that of Recv.
func (c *Conn) RecvBatch(ctx context.Context) (Batch, error) {
	if err := c.fetch(ctx); err != nil {
		return Batch{}, err
	}
	g := &c.given
	batch := Batch{g.rows[g.next:], g.bytes}
	g.next = len(g.rows)
	g.untold += len(batch.Rows)
	c.mu.Lock()
	c.busy = true
	c.mu.Unlock()
	return batch, nil
}

// Frames returns the frames as they come, and at last the error of Recv if it is not [io.EOF]. Each is valid until the
// next. Left early, all it gave counts as taken; another Frames, or Recv, goes on with what follows.
func (c *Conn) Frames(ctx context.Context) iter.Seq2[Frame, error] {
	return func(yield func(Frame, error) bool) {
		for {
			frame, err := c.Recv(ctx)
			if err == io.EOF {
				return
			}
			if !yield(frame, err) || err != nil {
				c.tell(false)
				return
			}
		}
	}
}

// fetch makes sure that there is a row to hand out.
func (c *Conn) fetch(ctx context.Context) error {
	g := &c.given
	if g.next < len(g.rows) && g.untold < g.most && g.untoldBytes < untoldBytes && !c.givesNoMore.Load() {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tellLocked(false)
	if g.next < len(g.rows) && !c.closed {
		return nil
	}
	if err := c.await(ctx, c.hasInput); err != nil {
		return err
	}
	if len(c.inbox.rows) == 0 || c.closed {
		return c.recvError()
	}
	g.clear()
	g.inbox, c.inbox = c.inbox, g.inbox
	g.next = 0
	c.wake() // who reads may go on
	return nil
}

// hasInput tells whether the receiving goroutine need not wait: there are frames, or there will never be more.
func (c *Conn) hasInput() bool {
	return len(c.inbox.rows) > 0 || c.closed || c.engine.State() > ConnOpen
}

func (c *Conn) recvError() error {
	if !c.closed && (c.end == nil || c.end.Reason == EndClean) {
		return io.EOF
	}
	return c.reason()
}

// tell says to the engine what is taken.
func (c *Conn) tell(busy bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tellLocked(busy)
}

func (c *Conn) tellLocked(busy bool) {
	g := &c.given
	c.busy = busy
	if !c.ended {
		if g.untold > 0 {
			c.engine.Take(c.now(), g.untold)
		}
		c.turn()
	}
	g.untold, g.untoldBytes = 0, 0
}

// Acknowledge acknowledges the DATA of that seq and all before it, for ConnOptions.ManualAck.
func (c *Conn) Acknowledge(ctx context.Context, upTo uint64) error {
	return c.send(ctx, func(now uint64) error { return c.engine.Acknowledge(now, upTo) })
}
