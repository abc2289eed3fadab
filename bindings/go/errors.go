package oap

import (
	"errors"
	"fmt"

	"oap.example/oap/internal/pure"
)

// Reason is why a frame was rejected or refused: one of OAP/1's closed set. Its value is the code of an ERROR frame
// sent for it. Each is an error to compare with: errors.Is(err, oap.ErrCreditViolation).
type Reason uint32

// The reasons; the rules are in docs/OAP-1.md.
const (
	ErrBadHello        Reason = pure.StatusBadHello
	ErrBadHelloPQ      Reason = pure.StatusBadHelloPq
	ErrFrameOversize   Reason = pure.StatusFrameOversize
	ErrUnknownEnvelope Reason = pure.StatusUnknownEnvelope
	ErrHeaderMalformed Reason = pure.StatusHeaderMalformed
	ErrMissingObj      Reason = pure.StatusMissingObj
	ErrCreditViolation Reason = pure.StatusCreditViolation
	ErrTruncated       Reason = pure.StatusTruncated
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
	// Field and Detail are as in [RejectError].
	Field, Detail string
	// Limit is the limit that was passed; nil where there is none.
	Limit *uint64
}

func (e *RefusalError) Error() string {
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

func (e StatusError) Error() string { return "oap: " + statusName(int32(e)) }
