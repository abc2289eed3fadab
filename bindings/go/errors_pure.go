//go:build !(cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64)))

package oap

import "oap.example/oap/internal/pure"

func statusName(status int32) string { return pure.StatusName(status) }

func rejectOf(reject *pure.Reject) *RejectError {
	return &RejectError{
		Reason: Reason(reject.Code),
		Field:  reject.Field,
		Detail: reject.Detail,
		Limit:  limitOf(&reject.Fault),
		Offset: reject.Offset,
		At:     reject.At,
	}
}

// maybeReject is nil where there is none.
func maybeReject(reject *pure.Reject) error {
	if reject == nil {
		return nil
	}
	return rejectOf(reject)
}

func refusalOf(broken *pure.Fault) *RefusalError {
	return &RefusalError{Reason: Reason(broken.Code), Field: broken.Field, Detail: broken.Detail, Limit: limitOf(broken)}
}

func limitOf(broken *pure.Fault) *uint64 {
	if !broken.HasLimit {
		return nil
	}
	limit := broken.Limit
	return &limit
}
