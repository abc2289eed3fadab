//go:build cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64))

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

// nativeDecoder is liboap's, freed with the Decoder that it stands in.
type nativeDecoder struct {
	handle  *C.oap_decoder
	monitor *Monitor
	net     runtime.Cleanup
}

func openDecoder(d *Decoder, config *Config) error {
	n := &d.native
	native, err := config.native()
	if err != nil {
		return err
	}
	defer freeConfig(native)
	n.monitor = config.monitor()
	if status := C.oap_decoder_new(native, &n.handle); status != C.OAP_STATUS_OK {
		return StatusError(status)
	}
	liveHandles.Add(1)
	n.net = runtime.AddCleanup(d, freeDecoder, n.handle)
	if n.monitor != nil {
		mustHold(C.oap_decoder_set_monitor(n.handle, n.monitor.native))
	}
	return nil
}

func freeDecoder(native *C.oap_decoder) {
	C.oap_decoder_free(native)
	liveHandles.Add(-1)
}

func (n *nativeDecoder) close() {
	if n.handle != nil {
		n.net.Stop()
		freeDecoder(n.handle)
		n.handle = nil
	}
}

func (n *nativeDecoder) decode(d *Decoder, buf []byte, rows []Row) (found, error) {
	if n.handle == nil {
		return found{}, ErrClosed
	}
	defer runtime.KeepAlive(d)
	run := C.oap_go_decode(address(unsafe.Pointer(n.handle)), bytesOf(buf), C.size_t(len(buf)), rowsOf(rows), C.size_t(len(rows)),
		n.monitor.timer())
	if run.status != C.OAP_STATUS_OK {
		return found{}, n.reject(run.status)
	}
	return found{int(run.rows), int(run.consumed), int(run.need), bool(run.more)}, nil
}

func (n *nativeDecoder) finish(d *Decoder, rest []byte) error {
	if n.handle == nil {
		return ErrClosed
	}
	defer runtime.KeepAlive(d)
	status := C.oap_decoder_finish(n.handle, bytesOf(rest), C.size_t(len(rest)))
	if status == C.OAP_STATUS_OK {
		return nil
	}
	return n.reject(status)
}

func (n *nativeDecoder) reset(d *Decoder) error {
	if n.handle == nil {
		return ErrClosed
	}
	defer runtime.KeepAlive(d)
	return statusError(C.oap_decoder_reset(n.handle))
}

func (n *nativeDecoder) reject(status C.oap_status) error {
	return rejectError(status, func(reject *C.oap_reject) C.oap_status {
		return C.oap_decoder_reject(n.handle, reject)
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
