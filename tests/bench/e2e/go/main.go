// One end of the end-to-end benchmark, by the package's connections: `go-e2e (server | client ADDRESS) SCENARIO`.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"oap.example/oap"
	"oap.example/oap-e2e/scenario"
)

// options are the defaults, but for a window that OAP_E2E_WINDOW gives: for the sweep of windows.
func options() *oap.ConnOptions {
	window, err := strconv.ParseUint(os.Getenv("OAP_E2E_WINDOW"), 10, 64)
	if err != nil {
		return nil
	}
	config := oap.DefaultConfig()
	config.AckWindowFrames = window
	return &oap.ConnOptions{Config: config}
}

type client struct {
	conn   *oap.Conn
	stream *oap.Stream
}

var always = context.Background()

func (c *client) Connect(address string, fresh bool) (err error) {
	if c.conn, err = oap.Dial(always, "tcp", address, options()); err != nil || fresh {
		return err
	}
	return c.conn.Handshake(always)
}

func (c *client) Stream(s *scenario.Scenario) (uint64, error) {
	stream, err := c.conn.Start(always, "bench")
	if err != nil {
		return 0, err
	}
	for body := range s.Bodies() {
		if err := stream.Data(always, body); err != nil {
			return 0, err
		}
	}
	if err := stream.End(always, 0); err != nil {
		return 0, err
	}
	digits, err := c.Receive()
	if err != nil {
		return 0, err
	}
	digits = bytes.Clone(digits)
	if err := c.untilEnd(); err != nil {
		return 0, err
	}
	return strconv.ParseUint(string(digits), 10, 64)
}

func (c *client) Begin() (err error) {
	c.stream, err = c.conn.Start(always, "ping")
	return err
}

func (c *client) Send(body []byte) error { return c.stream.Data(always, body) }

func (c *client) Receive() ([]byte, error) {
	for {
		frame, err := c.conn.Recv(always)
		if err != nil {
			return nil, err
		}
		if data, ok := frame.(*oap.Data); ok {
			return data.Body, nil
		}
	}
}

func (c *client) End() error {
	if err := c.stream.End(always, 0); err != nil {
		return err
	}
	return c.untilEnd()
}

// untilEnd takes the END of the server's stream, so that a close leaves nothing of it unacknowledged.
func (c *client) untilEnd() error {
	for {
		frame, err := c.conn.Recv(always)
		if err != nil {
			return err
		}
		if _, ok := frame.(*oap.End); ok {
			return nil
		}
	}
}

func (c *client) Close() error { return c.conn.Close() }

func take(ctx context.Context, conn *oap.Conn, s *scenario.Scenario) (scenario.Tally, error) {
	tally := s.Tally()
	for {
		batch, err := conn.RecvBatch(ctx)
		if err != nil {
			return tally, err
		}
		for frame := range batch.Frames() {
			switch frame := frame.(type) {
			case *oap.Data:
				tally.Add(frame.Body)
			case *oap.End:
				return tally, answer(ctx, conn, tally.Sum)
			}
		}
	}
}

func answer(ctx context.Context, conn *oap.Conn, sum uint64) error {
	stream, err := conn.Start(ctx, "sum")
	if err != nil {
		return err
	}
	if err := stream.Data(ctx, []byte(fmt.Sprint(sum))); err != nil {
		return err
	}
	return stream.End(ctx, 0)
}

func echo(ctx context.Context, conn *oap.Conn, s *scenario.Scenario) (scenario.Tally, error) {
	tally := s.Tally()
	stream, err := conn.Start(ctx, "pong")
	if err != nil {
		return tally, err
	}
	for {
		frame, err := conn.Recv(ctx)
		if err != nil {
			return tally, err
		}
		switch frame := frame.(type) {
		case *oap.Data:
			tally.Add(frame.Body)
			if err := stream.Data(ctx, frame.Body); err != nil {
				return tally, err
			}
		case *oap.End:
			return tally, stream.End(ctx, 0)
		}
	}
}

// untilClosed takes what comes until the client closes.
func untilClosed(ctx context.Context, conn *oap.Conn) error {
	for {
		if _, err := conn.Recv(ctx); err != nil {
			return err
		}
	}
}

func serve(s *scenario.Scenario) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	report := scenario.NewReport()
	attend := take
	if s.Kind == scenario.Ping {
		attend = echo
	}
	var left sync.WaitGroup
	left.Add(s.Connections)
	server := &oap.Server{Options: options(), Handler: func(ctx context.Context, conn *oap.Conn) error {
		defer left.Done()
		tally, err := attend(ctx, conn, s)
		report.Add(tally)
		if err != nil {
			return err
		}
		return untilClosed(ctx, conn)
	}}
	go func() {
		left.Wait()
		report.Print()
		end, cancel := context.WithTimeout(always, 10*time.Second)
		defer cancel()
		_ = server.Shutdown(end)
	}()
	if err := server.Serve(listener); !errors.Is(err, oap.ErrServerClosed) {
		return err
	}
	return nil
}

func main() { scenario.Run(func() scenario.Client { return &client{} }, serve) }
