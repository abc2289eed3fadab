package oap

import "oap.example/oap/internal/pure"

// Which optional fields a [Row] has.
const (
	// HasObj: DATA has an obj.
	HasObj = pure.HasObj
	// HasFeatures: HELLO has features.
	HasFeatures = pure.HasFeatures
	// HasAckWindow: HELLO has an ack_window.
	HasAckWindow = pure.HasAckWindow
)

// Row is one frame of a buffer: its numbers, and where its text and body stand. It has 32 bytes and no pointer, so the
// garbage collector never scans rows. Offsets are in bytes from the start of the buffer that was decoded. A field that does not
// belong to a kind is 0, but for the offsets, which always stay inside the buffer.
type Row struct {
	// Seq is DATA's and END's seq, ACK's up_to, HELLO's features if HasFeatures.
	Seq uint64
	// BodyOffset is where the body starts; where there is none, the frame's end.
	BodyOffset uint32
	// BodyLen is how many bytes DATA's body has.
	BodyLen uint32
	// TextOffset is where START's stream, DATA's obj or ERROR's reason starts.
	TextOffset uint32
	// Value is HELLO's max_frame, END's status, ERROR's code.
	Value uint32
	// TextLen is how many bytes that text has.
	TextLen uint16
	// HeaderLen is how many bytes the header has.
	HeaderLen uint16
	// AckWindow is HELLO's ack_window if HasAckWindow; else DefaultAckWindow is meant.
	AckWindow uint16
	// Kind is the frame's kind.
	Kind Kind
	// Flags holds the HasObj, HasFeatures and HasAckWindow that apply.
	Flags uint8
}

// Body returns the frame's body in the buffer that was decoded. It panics where row and buffer do not belong together.
func (r *Row) Body(buf []byte) []byte {
	end := uint64(r.BodyOffset) + uint64(r.BodyLen)
	return buf[r.BodyOffset:end:end]
}

// Text returns START's stream, DATA's obj or ERROR's reason in the buffer that was decoded. It panics where row and buffer
// do not belong together.
func (r *Row) Text(buf []byte) []byte {
	end := uint64(r.TextOffset) + uint64(r.TextLen)
	return buf[r.TextOffset:end:end]
}

// Frame returns the row as a new Frame. Its texts are copies, its body stands in the buffer that was decoded.
func (r *Row) Frame(buf []byte) Frame { return new(frames).of(r, buf) }

// Offset is where the frame starts in the buffer that was decoded.
func (r *Row) Offset() int { return int(r.BodyOffset) - int(r.HeaderLen) - PrefixBytes }

// Len is how many bytes the whole frame has.
func (r *Row) Len() int { return PrefixBytes + int(r.HeaderLen) + int(r.BodyLen) }
