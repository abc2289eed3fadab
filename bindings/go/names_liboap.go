//go:build cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64))

package oap

// #include <oap.h>
import "C"

import "oap.example/oap/internal/pure"

// The constants of this package are those of a header of the same ABI.
var _ = [1]struct{}{}[C.OAP_ABI_MAJOR-pure.AbiMajor]

var (
	kindNames     = namesFrom(1, func(kind int) *C.char { return C.oap_kind_name(C.uint8_t(kind)) })
	rejectLabels  = namesFrom(1, func(code int) *C.char { return C.oap_reject_label(C.uint32_t(code)) })
	metricNames   = namesFrom(0, func(index int) *C.char { return C.oap_metric_name(C.size_t(index)) })
	connStates    = namesFrom(0, func(state int) *C.char { return C.oap_connection_state_name(C.uint8_t(state)) })
	endReasons    = namesFrom(1, func(reason int) *C.char { return C.oap_end_reason_name(C.uint8_t(reason)) })
	readinessKeys = namesFrom(0, func(index int) *C.char { return C.oap_readiness_key(C.size_t(index)) })
)

// namesFrom collects the library's names from first on, up to the NULL that ends them.
func namesFrom(first int, name func(int) *C.char) []string {
	var names []string
	for i := first; name(i) != nil; i++ {
		names = append(names, C.GoString(name(i)))
	}
	return names
}

func version() string { return C.GoString(C.oap_version()) }
