package pure

import "encoding/binary"

// Hello is what a HELLO says.
type Hello struct {
	Version             uint32
	MaxFrame            uint64
	Features, AckWindow *uint64
}

// Frame is a frame to be encoded, of any kind; only the fields of its kind are read.
type Frame struct {
	Kind  uint8
	Value uint32
	Seq   uint64
	Text  []byte
	// HasText: DATA has an obj, be it empty.
	HasText bool
	Body    []byte
	// bodyLen is of a body that is written by the host.
	bodyLen int
	Hello   Hello
}

// values gives the frame's fields by their place in the table.
func (f *Frame) values() (v values) {
	v.text = f.Text
	switch f.Kind {
	case KindHello:
		v.setNumbers(uint64(f.Hello.Version), f.Hello.MaxFrame)
		v.maybe(2, f.Hello.Features)
		v.maybe(3, f.Hello.AckWindow)
	case KindStart:
		v.present[0] = true
	case KindData:
		v.setNumbers(f.Seq)
		v.present[1] = f.HasText
	case KindAck:
		v.setNumbers(f.Seq)
	case KindEnd:
		v.setNumbers(f.Seq, uint64(f.Value))
	case KindError:
		v.setNumbers(uint64(f.Value))
		v.present[1] = true
	}
	return v
}

func (v *values) setNumbers(numbers ...uint64) {
	for place, number := range numbers {
		v.present[place], v.numbers[place] = true, number
	}
}

func (v *values) maybe(place int, number *uint64) {
	if number != nil {
		v.present[place], v.numbers[place] = true, *number
	}
}

// encoding is a frame that has passed the rules of sections 1 and 2, and its size.
type encoding struct {
	kind              kind
	values            values
	headerLen, length int
	body              []byte
}

// encode judges a frame that is to be sent: its fields, then its length (4.14).
func (f *Frame) encode() (e encoding, broken *Fault) {
	if f.Kind < KindHello || f.Kind > KindError {
		return e, unknownKind
	}
	e.kind, e.values = f.Kind, f.values()
	if broken = e.values.check(f.Kind); broken != nil {
		return e, broken
	}
	if f.Kind == KindData {
		e.body = f.Body
	}
	e.headerLen = e.values.size(f.Kind)
	e.length = PrefixBytes + e.headerLen + len(e.body) + f.bodyLen
	if e.length > MaxFrameBytes {
		return e, oversize(MaxFrameBytes)
	}
	return e, nil
}

// isPlain: AppendFast writes it.
func (f *Frame) isPlain() bool {
	return !f.HasText && f.bodyLen == 0 && len(f.Body) <= MaxFrameBytes-FastHeadBytes
}

// size is how many bytes the header takes.
func (v *values) size(k kind) (size int) {
	for place := range tables[k].fields {
		switch {
		case !v.present[place]:
		case tables[k].fields[place].typ == typeString:
			size += 1 + varintLen(uint64(len(v.text))) + len(v.text)
		default:
			size += 1 + varintLen(v.numbers[place])
		}
	}
	return size
}

// append writes the frame behind dst.
func (e *encoding) append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(e.length))
	dst = append(dst, e.kind, 0, byte(e.headerLen>>8), byte(e.headerLen))
	for place := range tables[e.kind].fields {
		f := &tables[e.kind].fields[place]
		if !e.values.present[place] {
			continue
		}
		dst = append(dst, byte(f.number<<3)|f.typ.wire())
		if f.typ == typeString {
			dst = binary.AppendUvarint(dst, uint64(len(e.values.text)))
			dst = append(dst, e.values.text...)
		} else {
			dst = binary.AppendUvarint(dst, e.values.numbers[place])
		}
	}
	return append(dst, e.body...)
}

// Append encodes a frame behind dst, apart from any session.
func Append(dst []byte, frame *Frame) ([]byte, *Fault) {
	e, broken := frame.encode()
	if broken != nil {
		return dst, broken
	}
	return e.append(dst), nil
}

// AppendRows encodes the frames of rows, whose texts and bodies stand in buf, up to the first that is bad: n is its place.
// Good is false where buf does not have what it names.
func AppendRows(dst []byte, rows []Row, buf []byte) (out []byte, n int, broken *Fault, good bool) {
	for n = range rows {
		row := &rows[n]
		body, whole := row.body(buf)
		if row.isPlain() && whole && len(body) <= MaxFrameBytes-FastHeadBytes {
			dst = appendPlain(dst, row.Kind, row.Seq, body)
		} else if dst, broken, good = appendByTable(dst, row, buf); broken != nil || !good {
			return dst, n, broken, good
		}
	}
	return dst, len(rows), nil, true
}

// isPlain: a DATA without obj, or an ACK.
func (r *Row) isPlain() bool {
	return r.Kind == KindData && r.Flags&HasObj == 0 || r.Kind == KindAck && r.BodyLen == 0
}

// appendByTable encodes a row of any kind.
func appendByTable(dst []byte, row *Row, buf []byte) (out []byte, broken *Fault, good bool) {
	frame := Frame{Kind: row.Kind, Value: row.Value, Seq: row.Seq, HasText: row.has(HasObj)}
	good = true
	switch {
	case row.Kind == KindHello:
		frame.Hello = helloOf(row)
	case row.Kind == KindStart || row.Kind == KindError || row.Kind == KindData && frame.HasText:
		frame.Text, good = row.text(buf)
	}
	if good && row.Kind == KindData {
		frame.Body, good = row.body(buf)
	}
	if !good {
		return dst, nil, false
	}
	out, broken = Append(dst, &frame)
	return out, broken, true
}

func helloOf(row *Row) Hello {
	hello := Hello{Version: ProtocolVersion, MaxFrame: uint64(row.Value)}
	if row.has(HasFeatures) {
		features := row.Seq
		hello.Features = &features
	}
	if row.has(HasAckWindow) {
		window := uint64(row.AckWindow)
		hello.AckWindow = &window
	}
	return hello
}
