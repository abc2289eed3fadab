package oap

// Frame is a frame's envelope: a *Hello, *Start, *Data, *Ack, *End or *Error.
type Frame interface {
	// Kind returns which of them.
	Kind() Kind
	// String returns the envelope without payload and feature bits.
	String() string
	// envelope closes the set.
	envelope()
}

// Hello opens a direction: the version, and what its sender takes.
type Hello struct {
	// Version is 1.
	Version uint32
	// MaxFrame is the size of the largest frame its sender takes, in bytes: 4096..=1048576.
	MaxFrame uint64
	// Features are opaque bits; nil where none are said. Never printed.
	Features *uint64
	// AckWindow is how many DATA frames its sender takes unacknowledged, 1..=1024; nil means DefaultAckWindow.
	AckWindow *uint32
}

// Start opens a stream.
type Start struct {
	// Stream is its name: 1..=1024 bytes of UTF-8 without control characters. "objects" and "objects/…" are object
	// streams.
	Stream string
}

// Data carries bytes on the open stream.
type Data struct {
	// Seq is any number for a direction's first DATA, then the next one each.
	Seq uint64
	// Obj is "b3:" and 64 lowercase hex digits: a BLAKE3-256 address, never verified here. "" where there is none.
	Obj string
	// Body is what is carried. Never printed.
	Body []byte
}

// Ack acknowledges DATA of the other direction.
type Ack struct {
	// UpTo is the seq acknowledged, and all before it.
	UpTo uint64
}

// End closes the stream.
type End struct {
	// Seq is that of the stream's last DATA, or 0 where it carried none.
	Seq uint64
	// Status is the host's: 0..=65535.
	Status uint32
}

// Error ends the session, both ways. It is an error, so that a [Conn] can return it where the peer sent one.
type Error struct {
	// Code is a [Reason] or the host's: 0..=65535.
	Code uint32
	// Reason is 0..=1024 bytes of UTF-8 without control characters.
	Reason string
}

// Kind returns KindHello.
func (*Hello) Kind() Kind { return KindHello }

// Kind returns KindStart.
func (*Start) Kind() Kind { return KindStart }

// Kind returns KindData.
func (*Data) Kind() Kind { return KindData }

// Kind returns KindAck.
func (*Ack) Kind() Kind { return KindAck }

// Kind returns KindEnd.
func (*End) Kind() Kind { return KindEnd }

// Kind returns KindError.
func (*Error) Kind() Kind { return KindError }

func (*Hello) envelope() {}
func (*Start) envelope() {}
func (*Data) envelope()  {}
func (*Ack) envelope()   {}
func (*End) envelope()   {}
func (*Error) envelope() {}

// frames holds one frame of each kind, so that a sequence of frames is given without an allocation each.
type frames struct {
	hello Hello
	start Start
	data  Data
	ack   Ack
	end   End
	err   Error
}

// of fills the frame of the row's kind. It stays until the next call.
func (f *frames) of(row *Row, buf []byte) Frame {
	switch row.Kind {
	case KindData:
		f.data.Seq, f.data.Body = row.Seq, row.Body(buf)
		f.data.Obj = f.obj(row, buf)
		return &f.data
	case KindAck:
		f.ack.UpTo = row.Seq
		return &f.ack
	case KindStart:
		f.start.Stream = string(row.Text(buf))
		return &f.start
	case KindEnd:
		f.end = End{Seq: row.Seq, Status: row.Value}
		return &f.end
	case KindError:
		f.err = Error{Code: row.Value, Reason: string(row.Text(buf))}
		return &f.err
	default:
		f.hello = helloOf(row)
		return &f.hello
	}
}

// obj makes a new string only where the DATA before had another obj: consecutive ones mostly share it.
func (f *frames) obj(row *Row, buf []byte) string {
	if row.Flags&HasObj == 0 {
		return ""
	}
	if text := row.Text(buf); f.data.Obj != string(text) {
		return string(text)
	}
	return f.data.Obj
}

func helloOf(row *Row) Hello {
	hello := Hello{Version: ProtocolVersion, MaxFrame: uint64(row.Value)}
	if row.Flags&HasFeatures != 0 {
		features := row.Seq
		hello.Features = &features
	}
	if row.Flags&HasAckWindow != 0 {
		window := uint32(row.AckWindow)
		hello.AckWindow = &window
	}
	return hello
}
