// One end of the end-to-end benchmark, by a Session that the host drives itself, in batches: what Conn is compared with. One
// connection, one way: `go-e2e-session (server | client ADDRESS) SCENARIO`.
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"

	"oap.example/oap"
	"oap.example/oap-e2e/scenario"
)

// writeBytes is how many bytes go in one write.
const writeBytes = 64 << 10

type link struct {
	net.Conn
	session *oap.Session
	chunk   []byte
	rows    []oap.Row
	out     []byte
}

// newLink greets. A server hears the client's HELLO before it says its own, so that nothing else can be in the same read.
func newLink(conn net.Conn, serves bool) (*link, error) {
	config := oap.DefaultConfig()
	config.AckWindowFrames = oap.DefaultConnWindow
	session, err := oap.NewSession(config)
	if err != nil {
		return nil, err
	}
	l := &link{Conn: conn, session: session, chunk: make([]byte, 4*oap.StreamChunkBytes), rows: make([]oap.Row, 512)}
	for serves && session.PeerMaxFrame() == 0 {
		if err := l.receive(func(oap.Frame) {}); err != nil {
			return nil, err
		}
	}
	hello, err := session.Hello()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(l.queue(hello), l.flush()); err != nil {
		return nil, err
	}
	for !session.Established() {
		if err := l.receive(func(oap.Frame) {}); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func (l *link) queue(frame oap.Frame) (err error) {
	l.out, err = l.session.Send(l.out, frame)
	if err == nil && len(l.out) >= writeBytes {
		err = l.flush()
	}
	return err
}

func (l *link) flush() error {
	_, err := l.Write(l.out)
	l.out = l.out[:0]
	return err
}

// receive is one read, and all frames in it, acknowledged by one ACK.
func (l *link) receive(see func(oap.Frame)) error {
	n, err := l.Read(l.chunk)
	if err != nil {
		return err
	}
	var ack oap.Ack
	for rest := l.chunk[:n]; len(rest) > 0; {
		table, err := l.session.Recv(rest, l.rows)
		if err != nil {
			return err
		}
		for frame := range table.Frames() {
			if data, ok := frame.(*oap.Data); ok {
				ack.UpTo = data.Seq
			}
			see(frame)
		}
		rest = rest[table.Consumed:]
	}
	if ack.UpTo == 0 {
		return nil
	}
	return errors.Join(l.queue(&ack), l.flush())
}

func (l *link) send(name string, bodies func(func([]byte) bool)) error {
	if err := l.queue(&oap.Start{Stream: name}); err != nil {
		return err
	}
	data, credit := oap.Data{}, l.session.Outbound().Credit
	for body := range bodies {
		for credit == 0 {
			if err := errors.Join(l.flush(), l.receive(func(oap.Frame) {})); err != nil {
				return err
			}
			credit = l.session.Outbound().Credit
		}
		credit--
		data.Seq++
		data.Body = body
		if err := l.queue(&data); err != nil {
			return err
		}
	}
	return errors.Join(l.queue(&oap.End{Seq: data.Seq}), l.flush())
}

type client struct{ *link }

func (c *client) Connect(address string, _ bool) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	c.link, err = newLink(conn, false)
	return err
}

func (c *client) Stream(s *scenario.Scenario) (uint64, error) {
	if err := c.send("bench", s.Bodies()); err != nil {
		return 0, err
	}
	var digits string
	for digits == "" {
		err := c.receive(func(frame oap.Frame) {
			if data, ok := frame.(*oap.Data); ok {
				digits = string(data.Body)
			}
		})
		if err != nil {
			return 0, err
		}
	}
	return strconv.ParseUint(digits, 10, 64)
}

var errOneWay = errors.New("a session by hand is measured one way")

func (c *client) Begin() error             { return errOneWay }
func (c *client) Send([]byte) error        { return errOneWay }
func (c *client) Receive() ([]byte, error) { return nil, errOneWay }
func (c *client) End() error               { return errOneWay }

func serve(s *scenario.Scenario) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	report := scenario.NewReport()
	conn, err := listener.Accept()
	if err != nil {
		return err
	}
	l, err := newLink(conn, true)
	if err != nil {
		return err
	}
	tally := s.Tally()
	for ended := false; !ended; {
		err := l.receive(func(frame oap.Frame) {
			switch frame := frame.(type) {
			case *oap.Data:
				tally.Add(frame.Body)
			case *oap.End:
				ended = true
			}
		})
		if err != nil {
			return err
		}
	}
	sum := []byte(fmt.Sprint(tally.Sum))
	if err := l.send("sum", func(yield func([]byte) bool) { yield(sum) }); err != nil {
		return err
	}
	report.Add(tally)
	report.Print()
	for err == nil {
		err = l.receive(func(oap.Frame) {})
	}
	if err == io.EOF {
		return nil
	}
	return err
}

func main() { scenario.Run(func() scenario.Client { return &client{} }, serve) }
