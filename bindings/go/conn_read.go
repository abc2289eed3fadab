package oap

import (
	"context"
	"errors"
	"io"
	"slices"
	"syscall"
)

const (
	// A read buffer begins small, since most connections are idle, and doubles while reads fill it.
	leastReadBytes = 4 << 10
	mostReadBytes  = 256 << 10
	// mostInboxBytes is what offsets of rows can count in.
	mostInboxBytes = 1 << 30
)

// inbox holds received frames: rows, and the bytes that they count in.
type inbox struct {
	rows  []Row
	bytes []byte
}

func (in *inbox) clear() { in.rows, in.bytes = in.rows[:0], in.bytes[:0] }

// room is where liboap puts the next rows.
func (in *inbox) room() []Row {
	in.rows = slices.Grow(in.rows, rowsPerCall)
	return in.rows[len(in.rows):cap(in.rows)]
}

// add keeps a table whose rows stand in the room: its bytes are copied, all in one piece.
func (in *inbox) add(table *receivedTable) {
	count := len(table.Rows)
	if count == 0 {
		return
	}
	last, base := &table.Rows[count-1], uint32(len(in.bytes))
	in.bytes = append(in.bytes, table.Bytes[:int(last.BodyOffset)+int(last.BodyLen)]...)
	if base > 0 {
		for i := range table.Rows {
			table.Rows[i].TextOffset += base
			table.Rows[i].BodyOffset += base
		}
	}
	in.rows = in.rows[:len(in.rows)+count]
}

// readAll reads until the connection, or the peer's input, ends.
func (c *Conn) readAll() {
	defer c.workers.Done()
	buf := make([]byte, leastReadBytes)
	for {
		n, err := readSome(c.net, buf)
		if !c.hasRead(buf[:n], err) {
			return
		}
		if n == len(buf) && n < mostReadBytes {
			buf = make([]byte, 2*n)
		}
	}
}

// hasRead takes what was read, and waits until more is wanted; false: it never will be.
func (c *Conn) hasRead(chunk []byte, err error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return false
	}
	c.take(chunk)
	if err != nil {
		c.inputEnded(err)
		return false
	}
	c.turn()
	_ = c.await(context.Background(), c.mayRead)
	return !c.ended
}

func (c *Conn) mayRead() bool { return c.engine.WantsRead() && len(c.inbox.bytes) < mostInboxBytes }

func (c *Conn) take(chunk []byte) {
	for now := c.now(); len(chunk) > 0; {
		table := c.engine.receive(now, chunk, c.inbox.room())
		if !c.closed {
			c.inbox.add(&table)
		}
		chunk = chunk[table.Consumed:]
	}
}

// inputEnded judges where the input ended. What failed first is told first: a reset is told to a write or to a read, whichever
// comes first, and the other one sees a plain end.
func (c *Conn) inputEnded(err error) {
	if errors.Is(err, io.EOF) && !errors.Is(c.failure, syscall.ECONNRESET) {
		c.engine.ReceiveEnd(c.now())
		c.turn()
		err = c.failure
	}
	if err != nil {
		if c.failure != nil {
			err = c.failure
		}
		c.fail(err)
	}
}
