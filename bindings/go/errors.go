package oap

// #include <oap.h>
import "C"

import (
	"errors"
	"fmt"
)

// Reason is why a frame was rejected or refused: one of OAP/1's closed set. Its value is the code of an ERROR frame
// sent for it. Each is an error to compare with: errors.Is(err, oap.ErrCreditViolation).
type Reason uint32

// The reasons; the rules are in docs/OAP-1.md.
const (
	ErrBadHello        Reason = C.OAP_STATUS_BAD_HELLO
	ErrBadHelloPQ      Reason = C.OAP_STATUS_BAD_HELLO_PQ
	ErrFrameOversize   Reason = C.OAP_STATUS_FRAME_OVERSIZE
	ErrUnknownEnvelope Reason = C.OAP_STATUS_UNKNOWN_ENVELOPE
	ErrHeaderMalformed Reason = C.OAP_STATUS_HEADER_MALFORMED
	ErrMissingObj      Reason = C.OAP_STATUS_MISSING_OBJ
	ErrCreditViolation Reason = C.OAP_STATUS_CREDIT_VIOLATION
	ErrTruncated       Reason = C.OAP_STATUS_TRUNCATED
)

// Reasons returns all reasons in the order of their codes.
func Reasons() []Reason {
	reasons := make([]Reason, len(rejectLabels))
	for i := range reasons {
		reasons[i] = Reason(i + 1)
	}
	return reasons
}

// Label returns the reason's name in logs and metrics, such as "bad_hello"; "" for a number that is no reason.
func (r Reason) Label() string { return at(rejectLabels, uint32(r)) }

// Error returns the label.
func (r Reason) Error() string { return r.Label() }

// ErrClosed is the error of every call with a handle that was closed, or with a connection that either side has closed in
// good order.
var ErrClosed = errors.New("oap: closed")

// RejectError is why received bytes were rejected. It unwraps to its Reason.
type RejectError struct {
	// Reason is its label in the protocol.
	Reason Reason
	// Field is the field at fault in the spec's words, such as "DATA.seq".
	Field string
	// Detail is what is wrong, in words that read on from Field.
	Detail string
	// Limit is the limit that was passed; nil where there is none.
	Limit *uint64
	// Offset is where the rejected frame starts: bytes of the stream before it.
	Offset uint64
	// At is how many bytes of the stream it took to know.
	At uint64
}

// Code is what an ERROR frame sent for this reject carries.
func (e *RejectError) Code() uint32 { return uint32(e.Reason) }

func (e *RejectError) Error() string {
	return fmt.Sprintf("oap: rejected as %s: %s (frame at offset %d, known at %d)",
		e.Reason.Label(), about(e.Field, e.Detail, e.Limit), e.Offset, e.At)
}

// Unwrap returns the Reason, for [errors.Is].
func (e *RejectError) Unwrap() error { return e.Reason }

// RefusalError is why a frame was not encoded: the peer would have to reject it. It unwraps to its Reason.
type RefusalError struct {
	// Reason is the label of the rule that the frame breaks.
	Reason Reason
	// Field and Detail are as in [RejectError]. Only a session fills them.
	Field, Detail string
	// Limit is the limit that was passed; nil where there is none.
	Limit *uint64
}

func (e *RefusalError) Error() string {
	if e.Field == "" {
		return "oap: refused as " + e.Reason.Label()
	}
	return fmt.Sprintf("oap: refused as %s: %s", e.Reason.Label(), about(e.Field, e.Detail, e.Limit))
}

// Unwrap returns the Reason, for [errors.Is].
func (e *RefusalError) Unwrap() error { return e.Reason }

func about(field, detail string, limit *uint64) string {
	if limit == nil {
		return field + " " + detail
	}
	return fmt.Sprintf("%s %s (limit %d)", field, detail, *limit)
}

// StatusError is a fault of a call that is no reject: a misuse that the package could not rule out, such as an output
// that overlaps an input, or a bug in liboap. Its value is the oap_status.
type StatusError int32

func (e StatusError) Error() string {
	return "oap: " + C.GoString(C.oap_status_name(C.oap_status(e)))
}

// statusError is for calls that fail only by a fault of the call.
func statusError(status C.oap_status) error {
	if status == C.OAP_STATUS_OK {
		return nil
	}
	return StatusError(status)
}

// isReason separates rejects from faults of the call.
func isReason(status C.oap_status) bool {
	return C.OAP_STATUS_OK < status && status <= C.oap_status(len(rejectLabels))
}

// rejectError asks the handle that gave status for the rest.
func rejectError(status C.oap_status, ask func(*C.oap_reject) C.oap_status) error {
	if !isReason(status) {
		return StatusError(status)
	}
	var reject C.oap_reject
	if asked := ask(&reject); asked != C.OAP_STATUS_OK {
		return StatusError(asked)
	}
	return rejectOf(Reason(status), &reject)
}

func rejectOf(reason Reason, reject *C.oap_reject) *RejectError {
	return &RejectError{
		Reason: reason,
		Field:  goText(reject.field, reject.field_len),
		Detail: goText(reject.detail, reject.detail_len),
		Limit:  limitOf(reject),
		Offset: uint64(reject.offset),
		At:     uint64(reject.at),
	}
}

// refusalError asks the handle that gave status for the rest; there is nothing more where the text was not UTF-8.
func refusalError(status C.oap_status, ask func(*C.oap_reject) C.oap_status) error {
	refusal := &RefusalError{Reason: Reason(status)}
	var said C.oap_reject
	if ask(&said) == C.OAP_STATUS_OK {
		refusal.Field = goText(said.field, said.field_len)
		refusal.Detail = goText(said.detail, said.detail_len)
		refusal.Limit = limitOf(&said)
	}
	return refusal
}

func goText(text *C.char, length C.size_t) string { return C.GoStringN(text, C.int(length)) }

func limitOf(reject *C.oap_reject) *uint64 {
	if !reject.has_limit {
		return nil
	}
	limit := uint64(reject.limit)
	return &limit
}
