//go:build cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64))

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
	"runtime"
	"unsafe"
)

// nativeSession is liboap's, freed with the Session that it stands in.
type nativeSession struct {
	handle  *C.oap_session
	monitor *Monitor
	net     runtime.Cleanup
}

func openSession(s *Session, config *Config) error {
	n := &s.native
	native, err := config.native()
	if err != nil {
		return err
	}
	defer freeConfig(native)
	n.monitor = config.monitor()
	if status := C.oap_session_new(native, &n.handle); status != C.OAP_STATUS_OK {
		return StatusError(status)
	}
	liveHandles.Add(1)
	n.net = runtime.AddCleanup(s, freeSession, n.handle)
	if n.monitor != nil {
		mustHold(C.oap_session_set_monitor(n.handle, n.monitor.native))
	}
	return nil
}

func freeSession(native *C.oap_session) {
	C.oap_session_free(native)
	liveHandles.Add(-1)
}

func (n *nativeSession) close() {
	if n.handle != nil {
		n.net.Stop()
		freeSession(n.handle)
		n.handle = nil
	}
}

func (n *nativeSession) recv(s *Session, chunk []byte, rows []Row) (Table, error) {
	if n.handle == nil {
		return Table{}, ErrClosed
	}
	defer runtime.KeepAlive(s)
	got := n.receive(s, chunk, rows)
	if got.status != C.OAP_STATUS_OK {
		return Table{}, n.reject(got.status)
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

func (n *nativeSession) receive(s *Session, chunk []byte, rows []Row) C.oap_go_received {
	defer runtime.KeepAlive(s)
	return C.oap_go_recv(address(unsafe.Pointer(n.handle)), bytesOf(chunk), C.size_t(len(chunk)), rowsOf(rows),
		C.size_t(len(rows)), n.monitor.timer())
}

func (n *nativeSession) finish(s *Session) error {
	if n.handle == nil {
		return ErrClosed
	}
	defer runtime.KeepAlive(s)
	status := C.oap_session_finish(n.handle)
	if status == C.OAP_STATUS_OK {
		return nil
	}
	return n.reject(status)
}

func (n *nativeSession) reset(s *Session) error {
	if n.handle == nil {
		return ErrClosed
	}
	defer runtime.KeepAlive(s)
	return statusError(C.oap_session_reset(n.handle))
}

func (n *nativeSession) hello(s *Session) (*Hello, error) {
	if n.handle == nil {
		return nil, ErrClosed
	}
	defer runtime.KeepAlive(s)
	var native C.oap_hello
	if status := C.oap_session_hello(n.handle, &native); status != C.OAP_STATUS_OK {
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

func (n *nativeSession) send(s *Session, dst []byte, frame Frame) ([]byte, error) {
	if n.handle == nil {
		return dst, ErrClosed
	}
	defer runtime.KeepAlive(s)
	dst, status := appendFrame(address(unsafe.Pointer(n.handle)), n.monitor.timer(), dst, frame)
	if isReason(status) {
		return dst, n.refusal(status)
	}
	return dst, statusError(status)
}

func (n *nativeSession) outbound(s *Session) Flow {
	defer runtime.KeepAlive(s)
	return flowOf(C.oap_go_outbound(n.handle))
}

func (n *nativeSession) inbound(s *Session) Flow {
	defer runtime.KeepAlive(s)
	return flowOf(C.oap_go_inbound(n.handle))
}

func (n *nativeSession) established(s *Session) bool {
	defer runtime.KeepAlive(s)
	return bool(C.oap_session_is_established(n.handle))
}

func (n *nativeSession) ended(s *Session) bool {
	defer runtime.KeepAlive(s)
	return bool(C.oap_session_has_ended(n.handle))
}

func (n *nativeSession) peerMaxFrame(s *Session) int {
	defer runtime.KeepAlive(s)
	return int(C.oap_session_peer_max_frame(n.handle))
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

func (n *nativeSession) reject(status C.oap_status) error {
	return rejectError(status, func(reject *C.oap_reject) C.oap_status {
		return C.oap_session_reject(n.handle, reject)
	})
}

func (n *nativeSession) refusal(status C.oap_status) error {
	return refusalError(status, func(said *C.oap_reject) C.oap_status { return C.oap_session_refusal(n.handle, said) })
}
