package oap

// #include <oap.h>
import "C"

// Limits and constants of OAP/1.
const (
	// MaxFrameBytes is the size of the largest frame, prefix included: 1 MiB.
	MaxFrameBytes = C.OAP_MAX_FRAME_BYTES
	// MinMaxFrame is the smallest max_frame that a side may advertise, in bytes.
	MinMaxFrame = C.OAP_MIN_MAX_FRAME
	// MaxHeaderBytes is the size of the longest header.
	MaxHeaderBytes = C.OAP_MAX_HEADER_BYTES
	// PrefixBytes is the size of the prefix that starts every frame.
	PrefixBytes = C.OAP_PREFIX_BYTES
	// MaxHeadBytes is room enough for any encoded frame's prefix and header.
	MaxHeadBytes = C.OAP_MAX_HEAD_BYTES
	// StreamChunkBytes is a good size for reads and writes. A hint, never a limit.
	StreamChunkBytes = C.OAP_STREAM_CHUNK_BYTES
	// DefaultAckWindow is what a HELLO without ack_window means, in DATA frames.
	DefaultAckWindow = C.OAP_DEFAULT_ACK_WINDOW
	// MaxAckWindow is the largest ack_window, in DATA frames.
	MaxAckWindow = C.OAP_MAX_ACK_WINDOW
	// ProtocolVersion is the version in a HELLO.
	ProtocolVersion = C.OAP_PROTOCOL_VERSION
)

// Kind is what a frame is.
type Kind uint8

// The six kinds; the set is closed.
const (
	KindHello Kind = C.OAP_KIND_HELLO
	KindStart Kind = C.OAP_KIND_START
	KindData  Kind = C.OAP_KIND_DATA
	KindAck   Kind = C.OAP_KIND_ACK
	KindEnd   Kind = C.OAP_KIND_END
	KindError Kind = C.OAP_KIND_ERROR
)

var (
	kindNames     = namesFrom(1, func(kind int) *C.char { return C.oap_kind_name(C.uint8_t(kind)) })
	rejectLabels  = namesFrom(1, func(code int) *C.char { return C.oap_reject_label(C.uint32_t(code)) })
	metricNames   = namesFrom(0, func(index int) *C.char { return C.oap_metric_name(C.size_t(index)) })
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

// at returns the name of a number that counts from 1.
func at(names []string, number uint32) string {
	if number == 0 || uint64(number) > uint64(len(names)) {
		return ""
	}
	return names[number-1]
}

// Kinds returns all kinds in the order of their numbers.
func Kinds() []Kind {
	kinds := make([]Kind, len(kindNames))
	for i := range kinds {
		kinds[i] = Kind(i + 1)
	}
	return kinds
}

// String returns the kind's name, such as "HELLO"; "" for a number that is no kind.
func (k Kind) String() string { return at(kindNames, uint32(k)) }

// Metrics returns the metric names of the telemetry contract, in its order.
func Metrics() []string { return append([]string(nil), metricNames...) }

// ReadinessKeys returns the readiness keys of the telemetry contract, in the order in which a host lists missing ones.
func ReadinessKeys() []string { return append([]string(nil), readinessKeys...) }

// Version returns the release of the liboap that is linked, such as "0.1.0".
func Version() string { return C.GoString(C.oap_version()) }
