package main

import (
	"fmt"
	"net"
	"strconv"
	"sync"

	"oap.example/oap-e2e/scenario"
)

// messages is what carries messages.
type messages interface {
	// Send sends one, which may wait for others to be written with it.
	Send(body []byte) error
	Flush() error
	// Receive waits for one, which is valid until the next call.
	Receive() ([]byte, error)
	Close() error
}

// messagesClient is a client over anything that carries messages.
type messagesClient struct {
	dial func(address string) (messages, error)
	messages
}

func (c *messagesClient) Connect(address string, _ bool) (err error) {
	c.messages, err = c.dial(address)
	return err
}

func (c *messagesClient) Stream(s *scenario.Scenario) (uint64, error) {
	for body := range s.Bodies() {
		if err := c.messages.Send(body); err != nil {
			return 0, err
		}
	}
	if err := c.Flush(); err != nil {
		return 0, err
	}
	digits, err := c.Receive()
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(string(digits), 10, 64)
}

func (c *messagesClient) Begin() error { return nil }

func (c *messagesClient) Send(body []byte) error {
	if err := c.messages.Send(body); err != nil {
		return err
	}
	return c.Flush()
}

func (c *messagesClient) End() error { return nil }

// server counts the connections of a scenario until all have been answered.
type server struct {
	scenario *scenario.Scenario
	report   *scenario.Report
	left     sync.WaitGroup
}

func newServer(s *scenario.Scenario) *server {
	server := &server{scenario: s, report: scenario.NewReport()}
	server.left.Add(s.Connections)
	return server
}

// wait waits for all connections, and prints the report.
func (v *server) wait() error {
	v.left.Wait()
	v.report.Print()
	return nil
}

// attend serves a connection until the client closes it.
func (v *server) attend(m messages) {
	defer v.left.Done()
	defer m.Close()
	tally := v.scenario.Tally()
	if err := v.answer(m, &tally); err != nil {
		fmt.Println(err)
		return
	}
	v.report.Add(tally)
	for {
		if _, err := m.Receive(); err != nil {
			return
		}
	}
}

func (v *server) answer(m messages, tally *scenario.Tally) error {
	for tally.Messages < v.scenario.Count {
		body, err := m.Receive()
		if err != nil {
			return err
		}
		tally.Add(body)
		if v.scenario.Kind == scenario.Ping {
			if err := send(m, body); err != nil {
				return err
			}
		}
	}
	if v.scenario.Kind == scenario.Ping {
		return nil
	}
	return send(m, []byte(fmt.Sprint(tally.Sum)))
}

func send(m messages, body []byte) error {
	if err := m.Send(body); err != nil {
		return err
	}
	return m.Flush()
}

func listen() (net.Listener, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		fmt.Println(listener.Addr())
	}
	return listener, err
}
