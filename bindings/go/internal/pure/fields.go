package pure

import (
	"unicode/utf8"
)

// Section 2: the table of every kind's header fields. It drives decode, encode and the error texts.

// Kind numbers, as in the prefix.
type kind = uint8

// fieldType is the type of a field on the wire.
type fieldType uint8

const (
	typeUint32 fieldType = iota
	typeUint64
	typeString
)

// wire is the wire type of a field type.
func (t fieldType) wire() uint8 {
	if t == typeString {
		return wireBytes
	}
	return wireVarint
}

// rule is the value rule of a field.
type rule uint8

const (
	ruleAny rule = iota
	// ruleRange is an inclusive range of numbers.
	ruleRange
	// ruleText is UTF-8 without control characters (2.14), and its length in bytes.
	ruleText
	// ruleObj is a BLAKE3-256 address.
	ruleObj
)

// field is one row of the table.
type field struct {
	number   uint32
	name     string
	typ      fieldType
	required bool
	rule     rule
	min, max uint64
}

// maxFields is the most fields that a kind has.
const maxFields = 4

const (
	objScheme = "b3:"
	objBytes  = len(objScheme) + 64
	// maxTextBytes is the longest stream and reason: an ERROR's head less prefix, code and the text's key and length.
	maxTextBytes = MaxHeadBytes - PrefixBytes - 4 - 3
)

// tables has the fields of each kind, in the order of their numbers: rules 2.4 to 2.9.
var tables = [KindError + 1]struct {
	header string
	fields []field
}{
	KindHello: {"HELLO header", []field{
		{1, "HELLO.version", typeUint32, true, ruleRange, ProtocolVersion, ProtocolVersion},
		{2, "HELLO.max_frame", typeUint64, true, ruleRange, MinMaxFrame, MaxFrameBytes},
		{3, "HELLO.features", typeUint64, false, ruleAny, 0, 0},
		{4, "HELLO.ack_window", typeUint32, false, ruleRange, 1, MaxAckWindow},
	}},
	KindStart: {"START header", []field{
		{1, "START.stream", typeString, true, ruleText, 1, maxTextBytes},
	}},
	KindData: {"DATA header", []field{
		{1, "DATA.seq", typeUint64, true, ruleAny, 0, 0},
		{2, "DATA.obj", typeString, false, ruleObj, 0, 0},
	}},
	KindAck: {"ACK header", []field{
		{1, "ACK.up_to", typeUint64, true, ruleAny, 0, 0},
	}},
	KindEnd: {"END header", []field{
		{1, "END.seq", typeUint64, true, ruleAny, 0, 0},
		{2, "END.status", typeUint32, true, ruleRange, 0, 65_535},
	}},
	KindError: {"ERROR header", []field{
		{1, "ERROR.code", typeUint32, true, ruleRange, 0, 65_535},
		{2, "ERROR.reason", typeString, true, ruleText, 0, maxTextBytes},
	}},
}

// headerFault is a fault of a header as a whole, or of one of its fields: HELLO's have a label of their own (3.1).
func headerFault(k kind, name, detail string) *Fault {
	code := uint32(StatusHeaderMalformed)
	if k == KindHello {
		code = StatusBadHello
	}
	return &Fault{Code: code, Field: name, Detail: detail}
}

// notHex is not 0 where a byte is no lowercase hex digit.
var notHex = func() (bad [256]byte) {
	for c := range bad {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			bad[c] = 1
		}
	}
	return bad
}()

// isObj is rule 2.6.
func isObj[T string | []byte](obj T) bool {
	if len(obj) != objBytes || string(obj[:len(objScheme)]) != objScheme {
		return false
	}
	var bad byte
	for digits := obj[len(objScheme):]; len(digits) >= 8; digits = digits[8:] {
		bad |= notHex[digits[0]] | notHex[digits[1]] | notHex[digits[2]] | notHex[digits[3]] |
			notHex[digits[4]] | notHex[digits[5]] | notHex[digits[6]] | notHex[digits[7]]
	}
	return bad == 0
}

// isText is rule 2.14.
func isText(text []byte) bool {
	for _, c := range text {
		if c < 0x20 || c == 0x7f {
			return false
		}
	}
	return utf8.Valid(text)
}
