package oap

import "iter"

// Session is one side of a session: it decodes and judges what the peer sends, and refuses to encode what the peer would
// have to reject. No clock, no I/O.
//
// One goroutine at a time. Close it; one that is forgotten is freed when the garbage collector finds it.
type Session struct {
	_      noCopy
	native nativeSession
}

// Table is what a [Session.Recv] found.
type Table struct {
	// Rows are the frames, one row each: the front of the caller's slice.
	Rows []Row
	// Bytes is what the rows' offsets count in: the chunk or, for a frame that an earlier chunk began, a copy of that
	// frame, which stays as it is for good.
	Bytes []byte
	// Consumed is how many bytes of the chunk are dealt with. The next chunk starts behind them.
	Consumed int
	// More is whether to call Recv again now with the rest of the chunk: rows ran out, or a reject follows these frames.
	More bool
	// Need is how many bytes the next step takes, behind all of the chunk: a hint for the size of the next read.
	Need int
}

// Frames returns the table's frames. Each is valid until the next.
func (t Table) Frames() iter.Seq[Frame] {
	return func(yield func(Frame) bool) {
		var one frames
		for i := range t.Rows {
			if !yield(one.of(&t.Rows[i], t.Bytes)) {
				return
			}
		}
	}
}

// Flow is one direction of a session at a glance.
type Flow struct {
	// LastSeq is the seq of the direction's last DATA, if HasLastSeq.
	LastSeq    uint64
	HasLastSeq bool
	// InFlight is how many DATA frames were sent and are not yet acknowledged.
	InFlight int
	// Window is how many DATA frames may be in flight: the receiver's ack_window; 0 before its HELLO.
	Window int
	// Credit is how many DATA frames may be sent now.
	Credit int
	// Open is whether a stream is open, Objects whether it is an object stream.
	Open, Objects bool
}

// NewSession makes a session in which neither side has spoken; nil means the defaults. The error is a [*ConfigError].
func NewSession(config *Config) (*Session, error) {
	s := &Session{}
	if err := openSession(s, config); err != nil {
		return nil, err
	}
	return s, nil
}

// Close frees the session, which then counts in no gauge of its monitor. Later calls return [ErrClosed] or zero; a second
// Close does nothing.
func (s *Session) Close() error {
	s.native.close()
	return nil
}

// Recv takes received bytes, in any split, and returns the next frames, as many as there are rows. Call it again with what
// follows Consumed while More is true. A chunk without bytes changes nothing. Recv is one call of liboap, and does not
// allocate but where a chunk ends inside a frame: what has come of that is staged, and copied when the frame is whole.
//
// The error is a [*RejectError], and the same at every later call until an ERROR was sent (after that, what still
// arrives is discarded). Frames before the bad one are given first.
func (s *Session) Recv(chunk []byte, rows []Row) (Table, error) { return s.native.recv(s, chunk, rows) }

// Finish ends the peer's bytes. The error is a [*RejectError]: ErrTruncated where they ended inside a
// frame, or the reject given before. Whether they ended at a good place is the host's to judge.
func (s *Session) Finish() error { return s.native.finish(s) }

// Reset goes back to a session in which neither side has spoken.
func (s *Session) Reset() error { return s.native.reset(s) }

// Hello returns the HELLO that the configuration makes. It is not sent: pass it to [Session.Send].
func (s *Session) Hello() (*Hello, error) { return s.native.hello(s) }

// Send appends the encoded frame to dst. From then on it counts as sent: the host must send all that was encoded, in the
// order of the calls. The error is a [*RefusalError] where the peer would have to reject the frame; the session and dst
// stay as they were.
func (s *Session) Send(dst []byte, frame Frame) ([]byte, error) { return s.native.send(s, dst, frame) }

// Outbound returns the state of what this side sends.
func (s *Session) Outbound() Flow { return s.native.outbound(s) }

// Inbound returns the state of what the peer sends.
func (s *Session) Inbound() Flow { return s.native.inbound(s) }

// Established reports whether both HELLOs have passed.
func (s *Session) Established() bool { return s.native.established(s) }

// Ended reports whether an ERROR has passed, either way: nothing more may be sent.
func (s *Session) Ended() bool { return s.native.ended(s) }

// PeerMaxFrame is the size of the largest frame that the peer takes, in bytes; 0 before its HELLO.
func (s *Session) PeerMaxFrame() int { return s.native.peerMaxFrame(s) }
