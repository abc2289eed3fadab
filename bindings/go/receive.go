package oap

import (
	"context"
	"errors"
	"io"
	"time"
)

// farewell is how long a Conn that has rejected waits for its ERROR to go out and for the peer to close.
const farewell = 2 * time.Second

// inbox holds received frames: rows, and the bytes that they count in.
type inbox struct {
	rows  []Row
	bytes []byte
}

// add copies the table's START, DATA and END.
func (in *inbox) add(table Table) {
	for i := range table.Rows {
		row := table.Rows[i]
		if row.Kind != KindStart && row.Kind != KindData && row.Kind != KindEnd {
			continue
		}
		text, body := row.Text(table.Bytes), row.Body(table.Bytes)
		row.TextOffset = uint32(len(in.bytes))
		in.bytes = append(in.bytes, text...)
		row.BodyOffset = uint32(len(in.bytes))
		in.bytes = append(in.bytes, body...)
		in.rows = append(in.rows, row)
	}
}

func (in *inbox) clear() { in.rows, in.bytes = in.rows[:0], in.bytes[:0] }

// Recv gives the peer's next START, DATA or END. It and its body are valid until the next Recv. Before it waits, and
// before it gives a frame that is no DATA, it acknowledges the DATA that it gave.
//
// After the last frame the error is [io.EOF] where the peer closed between streams, [io.ErrUnexpectedEOF] inside one; a
// [*RejectError], after which the peer was sent an ERROR; the [*Error] that the peer sent; or that of ctx, after which
// Recv may be called again.
func (c *Conn) Recv(ctx context.Context) (Frame, error) {
	if err := c.acknowledge(ctx); err != nil {
		return nil, err
	}
	if c.next == len(c.given.rows) {
		if err := c.Handshake(ctx); err != nil {
			return nil, err
		}
		if err := c.await(ctx, c.swap); err != nil {
			return nil, err
		}
	}
	row := &c.given.rows[c.next]
	c.next++
	return c.one.of(row, c.given.bytes), nil
}

// swap takes what the receiver has collected, and leaves it the other buffer.
func (c *Conn) swap() (bool, error) {
	if c.closed || len(c.inbox.rows) == 0 {
		return false, c.recvErr
	}
	c.given.clear()
	c.given, c.inbox = c.inbox, c.given
	c.next = 0
	c.notify()
	return true, nil
}

// acknowledge gives credit back for what Recv gave, where the next frame is no DATA that is here already. A failure to
// send is no failure to receive: the peer may have said all and gone.
func (c *Conn) acknowledge(ctx context.Context) error {
	given := c.given.rows[:c.next]
	if len(given) == 0 || given[len(given)-1].Kind != KindData {
		return nil
	}
	if rest := c.given.rows[c.next:]; len(rest) > 0 && rest[0].Kind == KindData {
		return nil
	}
	if err := c.lock(ctx); err != nil {
		return err
	}
	defer c.unlock()
	if c.sendErr == nil && c.encode(&Ack{UpTo: given[len(given)-1].Seq}) == nil {
		_ = c.write(ctx)
	}
	return nil
}

// receive reads until the connection ends. It never waits for who sends, so that two peers that only send still hear
// each other's acknowledgements.
func (c *Conn) receive() {
	defer close(c.received)
	buf, rows := make([]byte, StreamChunkBytes), make([]Row, rowsPerCall)
	for {
		n, err := readSome(c.net, buf)
		reject := c.take(buf[:n], rows)
		if reject == nil && err != nil {
			reject = c.ended(err)
		}
		if reject != nil {
			c.refuse(reject, buf)
			return
		}
		if err != nil || !c.roomForMore() {
			return
		}
	}
}

// take has the session judge what was read.
func (c *Conn) take(chunk []byte, rows []Row) (reject *RejectError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.notify()
	for more := true; more; {
		table, err := c.session.Recv(chunk, rows)
		if err != nil {
			return c.stop(err)
		}
		c.look(table.Rows, table.Bytes)
		c.inbox.add(table)
		chunk, more = chunk[table.Consumed:], table.More
	}
	return nil
}

// look keeps what a HELLO or an ERROR said.
func (c *Conn) look(rows []Row, bytes []byte) {
	for i := range rows {
		switch frame := &rows[i]; frame.Kind {
		case KindHello:
			hello := helloOf(frame)
			c.peer = &hello
		case KindError:
			c.stop(frame.Frame(bytes).(*Error))
		}
	}
}

// stop notes the first reason why nothing more is received, and whether it is a reject; mu is held.
func (c *Conn) stop(err error) (reject *RejectError) {
	if c.recvErr == nil {
		c.recvErr = err
		errors.As(err, &reject)
	}
	return reject
}

// ended judges where the input ended.
func (c *Conn) ended(err error) (reject *RejectError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.notify()
	if err != io.EOF {
		return c.stop(err)
	}
	if c.session.Inbound().Open {
		err = io.ErrUnexpectedEOF
	}
	if rejected := c.session.Finish(); rejected != nil {
		err = rejected
	}
	return c.stop(err)
}

// refuse tells the peer why, then lets it close: what it still sends is discarded, since closing at once could take the
// ERROR back.
func (c *Conn) refuse(reject *RejectError, buf []byte) {
	_ = c.net.SetReadDeadline(time.Now().Add(farewell))
	if c.tell(reject) != nil {
		return
	}
	if half, ok := c.net.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	for {
		if _, err := c.net.Read(buf); err != nil {
			return
		}
	}
}

func (c *Conn) tell(reject *RejectError) error {
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	if err := c.lock(ctx); err != nil {
		return err
	}
	defer c.unlock()
	if err := c.encode(&Error{Code: reject.Code(), Reason: reject.Reason.Label()}); err != nil {
		return err
	}
	return c.write(ctx)
}

// roomForMore waits while the host does not take what has come. Credit bounds the DATA; this bounds the rest. False:
// nothing more will be taken.
func (c *Conn) roomForMore() bool {
	full := func() (bool, error) {
		window := c.session.Inbound().Window
		return len(c.inbox.rows) <= 4*max(window, DefaultAckWindow), c.recvErr
	}
	return c.await(context.Background(), full) == nil
}
