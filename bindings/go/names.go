package oap

import "oap.example/oap/internal/pure"

// Limits and constants of OAP/1.
const (
	// MaxFrameBytes is the size of the largest frame, prefix included: 1 MiB.
	MaxFrameBytes = pure.MaxFrameBytes
	// MinMaxFrame is the smallest max_frame that a side may advertise, in bytes.
	MinMaxFrame = pure.MinMaxFrame
	// MaxHeaderBytes is the size of the longest header.
	MaxHeaderBytes = pure.MaxHeaderBytes
	// PrefixBytes is the size of the prefix that starts every frame.
	PrefixBytes = pure.PrefixBytes
	// MaxHeadBytes is room enough for any encoded frame's prefix and header.
	MaxHeadBytes = pure.MaxHeadBytes
	// StreamChunkBytes is a good size for reads and writes. A hint, never a limit.
	StreamChunkBytes = pure.StreamChunkBytes
	// DefaultAckWindow is what a HELLO without ack_window means, in DATA frames.
	DefaultAckWindow = pure.DefaultAckWindow
	// MaxAckWindow is the largest ack_window, in DATA frames.
	MaxAckWindow = pure.MaxAckWindow
	// ProtocolVersion is the version in a HELLO.
	ProtocolVersion = pure.ProtocolVersion
)

// Kind is what a frame is.
type Kind uint8

// The six kinds; the set is closed.
const (
	KindHello Kind = pure.KindHello
	KindStart Kind = pure.KindStart
	KindData  Kind = pure.KindData
	KindAck   Kind = pure.KindAck
	KindEnd   Kind = pure.KindEnd
	KindError Kind = pure.KindError
)

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

// Version returns the release of the liboap that is linked, such as "0.1.0"; without cgo, of this package.
func Version() string { return version() }
