package oap

import (
	"context"
	"net"
	"runtime"
	"sync"
	"time"
)

const (
	// outBytes is how much of what liboap has queued one write takes.
	outBytes = 64 << 10
	// dataAWrite is how many small DATA are packed before they are written: half of the default window. They would
	// otherwise go out a window at a time, and each side would wait while the other works.
	dataAWrite = DefaultConnWindow / 2
	// headRoom is at least what a head adds to a body that has no obj.
	headRoom = 24
	// writeGrace is how long what the peer said before it went may take to be read, after a write has failed.
	writeGrace = time.Second
)

// outgoing is what waits to be written, apart from the engine.
type outgoing struct {
	// streams is held by who has a stream open, in the order of the calls.
	streams chan struct{}
	// abandoned: the open stream was given up, and its END waits for room.
	abandoned  bool
	sendBuffer int

	// packed holds small bodies, one behind the other, that the engine takes in one call.
	packed []byte
	lens   []uint32
	// bodies are those that the engine knows by their length only; the first may be written in part.
	bodies []body
	// written counts bytes.
	written uint64
	shut    bool

	// Fields that the writing goroutine uses outside of mu.
	out    []byte
	pieces [64]uint64
	gather net.Buffers
}

// body stands in a buffer of the connection's own until it is written.
type body struct {
	left   []byte
	buffer *[]byte
}

var bodyPool = sync.Pool{New: func() any { b := make([]byte, StreamChunkBytes); return &b }}

// newBody has a buffer of that size.
func newBody(size int) body {
	if size > StreamChunkBytes {
		return body{left: make([]byte, size)}
	}
	buffer := bodyPool.Get().(*[]byte)
	return body{left: (*buffer)[:size], buffer: buffer}
}

func (b body) release() {
	if b.buffer != nil {
		bodyPool.Put(b.buffer)
	}
}

func newOutgoing(options *ConnOptions) outgoing {
	return outgoing{streams: make(chan struct{}, 1), sendBuffer: options.sendBuffer()}
}

// drop lets go of all buffers. The last writer has gone.
func (o *outgoing) drop() {
	for _, b := range o.bodies {
		b.release()
	}
	o.packed, o.lens, o.bodies, o.out, o.gather = nil, nil, nil, nil, nil
}

// flushPacked hands what is packed to the engine; mu is held. It has been counted, so that it all goes.
func (c *Conn) flushPacked(now uint64) {
	if len(c.lens) == 0 {
		return
	}
	if sent, err := c.engine.dataAll(now, c.packed, c.lens); err != nil && sent < len(c.lens) && c.engine.State() == ConnOpen {
		panic("oap: a counted DATA was not queued: " + err.Error())
	}
	c.packed, c.lens = c.packed[:0], c.lens[:0]
}

// hasOutput tells whether the writing goroutine has work.
func (c *Conn) hasOutput() bool {
	return len(c.lens) > 0 || c.engine.WantsWrite() || c.engine.WantsShutdown() && !c.shut
}

// writeAll writes until the connection ends: a goroutine of its own, so that no context cuts a write off in the middle.
func (c *Conn) writeAll() {
	defer c.workers.Done()
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.ended {
		if !c.hasOutput() {
			_ = c.await(context.Background(), c.hasOutput)
			c.letSendersAdd()
			continue
		}
		if c.engine.WantsShutdown() && !c.shut {
			c.shutWriting()
			continue
		}
		if err := c.writeOnce(); err != nil {
			c.writeFailed(err)
			return
		}
	}
}

// letSendersAdd has small messages go together.
func (c *Conn) letSendersAdd() {
	if len(c.lens) < dataAWrite {
		c.mu.Unlock()
		runtime.Gosched()
		c.mu.Lock()
	}
}

// shutWriting ends this side's output, where the transport can.
func (c *Conn) shutWriting() {
	c.shut = true
	c.mu.Unlock()
	if half, ok := c.net.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // a peer that has gone draws an error, and the end is told all the same
	}
	c.mu.Lock()
	c.turnUnlessEnded()
}

func (c *Conn) turnUnlessEnded() {
	if !c.ended {
		c.turn()
	}
}

// writeOnce writes what the engine has, as much as one call takes. mu is not held while it does.
func (c *Conn) writeOnce() error {
	if c.out == nil {
		c.out = make([]byte, outBytes)
	}
	now := c.now()
	c.flushPacked(now)
	pieces := c.engine.transmit(now, c.out, c.pieces[:])
	buffers := c.gatherPieces(pieces)
	c.mu.Unlock()
	n, err := writeBuffers(c.net, buffers)
	c.mu.Lock()
	if c.ended {
		return nil
	}
	c.wrote(pieces, n)
	c.engine.Transmitted(c.now(), n)
	c.giveUpStream()
	c.turn()
	return err
}

func writeBuffers(target net.Conn, buffers net.Buffers) (int, error) {
	if len(buffers) == 1 {
		return target.Write(buffers[0])
	}
	n, err := buffers.WriteTo(target)
	return int(n), err
}

// gatherPieces puts the engine's pieces and the bodies together, without copying.
func (c *Conn) gatherPieces(pieces []uint64) net.Buffers {
	c.gather = c.gather[:0]
	copied, bodies := c.out, c.bodies
	for _, piece := range pieces {
		if piece&ownBody != 0 {
			c.gather = append(c.gather, bodies[0].left)
			bodies = bodies[1:]
		} else {
			c.gather = append(c.gather, copied[:piece])
			copied = copied[piece:]
		}
	}
	return c.gather
}

// wrote lets go of the bodies that are written.
func (c *Conn) wrote(pieces []uint64, n int) {
	c.written += uint64(n)
	for _, piece := range pieces {
		size := min(int(piece&^ownBody), n)
		n -= size
		if piece&ownBody == 0 {
			continue
		}
		if first := &c.bodies[0]; size < len(first.left) {
			first.left = first.left[size:]
			return
		}
		c.bodies[0].release()
		c.bodies = append(c.bodies[:0], c.bodies[1:]...)
	}
}

// writeFailed lets the reader find what the peer said before it went: its ERROR, or its last acknowledgements.
func (c *Conn) writeFailed(err error) {
	c.failure = err
	time.AfterFunc(writeGrace, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.fail(err)
	})
}
