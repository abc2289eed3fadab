//go:build cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64))

package oap

/*
#include "clock.h"
#include <oap.h>
#include <string.h>

typedef struct {
	size_t rows, consumed;
	const uint8_t *staged; // NULL unless rows count in it
	oap_status status;
} oap_go_taken_in;

// Each call is followed by a look at the connection, so that both are one crossing.
static oap_status oap_go_look(uintptr_t handle, oap_status status, oap_connection_info *info) {
	oap_connection_inspect((const oap_connection *)handle, info);
	return status;
}

// The table stays on C's stack: it may hold a Go pointer, which must not outlive the call.
static oap_go_taken_in oap_go_receive(uintptr_t handle, uint64_t now, const uint8_t *chunk, size_t len,
                                      oap_row *rows, size_t capacity, uintptr_t timer, oap_connection_info *info) {
	oap_frame_table table = {0};
	uint64_t start = oap_go_start(timer);
	oap_status status = oap_connection_receive((oap_connection *)handle, now, chunk, len, rows, capacity, &table);
	oap_go_has_read(timer, start);
	oap_go_look(handle, status, info);
	const uint8_t *staged = table.rows == 0 || table.bytes == chunk ? NULL : table.bytes;
	oap_go_taken_in received = {table.rows, table.consumed, staged, status};
	return received;
}

static oap_status oap_go_receive_end(uintptr_t handle, uint64_t now, oap_connection_info *info) {
	return oap_go_look(handle, oap_connection_receive_end((oap_connection *)handle, now), info);
}

static oap_status oap_go_take(uintptr_t handle, uint64_t now, size_t frames, oap_connection_info *info) {
	return oap_go_look(handle, oap_connection_take((oap_connection *)handle, now, frames), info);
}

static oap_status oap_go_acknowledge(uintptr_t handle, uint64_t now, uint64_t up_to, oap_connection_info *info) {
	return oap_go_look(handle, oap_connection_acknowledge((oap_connection *)handle, now, up_to), info);
}

static oap_status oap_go_start_stream(uintptr_t handle, uint64_t now, const char *stream, size_t len,
                                      oap_connection_info *info) {
	return oap_go_look(handle, oap_connection_start((oap_connection *)handle, now, stream, len), info);
}

static oap_status oap_go_data(uintptr_t handle, uint64_t now, const char *obj, size_t obj_len, const uint8_t *body,
                              size_t body_len, bool head, oap_connection_info *info) {
	oap_connection *connection = (oap_connection *)handle;
	oap_status status = head ? oap_connection_data_head(connection, now, obj, obj_len, body_len, NULL)
	                         : oap_connection_data(connection, now, obj, obj_len, body, body_len, NULL);
	return oap_go_look(handle, status, info);
}

static oap_status oap_go_data_all(uintptr_t handle, uint64_t now, const uint8_t *bytes, size_t len,
                                  const uint32_t *lens, size_t count, size_t *sent, oap_connection_info *info) {
	oap_status status = oap_connection_data_all((oap_connection *)handle, now, bytes, len, lens, count, sent);
	return oap_go_look(handle, status, info);
}

static oap_status oap_go_end_stream(uintptr_t handle, uint64_t now, uint32_t status, oap_connection_info *info) {
	return oap_go_look(handle, oap_connection_end_stream((oap_connection *)handle, now, status), info);
}

static oap_status oap_go_cancel_send(uintptr_t handle, oap_connection_info *info) {
	return oap_go_look(handle, oap_connection_cancel_send((oap_connection *)handle), info);
}

// Copies what stands in liboap's memory, since that moves at the next call; a body of the host's is only told, by a length
// with the top bit. Ends where `out` is full.
static size_t oap_go_transmit(uintptr_t handle, uint64_t now, uint8_t *out, size_t room, uint64_t *lens,
                              size_t capacity, oap_connection_info *info) {
	oap_piece pieces[64];
	size_t count = 0, told = 0;
	if (capacity > 64) capacity = 64;
	oap_connection_transmit((oap_connection *)handle, now, pieces, capacity, &count);
	for (; told < count; told++) {
		size_t len = pieces[told].len;
		if (pieces[told].bytes == NULL) {
			lens[told] = (uint64_t)len | (uint64_t)1 << 63;
			continue;
		}
		if (room == 0) break;
		if (len > room) len = room;
		memcpy(out, pieces[told].bytes, len);
		out += len;
		room -= len;
		lens[told] = len;
		if (len < pieces[told].len) {
			told++;
			break;
		}
	}
	oap_go_look(handle, OAP_STATUS_OK, info);
	return told;
}

static oap_status oap_go_transmitted(uintptr_t handle, uint64_t now, size_t bytes, oap_connection_info *info) {
	return oap_go_look(handle, oap_connection_transmitted((oap_connection *)handle, now, bytes), info);
}

static oap_status oap_go_handle_timeout(uintptr_t handle, uint64_t now, oap_connection_info *info) {
	return oap_go_look(handle, oap_connection_handle_timeout((oap_connection *)handle, now), info);
}

static oap_status oap_go_close(uintptr_t handle, uint64_t now, uint64_t within_ns, oap_connection_info *info) {
	return oap_go_look(handle, oap_connection_close((oap_connection *)handle, now, within_ns), info);
}

static oap_status oap_go_abort(uintptr_t handle, oap_connection_info *info) {
	return oap_go_look(handle, oap_connection_abort((oap_connection *)handle), info);
}

static oap_status oap_go_transport_failed(uintptr_t handle, oap_connection_info *info) {
	return oap_go_look(handle, oap_connection_transport_failed((oap_connection *)handle), info);
}

typedef struct {
	uint32_t code;
	const char *reason;
	size_t len;
	oap_status status;
} oap_go_peer_error;

static oap_go_peer_error oap_go_get_peer_error(uintptr_t handle) {
	oap_go_peer_error error = {0, NULL, 0, OAP_STATUS_OK};
	error.status = oap_connection_peer_error((const oap_connection *)handle, &error.code, &error.reason, &error.len);
	return error;
}
*/
import "C"

import (
	"bytes"
	"runtime"
	"time"
	"unsafe"
)

// Engine is a connection without its transport: what decides in a [Conn] when to acknowledge, wait, stop and close, for
// hosts with a transport or an event loop of their own. docs/connection.md has its rules. now is the time in nanoseconds
// of a monotonic clock of the host's.
//
// One goroutine at a time. Close it by [Engine.Free]; one that is forgotten is freed when the garbage collector finds it.
type Engine struct {
	_       noCopy
	native  *C.oap_connection
	info    C.oap_connection_info
	monitor *Monitor
	net     runtime.Cleanup
}

// NewEngine makes the engine of a transport that has just been opened; nil means the defaults. The error is a
// [*ConfigError].
func NewEngine(options *ConnOptions, now uint64) (*Engine, error) {
	config, err := options.config().native()
	if err != nil {
		return nil, err
	}
	defer freeConfig(config)
	limits, err := options.native()
	if err != nil {
		return nil, err
	}
	e := &Engine{monitor: options.config().monitor()}
	if status := C.oap_connection_new(config, &limits, C.uint64_t(now), &e.native); status != C.OAP_STATUS_OK {
		return nil, StatusError(status)
	}
	liveHandles.Add(1)
	e.net = runtime.AddCleanup(e, freeEngine, e.native)
	if e.monitor != nil {
		mustHold(C.oap_connection_set_monitor(e.native, e.monitor.native))
	}
	mustHold(C.oap_connection_inspect(e.native, &e.info))
	return e, nil
}

func freeEngine(native *C.oap_connection) {
	C.oap_connection_free(native)
	liveHandles.Add(-1)
}

// Free frees what the engine holds outside the Go heap. What it said last can still be asked; a second Free does nothing,
// and nothing else may follow.
func (e *Engine) Free() {
	if e.native != nil {
		e.net.Stop()
		freeEngine(e.native)
		e.native = nil
	}
}

func (e *Engine) handle() C.uintptr_t { return address(unsafe.Pointer(e.native)) }

// Receive takes received bytes, in any split, and returns the START, DATA and END that they complete, as many as there are
// rows. Call it again with what follows Consumed until all is consumed. What ended the connection stands behind these
// frames, in [Engine.EndReason].
func (e *Engine) Receive(now uint64, chunk []byte, rows []Row) Table {
	table := e.receive(now, chunk, rows)
	if table.staged {
		table.Bytes = bytes.Clone(table.Bytes)
	}
	return table.Table
}

// receivedTable is a Table whose bytes are liboap's, until the next call, where they are staged.
type receivedTable struct {
	Table
	staged bool
}

func (e *Engine) receive(now uint64, chunk []byte, rows []Row) receivedTable {
	got := C.oap_go_receive(e.handle(), C.uint64_t(now), bytesOf(chunk), C.size_t(len(chunk)), rowsOf(rows),
		C.size_t(len(rows)), e.monitor.timer(), &e.info)
	runtime.KeepAlive(e)
	mustHold(got.status)
	table := Table{Rows: rows[:got.rows], Bytes: chunk, Consumed: int(got.consumed), More: int(got.consumed) < len(chunk)}
	if got.staged != nil {
		last := &table.Rows[got.rows-1]
		table.Bytes = unsafe.Slice((*byte)(got.staged), int(last.BodyOffset)+int(last.BodyLen))
	}
	return receivedTable{table, got.staged != nil}
}

// ReceiveEnd says that the peer's input has ended.
func (e *Engine) ReceiveEnd(now uint64) {
	mustHold(C.oap_go_receive_end(e.handle(), C.uint64_t(now), &e.info))
	runtime.KeepAlive(e)
}

// Take says that the application has taken so many of the frames that Receive gave: it asks for what follows them.
func (e *Engine) Take(now uint64, frames int) {
	mustHold(C.oap_go_take(e.handle(), C.uint64_t(now), C.size_t(frames), &e.info))
	runtime.KeepAlive(e)
}

// Acknowledge acknowledges the DATA of that seq and all before it: for ManualAck. The error is that of Start.
func (e *Engine) Acknowledge(now, upTo uint64) error {
	return e.sent(C.oap_go_acknowledge(e.handle(), C.uint64_t(now), C.uint64_t(upTo), &e.info))
}

// Start queues a START. The error is a [Wait], a [*RefusalError], or [ErrClosed]; nothing was queued then.
func (e *Engine) Start(now uint64, stream string) error {
	return e.sent(C.oap_go_start_stream(e.handle(), C.uint64_t(now), nameOf(stream), C.size_t(len(stream)), &e.info))
}

// noName stands for a name without bytes.
var noName byte

// nameOf passes a name to C, which may not be NULL though it be empty.
func nameOf(name string) *C.char {
	if name == "" {
		return (*C.char)(unsafe.Pointer(&noName))
	}
	return textOf(name)
}

// Data queues a DATA of the open stream with a copy of its body; obj is its address, "" for none. The error is as in Start.
func (e *Engine) Data(now uint64, obj string, body []byte) error {
	return e.sent(C.oap_go_data(e.handle(), C.uint64_t(now), textOf(obj), C.size_t(len(obj)), bytesOf(body),
		C.size_t(len(body)), false, &e.info))
}

// dataHead queues a DATA whose body stays with the host until it is written.
func (e *Engine) dataHead(now uint64, obj string, bodyLen int) error {
	return e.sent(C.oap_go_data(e.handle(), C.uint64_t(now), textOf(obj), C.size_t(len(obj)), nil, C.size_t(bodyLen),
		true, &e.info))
}

// dataAll queues bodies that stand one behind the other, and tells how many went.
func (e *Engine) dataAll(now uint64, packed []byte, lens []uint32) (int, error) {
	var sent C.size_t
	status := C.oap_go_data_all(e.handle(), C.uint64_t(now), bytesOf(packed), C.size_t(len(packed)),
		(*C.uint32_t)(unsafe.SliceData(lens)), C.size_t(len(lens)), &sent, &e.info)
	return int(sent), e.sent(status)
}

// EndStream queues an END of the open stream. The error is as in Start.
func (e *Engine) EndStream(now uint64, status uint32) error {
	return e.sent(C.oap_go_end_stream(e.handle(), C.uint64_t(now), C.uint32_t(status), &e.info))
}

// sent is what a call that sends says.
func (e *Engine) sent(status C.oap_status) error {
	defer runtime.KeepAlive(e)
	switch {
	case status == C.OAP_STATUS_OK:
		return nil
	case status == C.OAP_STATUS_CLOSED:
		return ErrClosed
	case Wait(status) == WaitHandshake || Wait(status) == WaitCredit || Wait(status) == WaitRoom:
		return Wait(status)
	case isReason(status):
		return refusalError(status, func(said *C.oap_reject) C.oap_status { return C.oap_connection_refusal(e.native, said) })
	default:
		return StatusError(status)
	}
}

// CancelSend says that the application no longer waits to send.
func (e *Engine) CancelSend() {
	mustHold(C.oap_go_cancel_send(e.handle(), &e.info))
	runtime.KeepAlive(e)
}

// AppendOutput appends what is to be written now, as much as dst has room for. The same comes again until
// [Engine.Transmitted] says that it is written.
func (e *Engine) AppendOutput(dst []byte, now uint64) []byte {
	var lens [64]uint64
	room := dst[len(dst):cap(dst)]
	for _, piece := range e.transmit(now, room, lens[:]) {
		dst = dst[:len(dst)+int(piece)]
	}
	return dst
}

// transmit copies what is to be written into out, and tells the lengths of the pieces.
func (e *Engine) transmit(now uint64, out []byte, lens []uint64) []uint64 {
	defer runtime.KeepAlive(e)
	count := C.oap_go_transmit(e.handle(), C.uint64_t(now), bytesOf(out), C.size_t(len(out)),
		(*C.uint64_t)(unsafe.SliceData(lens)), C.size_t(len(lens)), &e.info)
	return lens[:count]
}

// Transmitted says that the transport has taken so many bytes of the output.
func (e *Engine) Transmitted(now uint64, n int) {
	mustHold(C.oap_go_transmitted(e.handle(), C.uint64_t(now), C.size_t(n), &e.info))
	runtime.KeepAlive(e)
}

// HandleTimeout ends what has run out of time by now. Early calls do nothing.
func (e *Engine) HandleTimeout(now uint64) {
	mustHold(C.oap_go_handle_timeout(e.handle(), C.uint64_t(now), &e.info))
	runtime.KeepAlive(e)
}

// Close closes in good order, within so long; a negative time means the options' CloseTimeout.
func (e *Engine) Close(now uint64, within time.Duration) {
	ns := uint64(C.OAP_CLOSE_TIMEOUT)
	if within >= 0 {
		ns = uint64(within)
	}
	mustHold(C.oap_go_close(e.handle(), C.uint64_t(now), C.uint64_t(ns), &e.info))
	runtime.KeepAlive(e)
}

// Abort ends at once.
func (e *Engine) Abort() {
	mustHold(C.oap_go_abort(e.handle(), &e.info))
	runtime.KeepAlive(e)
}

// TransportFailed says that the transport failed.
func (e *Engine) TransportFailed() {
	mustHold(C.oap_go_transport_failed(e.handle(), &e.info))
	runtime.KeepAlive(e)
}

// State returns where the connection stands.
func (e *Engine) State() ConnState { return ConnState(e.info.state) }

// WantsRead reports whether the host is to read now, WantsWrite whether there is something to write, WantsShutdown whether
// it is to shut its writing side.
func (e *Engine) WantsRead() bool { return bool(e.info.wants_read) }

// WantsWrite is described at WantsRead.
func (e *Engine) WantsWrite() bool { return bool(e.info.wants_write) }

// WantsShutdown is described at WantsRead.
func (e *Engine) WantsShutdown() bool { return bool(e.info.wants_shutdown) }

// NextTimeout returns when HandleTimeout is due; false: no deadline runs.
func (e *Engine) NextTimeout() (at uint64, runs bool) {
	return uint64(e.info.timeout_ns), bool(e.info.has_timeout)
}

// MaxBody is the largest body that the next DATA without obj can have, in bytes; 0 before the peer's HELLO.
func (e *Engine) MaxBody() int { return int(e.info.max_body) }

// queued is how many bytes wait to be written, untaken how many of those received are not taken.
func (e *Engine) queued() int { return int(e.info.queued) }

func (e *Engine) untaken() int { return int(e.info.untaken) }

// Outbound returns the state of what this side sends.
func (e *Engine) Outbound() Flow { return flowOf(e.info.outbound) }

// Inbound returns the state of what the peer sends.
func (e *Engine) Inbound() Flow { return flowOf(e.info.inbound) }

// End returns why the connection ended, or is about to end; nil while it goes on. The first reason is kept.
func (e *Engine) End() *EndError {
	defer runtime.KeepAlive(e)
	reason := EndReason(e.info.end_reason)
	if reason == 0 || e.native == nil {
		return nil
	}
	end := &EndError{Reason: reason}
	switch reason {
	case EndReject:
		var said C.oap_reject
		mustHold(C.oap_connection_reject(e.native, &said))
		end.Reject = rejectOf(Reason(said.code), &said)
	case EndPeerError:
		said := C.oap_go_get_peer_error(e.handle())
		mustHold(said.status)
		end.PeerCode, end.PeerText = uint32(said.code), goText(said.reason, said.len)
	}
	return end
}
