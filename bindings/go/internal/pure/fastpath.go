package pure

import "encoding/binary"

// The fast path of strict DATA and ACK reads what the table of fields does, without the table.

const (
	// numberKey is the key of seq and of up_to, objKey that of obj.
	numberKey = 1<<3 | wireVarint
	objKey    = 2<<3 | wireBytes
	continues = 0x80
)

// readFast reads the canonical DATA or ACK that lies whole at the front of bytes, or with cut at least its header, and
// gives its length. Anything else, good or bad, is left to the table: 0.
func readFast(bytes []byte, maxFrame uint64, offset uint32, row *Row, cut bool) int {
	if len(bytes) < PrefixBytes+2 {
		return 0
	}
	head := binary.BigEndian.Uint64(bytes)
	length, headerLen := int(head>>32), int(head&0xffff)
	headerEnd := PrefixBytes + headerLen
	if uint64(length) > maxFrame || headerEnd > length || headerEnd > len(bytes) || headerLen < 2 || !cut && length > len(bytes) {
		return 0
	}
	header := bytes[PrefixBytes:headerEnd]
	if header[0] != numberKey {
		return 0
	}
	seq, n := uint64(header[1]), 2
	if seq >= continues {
		if seq, n = readLong(header); n == 0 {
			return 0
		}
	}
	var textLen uint16
	var flags uint8
	switch uint16(head >> 16) {
	case KindData << 8:
		if n != len(header) {
			if !isObjField(header[n:]) {
				return 0
			}
			textLen, flags = uint16(objBytes), HasObj
		}
	case KindAck << 8:
		if n != len(header) || headerEnd != length {
			return 0
		}
	default:
		return 0
	}
	body := offset + uint32(headerEnd)
	*row = Row{
		Seq:        seq,
		BodyOffset: body,
		BodyLen:    uint32(length - headerEnd),
		TextOffset: body - uint32(textLen),
		TextLen:    textLen,
		HeaderLen:  uint16(headerLen),
		Kind:       uint8(head >> 24),
		Flags:      flags,
	}
	return length
}

// readLong gives the minimal varint behind the key, and where it ends; 0: it is none.
func readLong(header []byte) (value uint64, end int) {
	value, n := binary.Uvarint(header[1:])
	if n <= 0 || n != varintLen(value) {
		return 0, 0
	}
	return value, 1 + n
}

// isObjField is obj as it must stand after seq: key, length, address.
func isObjField(bytes []byte) bool {
	return len(bytes) == 2+objBytes && bytes[0] == objKey && bytes[1] == uint8(objBytes) && isObj(bytes[2:])
}
