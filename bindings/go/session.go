package oap

/*
#include "clock.h"
#include <oap.h>

typedef struct {
	size_t rows, consumed, need;
	bool more;
	const uint8_t *staged; // NULL unless rows count in it
	oap_status status;
} oap_go_received;

// The table stays on C's stack: it may hold a Go pointer, which must not outlive the call.
static oap_go_received oap_go_recv(uintptr_t session, const uint8_t *chunk, size_t len, oap_row *rows,
                                   size_t capacity, uintptr_t timer) {
	oap_frame_table table = {0};
	uint64_t start = oap_go_start(timer);
	oap_status status = oap_session_recv((oap_session *)session, chunk, len, rows, capacity, &table);
	oap_go_has_read(timer, start);
	const uint8_t *staged = table.rows == 0 || table.bytes == chunk ? NULL : table.bytes;
	oap_go_received received = {table.rows, table.consumed, table.need, table.more, staged, status};
	return received;
}

static oap_flow oap_go_outbound(const oap_session *session) {
	oap_flow flow = {0};
	oap_session_outbound(session, &flow);
	return flow;
}

static oap_flow oap_go_inbound(const oap_session *session) {
	oap_flow flow = {0};
	oap_session_inbound(session, &flow);
	return flow;
}
*/
import "C"

import (
	"bytes"
	"iter"
	"runtime"
	"unsafe"
)

// Session is one side of a session: it decodes and judges what the peer sends, and refuses to encode what the peer would
// have to reject. No clock, no I/O.
//
// One goroutine at a time. Close it; one that is forgotten is freed when the garbage collector finds it.
type Session struct {
	_       noCopy
	native  *C.oap_session
	monitor *Monitor
	net     runtime.Cleanup
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
	native, err := config.native()
	if err != nil {
		return nil, err
	}
	defer freeConfig(native)
	s := &Session{monitor: config.monitor()}
	if status := C.oap_session_new(native, &s.native); status != C.OAP_STATUS_OK {
		return nil, StatusError(status)
	}
	liveHandles.Add(1)
	s.net = runtime.AddCleanup(s, freeSession, s.native)
	if s.monitor != nil {
		mustHold(C.oap_session_set_monitor(s.native, s.monitor.native))
	}
	return s, nil
}

func freeSession(native *C.oap_session) {
	C.oap_session_free(native)
	liveHandles.Add(-1)
}

// Close frees the session, which then counts in no gauge of its monitor. Later calls return [ErrClosed] or zero; a second
// Close does nothing.
func (s *Session) Close() error {
	if s.native != nil {
		s.net.Stop()
		freeSession(s.native)
		s.native = nil
	}
	return nil
}

// Recv takes received bytes, in any split, and returns the next frames, as many as there are rows. Call it again with what
// follows Consumed while More is true. A chunk without bytes changes nothing. Recv is one call of liboap, and does not
// allocate but where a chunk ends inside a frame: what has come of that is staged, and copied when the frame is whole.
//
// The error is a [*RejectError], and the same at every later call until an ERROR was sent (after that, what still
// arrives is discarded). Frames before the bad one are given first.
func (s *Session) Recv(chunk []byte, rows []Row) (Table, error) {
	if s.native == nil {
		return Table{}, ErrClosed
	}
	defer runtime.KeepAlive(s)
	got := s.recv(chunk, rows)
	if got.status != C.OAP_STATUS_OK {
		return Table{}, s.reject(got.status)
	}
	table := Table{
		Rows:     rows[:got.rows],
		Bytes:    chunk,
		Consumed: int(got.consumed),
		More:     bool(got.more),
		Need:     int(got.need),
	}
	if got.staged != nil {
		last := &table.Rows[got.rows-1]
		table.Bytes = bytes.Clone(unsafe.Slice((*byte)(got.staged), int(last.BodyOffset)+int(last.BodyLen)))
	}
	return table, nil
}

func (s *Session) recv(chunk []byte, rows []Row) C.oap_go_received {
	defer runtime.KeepAlive(s)
	return C.oap_go_recv(address(unsafe.Pointer(s.native)), bytesOf(chunk), C.size_t(len(chunk)), rowsOf(rows),
		C.size_t(len(rows)), s.monitor.timer())
}

// Finish ends the peer's bytes. The error is a [*RejectError]: ErrTruncated where they ended inside a
// frame, or the reject given before. Whether they ended at a good place is the host's to judge.
func (s *Session) Finish() error {
	if s.native == nil {
		return ErrClosed
	}
	defer runtime.KeepAlive(s)
	status := C.oap_session_finish(s.native)
	if status == C.OAP_STATUS_OK {
		return nil
	}
	return s.reject(status)
}

// Reset goes back to a session in which neither side has spoken.
func (s *Session) Reset() error {
	if s.native == nil {
		return ErrClosed
	}
	defer runtime.KeepAlive(s)
	return statusError(C.oap_session_reset(s.native))
}

// Hello returns the HELLO that the configuration makes. It is not sent: pass it to [Session.Send].
func (s *Session) Hello() (*Hello, error) {
	if s.native == nil {
		return nil, ErrClosed
	}
	defer runtime.KeepAlive(s)
	var native C.oap_hello
	if status := C.oap_session_hello(s.native, &native); status != C.OAP_STATUS_OK {
		return nil, StatusError(status)
	}
	hello := &Hello{Version: uint32(native.version), MaxFrame: uint64(native.max_frame)}
	if native.has_features {
		features := uint64(native.features)
		hello.Features = &features
	}
	if native.has_ack_window {
		window := uint32(native.ack_window)
		hello.AckWindow = &window
	}
	return hello, nil
}

// Send appends the encoded frame to dst. From then on it counts as sent: the host must send all that was encoded, in the
// order of the calls. The error is a [*RefusalError] where the peer would have to reject the frame; the session and dst
// stay as they were.
func (s *Session) Send(dst []byte, frame Frame) ([]byte, error) {
	if s.native == nil {
		return dst, ErrClosed
	}
	defer runtime.KeepAlive(s)
	dst, status := appendFrame(address(unsafe.Pointer(s.native)), s.monitor.timer(), dst, frame)
	if isReason(status) {
		return dst, s.refusal(status)
	}
	return dst, statusError(status)
}

// Outbound returns the state of what this side sends.
func (s *Session) Outbound() Flow {
	defer runtime.KeepAlive(s)
	return flowOf(C.oap_go_outbound(s.native))
}

// Inbound returns the state of what the peer sends.
func (s *Session) Inbound() Flow {
	defer runtime.KeepAlive(s)
	return flowOf(C.oap_go_inbound(s.native))
}

// Established reports whether both HELLOs have passed.
func (s *Session) Established() bool {
	defer runtime.KeepAlive(s)
	return bool(C.oap_session_is_established(s.native))
}

// Ended reports whether an ERROR has passed, either way: nothing more may be sent.
func (s *Session) Ended() bool {
	defer runtime.KeepAlive(s)
	return bool(C.oap_session_has_ended(s.native))
}

// PeerMaxFrame is the size of the largest frame that the peer takes, in bytes; 0 before its HELLO.
func (s *Session) PeerMaxFrame() int {
	defer runtime.KeepAlive(s)
	return int(C.oap_session_peer_max_frame(s.native))
}

func flowOf(flow C.oap_flow) Flow {
	return Flow{
		LastSeq:    uint64(flow.last_seq),
		HasLastSeq: bool(flow.has_last_seq),
		InFlight:   int(flow.in_flight),
		Window:     int(flow.window),
		Credit:     int(flow.credit),
		Open:       bool(flow.open),
		Objects:    bool(flow.objects),
	}
}

func (s *Session) reject(status C.oap_status) error {
	defer runtime.KeepAlive(s)
	return rejectError(status, func(reject *C.oap_reject) C.oap_status {
		return C.oap_session_reject(s.native, reject)
	})
}

func (s *Session) refusal(status C.oap_status) error {
	defer runtime.KeepAlive(s)
	return refusalError(status, func(said *C.oap_reject) C.oap_status { return C.oap_session_refusal(s.native, said) })
}
