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

typedef struct {
	uint64_t seq;
	uint32_t value;
	uint8_t kind;
} oap_go_numbers;

static oap_go_sized oap_go_put_hello(uintptr_t session, uintptr_t timer, oap_hello hello, uint8_t *out,
                                     size_t capacity) {
	oap_go_sized sized = {0, OAP_STATUS_OK};
	uint64_t start = oap_go_start(timer);
	sized.status = session ? oap_session_send_hello((oap_session *)session, &hello, out, capacity, &sized.size)
	                       : oap_encode_hello(&hello, out, capacity, &sized.size);
	oap_go_has_written(timer, start, sized.status);
	return sized;
}

static oap_status oap_go_send(oap_session *session, oap_go_numbers n, const char *text, size_t text_len,
                              const uint8_t *body, size_t body_len, uint8_t *out, size_t capacity, size_t *size) {
	switch (n.kind) {
	case OAP_KIND_START: return oap_session_send_start(session, text, text_len, out, capacity, size);
	case OAP_KIND_DATA:
		return oap_session_send_data(session, n.seq, text, text_len, body, body_len, out, capacity, size);
	case OAP_KIND_ACK: return oap_session_send_ack(session, n.seq, out, capacity, size);
	case OAP_KIND_END: return oap_session_send_end(session, n.seq, n.value, out, capacity, size);
	default: return oap_session_send_error(session, n.value, text, text_len, out, capacity, size);
	}
}

static oap_status oap_go_encode(oap_go_numbers n, const char *text, size_t text_len, const uint8_t *body,
                                size_t body_len, uint8_t *out, size_t capacity, size_t *size) {
	switch (n.kind) {
	case OAP_KIND_START: return oap_encode_start(text, text_len, out, capacity, size);
	case OAP_KIND_DATA: return oap_encode_data(n.seq, text, text_len, body, body_len, out, capacity, size);
	case OAP_KIND_ACK: return oap_encode_ack(n.seq, out, capacity, size);
	case OAP_KIND_END: return oap_encode_end(n.seq, n.value, out, capacity, size);
	default: return oap_encode_error(n.value, text, text_len, out, capacity, size);
	}
}

static oap_go_sized oap_go_put(uintptr_t session, uintptr_t timer, oap_go_numbers n, const char *text, size_t text_len,
                               const uint8_t *body, size_t body_len, uint8_t *out, size_t capacity) {
	oap_go_sized sized = {0, OAP_STATUS_OK};
	uint64_t start = oap_go_start(timer);
	sized.status = session
	    ? oap_go_send((oap_session *)session, n, text, text_len, body, body_len, out, capacity, &sized.size)
	    : oap_go_encode(n, text, text_len, body, body_len, out, capacity, &sized.size);
	oap_go_has_written(timer, start, sized.status);
	return sized;
}

static oap_go_batch oap_go_encode_rows(const oap_row *rows, size_t count, const uint8_t *bytes, size_t len,
                                       uint8_t *out, size_t capacity) {
	oap_go_batch batch = {{0, 0}, OAP_STATUS_OK};
	batch.status = oap_encode_rows(rows, count, bytes, len, out, capacity, &batch.encoded);
	return batch;
}
*/
import "C"

import "slices"

// Append appends the encoded frame to dst, apart from any session. The error is a [*RefusalError] where a peer would
// have to reject the frame; dst's content is as it was then.
func Append(dst []byte, frame Frame) ([]byte, error) {
	done := false
	switch f := frame.(type) {
	case *Data:
		dst, done = appendFast(dst, KindData, f.Seq, f.Obj, f.Body)
	case *Ack:
		dst, done = appendFast(dst, KindAck, f.UpTo, "", nil)
	}
	if done {
		return dst, nil
	}
	dst, status := appendFrame(0, 0, dst, frame)
	if isReason(status) {
		return dst, &RefusalError{Reason: Reason(status)}
	}
	return dst, statusError(status)
}

// AppendRows appends the encoded frames of rows to dst, apart from any session: the inverse of [Decoder.Decode], in one
// call of liboap where dst has room. Texts and bodies stand in buf, which dst must not overlap; HeaderLen is not read.
// n says how many rows were encoded: all, or those before the first that is bad. The error is then a [*RefusalError], or
// a [StatusError] where the row names bytes that buf does not have.
func AppendRows(dst []byte, rows []Row, buf []byte) (out []byte, n int, err error) {
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
			return dst, n, &RefusalError{Reason: Reason(batch.status)}
		default:
			return dst, n, StatusError(batch.status)
		}
	}
	return dst, n, nil
}

// roomFor is at least what the row's frame takes. Only DATA has a body, whatever another row says.
func roomFor(row *Row) int {
	if row.Kind != KindData {
		return MaxHeadBytes
	}
	return MaxHeadBytes + int(min(row.BodyLen, MaxFrameBytes))
}

// appendFrame encodes by the session or, where it is 0, apart from any. What cannot be encoded leaves dst's content as
// it was.
func appendFrame(session, timer C.uintptr_t, dst []byte, frame Frame) ([]byte, C.oap_status) {
	for {
		sized := put(session, timer, frame, dst[len(dst):cap(dst)])
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

func put(session, timer C.uintptr_t, frame Frame, out []byte) C.oap_go_sized {
	var numbers C.oap_go_numbers
	var text string
	var body []byte
	switch f := frame.(type) {
	case *Hello:
		return C.oap_go_put_hello(session, timer, f.native(), bytesOf(out), C.size_t(len(out)))
	case *Start:
		numbers.kind, text = C.OAP_KIND_START, f.Stream
	case *Data:
		numbers.kind, numbers.seq, text, body = C.OAP_KIND_DATA, C.uint64_t(f.Seq), f.Obj, f.Body
	case *Ack:
		numbers.kind, numbers.seq = C.OAP_KIND_ACK, C.uint64_t(f.UpTo)
	case *End:
		numbers.kind, numbers.seq, numbers.value = C.OAP_KIND_END, C.uint64_t(f.Seq), C.uint32_t(f.Status)
	case *Error:
		numbers.kind, numbers.value, text = C.OAP_KIND_ERROR, C.uint32_t(f.Code), f.Reason
	default:
		panic("oap: the Frame is nil")
	}
	return C.oap_go_put(session, timer, numbers, textOf(text), C.size_t(len(text)), bytesOf(body), C.size_t(len(body)),
		bytesOf(out), C.size_t(len(out)))
}

func (h *Hello) native() C.oap_hello {
	native := C.oap_hello{version: C.uint32_t(h.Version), max_frame: C.uint64_t(h.MaxFrame)}
	if h.Features != nil {
		native.features, native.has_features = C.uint64_t(*h.Features), true
	}
	if h.AckWindow != nil {
		native.ack_window, native.has_ack_window = C.uint32_t(*h.AckWindow), true
	}
	return native
}
