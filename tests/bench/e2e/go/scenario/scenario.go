// Package scenario is a scenario of the end-to-end benchmark, and what an end of it has to report.
package scenario

import (
	"fmt"
	"hash/crc32"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// phases is how many different messages there are.
const phases = 256

// The kinds: one way on all connections at once, one way on one new connection after the other, there and back.
const (
	Stream = "stream"
	Fresh  = "fresh"
	Ping   = "ping"
)

// Scenario is KIND,SIZE,COUNT,CONNECTIONS, and ",crc" where all bytes are checked. Count is messages a connection.
type Scenario struct {
	Kind                     string
	Size, Count, Connections int
	CRC                      bool

	messages [][]byte
}

// Parse reads a scenario.
func Parse(text string) (*Scenario, error) {
	parts := strings.Split(text, ",")
	if len(parts) < 4 {
		return nil, fmt.Errorf("%q is no KIND,SIZE,COUNT,CONNECTIONS", text)
	}
	s := &Scenario{Kind: parts[0], CRC: len(parts) == 5 && parts[4] == "crc"}
	for i, number := range []*int{&s.Size, &s.Count, &s.Connections} {
		value, err := strconv.Atoi(parts[i+1])
		if err != nil {
			return nil, err
		}
		*number = value
	}
	block := make([]byte, s.Size+phases)
	for place := range block {
		block[place] = byte(place*167 + (place>>8)*13)
	}
	for phase := range phases {
		s.messages = append(s.messages, block[phase:phase+s.Size])
	}
	return s, nil
}

// Bodies are the messages of a connection, in order.
func (s *Scenario) Bodies() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for number := range s.Count {
			if !yield(s.messages[number%phases]) {
				return
			}
		}
	}
}

// Tally is what has been received on a connection.
type Tally struct {
	Messages, Bytes int
	// Sum is that of the last bytes, or the CRC-32 of all bytes.
	Sum uint64

	crc bool
}

// Tally begins a tally.
func (s *Scenario) Tally() Tally { return Tally{crc: s.CRC} }

// Add counts a message.
func (t *Tally) Add(body []byte) {
	t.Messages++
	t.Bytes += len(body)
	if t.crc {
		t.Sum = uint64(crc32.Update(uint32(t.Sum), crc32.IEEETable, body))
	} else {
		t.Sum += uint64(body[len(body)-1])
	}
}

// Report is the line that an end prints. Its methods may be called by any goroutine.
type Report struct {
	mu              sync.Mutex
	messages, bytes int
	sum             uint64
	wall            time.Duration
	roundTrips      []time.Duration
	since           time.Duration
}

// NewReport begins a report: processor time counts from here.
func NewReport() *Report { return &Report{since: cpu()} }

// Add adds what a connection has received.
func (r *Report) Add(t Tally) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages += t.Messages
	r.bytes += t.Bytes
	r.sum += t.Sum
}

// Answer adds what came back on a connection.
func (r *Report) Answer(sum uint64, roundTrips []time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sum += sum
	r.roundTrips = append(r.roundTrips, roundTrips...)
}

// Print prints the line.
func (r *Report) Print() {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Printf(`{"messages":%d,"bytes":%d,"sum":%d,"wall":%g,"cpu":%g`, r.messages, r.bytes, r.sum,
		r.wall.Seconds(), (cpu() - r.since).Seconds())
	if len(r.roundTrips) > 0 {
		slices.Sort(r.roundTrips)
		fmt.Printf(`,"median":%g`, r.roundTrips[len(r.roundTrips)/2].Seconds())
	}
	fmt.Println("}")
}

// cpu is the processor time of this process, that of the kernel on its behalf too.
func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
