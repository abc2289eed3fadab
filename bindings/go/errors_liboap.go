//go:build cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64))

package oap

// #include <oap.h>
import "C"

func statusName(status int32) string { return C.GoString(C.oap_status_name(C.oap_status(status))) }

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
