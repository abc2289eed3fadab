//go:build cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64))

package oap

/*
#include "clock.h"
#include <oap.h>

typedef struct {
	size_t size;
	oap_status status;
} oap_go_sized;

typedef struct {
	oap_encoded encoded;
	oap_status status;
} oap_go_batch;

// The frame is put together on C's stack: it holds Go pointers, so Go may not pass it by its own.
static oap_go_sized oap_go_encode(uintptr_t session, uintptr_t timer, uint8_t kind, uint32_t value, uint64_t seq,
                               const uint8_t *body, size_t body_len, const char *text, size_t text_len,
                               const oap_hello *hello, uint8_t *out, size_t capacity) {
	oap_frame frame = {sizeof frame, kind, value, seq, body, body_len, text, text_len, hello};
	oap_go_sized sized = {0, OAP_STATUS_OK};
	uint64_t start = oap_go_start(timer);
	sized.status = session ? oap_session_send((oap_session *)session, &frame, out, capacity, &sized.size)
	                       : oap_encode(&frame, out, capacity, &sized.size);
	oap_go_has_written(timer, start, sized.status);
	return sized;
}

static oap_status oap_go_encode_refusal(uint8_t kind, uint32_t value, uint64_t seq, const uint8_t *body, size_t body_len,
                                        const char *text, size_t text_len, const oap_hello *hello, oap_reject *refusal) {
	oap_frame frame = {sizeof frame, kind, value, seq, body, body_len, text, text_len, hello};
	return oap_encode_refusal(&frame, refusal);
}

static oap_go_batch oap_go_encode_rows(const oap_row *rows, size_t count, const uint8_t *bytes, size_t len,
                                       uint8_t *out, size_t capacity) {
	oap_go_batch batch = {{0, 0}, OAP_STATUS_OK};
	batch.status = oap_encode_rows(rows, count, bytes, len, out, capacity, &batch.encoded);
	return batch;
}
*/
import "C"

import (
	"slices"
	"unsafe"
)

// appendSlow is [Append] by liboap.
func appendSlow(dst []byte, frame Frame) ([]byte, error) {
	dst, status := appendFrame(0, 0, dst, frame)
	if isReason(status) {
		return dst, encodeRefusal(status, frame)
	}
	return dst, statusError(status)
}

func appendRows(dst []byte, rows []Row, buf []byte) (out []byte, n int, err error) {
	for n < len(rows) {
		room := dst[len(dst):cap(dst)]
		batch := C.oap_go_encode_rows(rowsOf(rows[n:]), C.size_t(len(rows)-n), bytesOf(buf), C.size_t(len(buf)),
			bytesOf(room), C.size_t(len(room)))
		switch {
		case batch.status == C.OAP_STATUS_OK:
			n += int(batch.encoded.rows)
			dst = dst[:len(dst)+int(batch.encoded.written)]
		case batch.status == C.OAP_STATUS_BUFFER_TOO_SMALL:
			dst = slices.Grow(dst, roomFor(&rows[n]))
		case isReason(batch.status):
			return dst, n, rowRefusal(batch.status, &rows[n], buf)
		default:
			return dst, n, StatusError(batch.status)
		}
	}
	return dst, n, nil
}

// roomFor is at least what the row's frame takes. Only DATA has a body, whatever stands in another row.
func roomFor(row *Row) int {
	if row.Kind != KindData {
		return MaxHeadBytes
	}
	return MaxHeadBytes + int(min(row.BodyLen, MaxFrameBytes))
}

// appendFrame encodes by the session or, where it is 0, apart from any. A frame that cannot be encoded leaves dst's content as
// it was.
func appendFrame(session, timer C.uintptr_t, dst []byte, frame Frame) ([]byte, C.oap_status) {
	for {
		sized := encodeInto(session, timer, frame, dst[len(dst):cap(dst)])
		switch sized.status {
		case C.OAP_STATUS_OK:
			return dst[:len(dst)+int(sized.size)], C.OAP_STATUS_OK
		case C.OAP_STATUS_BUFFER_TOO_SMALL:
			dst = slices.Grow(dst, int(sized.size))
		default:
			return dst, sized.status
		}
	}
}

func encodeRefusal(status C.oap_status, frame Frame) error {
	f := nativeFrame(frame)
	return refusalError(status, func(said *C.oap_reject) C.oap_status {
		return C.oap_go_encode_refusal(f.kind, f.value, f.seq, f.body, f.body_len, f.text, f.text_len, f.hello, said)
	})
}

func rowRefusal(status C.oap_status, row *Row, buf []byte) error {
	return refusalError(status, func(said *C.oap_reject) C.oap_status {
		return C.oap_encode_rows_refusal((*C.oap_row)(unsafe.Pointer(row)), bytesOf(buf), C.size_t(len(buf)), said)
	})
}

func encodeInto(session, timer C.uintptr_t, frame Frame, out []byte) C.oap_go_sized {
	f := nativeFrame(frame)
	return C.oap_go_encode(session, timer, f.kind, f.value, f.seq, f.body, f.body_len, f.text, f.text_len, f.hello,
		bytesOf(out), C.size_t(len(out)))
}

// nativeFrame borrows the frame's text and body.
func nativeFrame(frame Frame) (native C.oap_frame) {
	switch f := frame.(type) {
	case *Hello:
		native.kind, native.hello = C.OAP_KIND_HELLO, f.native()
	case *Start:
		native.kind, native.text, native.text_len = C.OAP_KIND_START, textOf(f.Stream), C.size_t(len(f.Stream))
	case *Data:
		native.kind, native.seq = C.OAP_KIND_DATA, C.uint64_t(f.Seq)
		native.text, native.text_len = textOf(f.Obj), C.size_t(len(f.Obj))
		native.body, native.body_len = bytesOf(f.Body), C.size_t(len(f.Body))
	case *Ack:
		native.kind, native.seq = C.OAP_KIND_ACK, C.uint64_t(f.UpTo)
	case *End:
		native.kind, native.seq, native.value = C.OAP_KIND_END, C.uint64_t(f.Seq), C.uint32_t(f.Status)
	case *Error:
		native.kind, native.value = C.OAP_KIND_ERROR, C.uint32_t(f.Code)
		native.text, native.text_len = textOf(f.Reason), C.size_t(len(f.Reason))
	default:
		panic("oap: the Frame is nil")
	}
	return native
}

func (h *Hello) native() *C.oap_hello {
	native := &C.oap_hello{version: C.uint32_t(h.Version), max_frame: C.uint64_t(h.MaxFrame)}
	if h.Features != nil {
		native.features, native.has_features = C.uint64_t(*h.Features), true
	}
	if h.AckWindow != nil {
		native.ack_window, native.has_ack_window = C.uint32_t(*h.AckWindow), true
	}
	return native
}
