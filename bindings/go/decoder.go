package oap

/*
#include "clock.h"
#include <oap.h>

typedef struct {
	size_t rows, consumed, need;
	bool more;
	oap_status status;
} oap_go_run;

// The table stays on C's stack: it holds a Go pointer, which must not outlive the call.
static oap_go_run oap_go_decode(uintptr_t decoder, const uint8_t *bytes, size_t len, oap_row *rows, size_t capacity,
                                uintptr_t timer) {
	oap_frame_table table = {0};
	uint64_t start = oap_go_start(timer);
	oap_status status = oap_decoder_decode((oap_decoder *)decoder, bytes, len, rows, capacity, &table);
	oap_go_has_read(timer, start);
	oap_go_run run = {table.rows, table.consumed, table.need, table.more, status};
	return run;
}
*/
import "C"

import (
	"runtime"
	"unsafe"
)

// Decoder finds the frames of a byte stream in buffers that the caller owns. It holds a configuration, a position and a
// verdict, never bytes. The rules of a session are [Session]'s.
//
// One goroutine at a time. Close it; one that is forgotten is freed when the garbage collector finds it.
type Decoder struct {
	_       noCopy
	native  *C.oap_decoder
	monitor *Monitor
	net     runtime.Cleanup
	need    int
	more    bool
}

// NewDecoder makes a decoder at the start of a stream; nil means the defaults. The error is a [*ConfigError].
func NewDecoder(config *Config) (*Decoder, error) {
	native, err := config.native()
	if err != nil {
		return nil, err
	}
	defer freeConfig(native)
	d := &Decoder{monitor: config.monitor()}
	if status := C.oap_decoder_new(native, &d.native); status != C.OAP_STATUS_OK {
		return nil, StatusError(status)
	}
	liveHandles.Add(1)
	d.net = runtime.AddCleanup(d, freeDecoder, d.native)
	if d.monitor != nil {
		mustHold(C.oap_decoder_set_monitor(d.native, d.monitor.native))
	}
	return d, nil
}

func freeDecoder(native *C.oap_decoder) {
	C.oap_decoder_free(native)
	liveHandles.Add(-1)
}

// Close frees the decoder. Later calls return [ErrClosed]; a second Close does nothing.
func (d *Decoder) Close() error {
	if d.native != nil {
		d.net.Stop()
		freeDecoder(d.native)
		d.native = nil
	}
	return nil
}

// Decode finds the whole frames at the front of buf, as many as there are rows, and fills rows[:n]. It is one call of
// liboap and does not allocate.
//
// Each call continues behind what the calls before it consumed: next pass the same bytes from consumed on, now if
// [Decoder.More] is true, else with others behind them. n and consumed may be 0: there is no whole frame yet. Frames before a bad
// one are given first, by a call of their own; the error is a [*RejectError] then, at every later call too.
func (d *Decoder) Decode(buf []byte, rows []Row) (n, consumed int, err error) {
	if d.native == nil {
		return 0, 0, ErrClosed
	}
	defer runtime.KeepAlive(d)
	run := C.oap_go_decode(address(unsafe.Pointer(d.native)), bytesOf(buf), C.size_t(len(buf)), rowsOf(rows), C.size_t(len(rows)),
		d.monitor.timer())
	if run.status != C.OAP_STATUS_OK {
		return 0, 0, d.reject(run.status)
	}
	d.need, d.more = int(run.need), bool(run.more)
	return int(run.rows), int(run.consumed), nil
}

// More reports after a Decode whether to call it again now with the rest of the buffer: it ran out of rows, or a reject
// follows the frames that it found.
func (d *Decoder) More() bool { return d.more }

// Need returns how many bytes, behind all of the buffer, the next step takes after the last Decode: a hint for the size
// of the next read.
func (d *Decoder) Need() int { return d.need }

// Finish ends the input; rest is what no Decode has consumed. The error is a [*RejectError]: ErrTruncated
// where rest is part of a frame, or the reject given before.
func (d *Decoder) Finish(rest []byte) error {
	if d.native == nil {
		return ErrClosed
	}
	defer runtime.KeepAlive(d)
	status := C.oap_decoder_finish(d.native, bytesOf(rest), C.size_t(len(rest)))
	if status == C.OAP_STATUS_OK {
		return nil
	}
	return d.reject(status)
}

// Reset goes back to the start of a new stream, without a verdict.
func (d *Decoder) Reset() error {
	if d.native == nil {
		return ErrClosed
	}
	defer runtime.KeepAlive(d)
	d.need, d.more = 0, false
	return statusError(C.oap_decoder_reset(d.native))
}

func (d *Decoder) reject(status C.oap_status) error {
	defer runtime.KeepAlive(d)
	return rejectError(status, func(reject *C.oap_reject) C.oap_status {
		return C.oap_decoder_reject(d.native, reject)
	})
}

// address passes C a handle of its own as a number. Of a pointer cgo would look up at each call whether it is one of Go's,
// which costs a third of what the call does.
func address(handle unsafe.Pointer) C.uintptr_t { return C.uintptr_t(uintptr(handle)) }

// bytesOf passes C a slice's bytes for the time of a call.
func bytesOf(b []byte) *C.uint8_t { return (*C.uint8_t)(unsafe.SliceData(b)) }

// textOf passes C a string's bytes for the time of a call: NULL for an empty one, which is none where a text may be absent.
func textOf(s string) *C.char {
	if s == "" {
		return nil
	}
	return (*C.char)(unsafe.Pointer(unsafe.StringData(s)))
}

// rowsOf passes C the rows: a Row is an oap_row.
func rowsOf(rows []Row) *C.oap_row { return (*C.oap_row)(unsafe.Pointer(unsafe.SliceData(rows))) }
