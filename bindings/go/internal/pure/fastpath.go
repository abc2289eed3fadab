package pure

import (
	"encoding/binary"
	"slices"
)

// The fast path of strict DATA and ACK reads and writes what the table of fields does, without the table.

const (
	// KindAt is where the prefix has a frame's kind, headerLenAt the low byte of its header's length.
	KindAt      = 4
	headerLenAt = 7
	// numberKey is the key of seq and of up_to, objKey that of obj.
	numberKey = 1<<3 | wireVarint
	objKey    = 2<<3 | wireBytes
	continues = 0x80
)

// readFast reads the canonical DATA or ACK that lies whole at the front of bytes, or with cut at least its header, and
// gives its length. Anything else, good or bad, is left to the table: 0.
func readFast(bytes []byte, maxFrame, offset uint32, row *Row, cut bool) uint32 {
	if len(bytes) < PrefixBytes+2 {
		return 0
	}
	head := binary.BigEndian.Uint64(bytes)
	length, headerEnd := uint32(head>>32), PrefixBytes+uint32(head&0xffff)
	if length > maxFrame || headerEnd > length || uint64(headerEnd) > uint64(len(bytes)) || !cut && uint64(length) > uint64(len(bytes)) {
		return 0
	}
	header := bytes[PrefixBytes:headerEnd]
	if len(header) < 2 || header[0] != numberKey {
		return 0
	}
	seq, n := uint64(header[1]), 2
	if seq >= continues {
		if seq, n = readLong(header); n == 0 {
			return 0
		}
	}
	body := offset + headerEnd
	row.TextOffset, row.TextLen, row.Flags = body, 0, 0
	if uint16(head>>16) == KindData<<8 {
		if n != len(header) {
			if !isObjField(header[n:]) {
				return 0
			}
			row.TextOffset, row.TextLen, row.Flags = body-uint32(objBytes), uint16(objBytes), HasObj
		}
	} else if uint16(head>>16) != KindAck<<8 || n != len(header) || headerEnd != length {
		return 0
	}
	row.Seq, row.BodyOffset, row.BodyLen = seq, body, length-headerEnd
	row.Value, row.HeaderLen, row.AckWindow, row.Kind = 0, uint16(head), 0, uint8(head>>24)
	return length
}

// readLong gives the minimal varint of more than one byte behind the key, and where it ends; 0: it is none.
func readLong(header []byte) (value uint64, end int) {
	if len(header) > 2 && header[2]-1 < continues-1 {
		return uint64(header[1]&^continues) | uint64(header[2])<<7, 3
	}
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

// FastHeadBytes is the most that goes before the body of a DATA; its header's length is written as one byte.
const FastHeadBytes = PrefixBytes + 1 + binary.MaxVarintLen64 + 2 + objBytes

const _ = uint8(FastHeadBytes - PrefixBytes)

// emptyHead is a prefix in which nothing is said yet, and the key that follows it.
var emptyHead = [...]byte{PrefixBytes: numberKey}

// AppendFast appends a DATA or ACK whose encoding plainly is canonical; false: dst is as it was, ask the table. An obj of ""
// is none.
func AppendFast(dst []byte, k uint8, seq uint64, obj string, body []byte) ([]byte, bool) {
	start := len(dst)
	if len(body) > MaxFrameBytes-FastHeadBytes || obj != "" && !isObj(obj) {
		return dst, false
	}
	dst = append(dst, emptyHead[:]...)
	dst[start+KindAt] = k
	dst = binary.AppendUvarint(dst, seq)
	if obj != "" {
		dst = append(append(dst, objKey, uint8(objBytes)), obj...)
	}
	dst[start+headerLenAt] = byte(len(dst) - start - PrefixBytes)
	dst = append(dst, body...)
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start))
	return dst, true
}

// appendPlain is AppendFast without obj, of a body that fits: the head is two stores, where AppendFast appends piece by piece.
func appendPlain(dst []byte, k uint8, seq uint64, body []byte) []byte {
	start := len(dst)
	if cap(dst)-start < FastHeadBytes+len(body) {
		dst = slices.Grow(dst, FastHeadBytes+len(body))
	}
	head := dst[start : start+PrefixBytes+1+binary.MaxVarintLen64]
	head[PrefixBytes] = numberKey
	n := PrefixBytes + 2
	if seq < continues {
		head[PrefixBytes+1] = byte(seq)
	} else {
		n = PrefixBytes + 1 + binary.PutUvarint(head[PrefixBytes+1:], seq)
	}
	length := n + len(body)
	binary.BigEndian.PutUint64(head, uint64(length)<<32|uint64(k)<<24|uint64(n-PrefixBytes))
	dst = dst[:start+length]
	copy(dst[start+n:], body)
	return dst
}

// fastLen is how many bytes AppendFast adds.
func fastLen(seq uint64, obj string, body []byte) int {
	size := PrefixBytes + 1 + varintLen(seq) + len(body)
	if obj != "" {
		size += 2 + objBytes
	}
	return size
}
