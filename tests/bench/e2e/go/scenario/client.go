package scenario

import (
	"fmt"
	"os"
	"time"
)

// Client is what a client sends by.
type Client interface {
	// Connect connects. Where it is not fresh it waits until messages can go.
	Connect(address string, fresh bool) error
	// Stream sends all messages of a connection, and waits for the sum that the server makes of them, as decimal digits.
	Stream(s *Scenario) (uint64, error)
	// Begin, Send, Receive and End make a ping.
	Begin() error
	Send(body []byte) error
	Receive() ([]byte, error)
	End() error
	Close() error
}

// Run runs the program's last arguments, `server SCENARIO` or `client ADDRESS SCENARIO`.
func Run(make func() Client, serve func(*Scenario) error) {
	if err := run(make, serve, os.Args); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(make func() Client, serve func(*Scenario) error, args []string) error {
	last := len(args) - 1
	s, err := Parse(args[last])
	if err != nil {
		return err
	}
	if args[last-1] == "server" {
		return serve(s)
	}
	return runClient(make, args[last-1], s)
}

func runClient(make func() Client, address string, s *Scenario) error {
	var clients []Client
	for range s.Connections {
		clients = append(clients, make())
	}
	measure := allAtOnce
	if s.Kind == Fresh {
		measure = oneAfterTheOther
	}
	report, err := measure(clients, address, s)
	if err != nil {
		return err
	}
	report.messages = s.Count * s.Connections
	report.bytes = report.messages * s.Size
	report.Print()
	for _, client := range clients {
		if err := client.Close(); err != nil {
			return err
		}
	}
	return nil
}

func oneAfterTheOther(clients []Client, address string, s *Scenario) (*Report, error) {
	report := NewReport()
	for _, client := range clients {
		begin := time.Now()
		if err := client.Connect(address, true); err != nil {
			return nil, err
		}
		if err := exchange(client, s, report); err != nil {
			return nil, err
		}
		report.wall += time.Since(begin)
	}
	return report, nil
}

func allAtOnce(clients []Client, address string, s *Scenario) (*Report, error) {
	for _, client := range clients {
		if err := client.Connect(address, false); err != nil {
			return nil, err
		}
	}
	report, begin := NewReport(), time.Now()
	done := make(chan error, len(clients))
	for _, client := range clients {
		go func() { done <- exchange(client, s, report) }()
	}
	for range clients {
		if err := <-done; err != nil {
			return nil, err
		}
	}
	report.wall = time.Since(begin)
	return report, nil
}

func exchange(client Client, s *Scenario, report *Report) error {
	if s.Kind == Ping {
		return ping(client, s, report)
	}
	sum, err := client.Stream(s)
	report.Answer(sum, nil)
	return err
}

func ping(client Client, s *Scenario, report *Report) error {
	if err := client.Begin(); err != nil {
		return err
	}
	tally, roundTrips := s.Tally(), make([]time.Duration, 0, s.Count)
	for body := range s.Bodies() {
		begin := time.Now()
		if err := client.Send(body); err != nil {
			return err
		}
		answer, err := client.Receive()
		if err != nil {
			return err
		}
		tally.Add(answer)
		roundTrips = append(roundTrips, time.Since(begin))
	}
	report.Answer(tally.Sum, roundTrips)
	return client.End()
}
