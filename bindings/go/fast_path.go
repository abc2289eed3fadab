package oap

import "encoding/binary"

// DATA and ACK are nearly all frames, and a call into liboap costs several times what writing one takes. So their
// canonical encoding is written here too, where it plainly is one; anything else is left to liboap to judge.

const (
	// fastHeadBytes is the most that goes before a body.
	fastHeadBytes = PrefixBytes + 1 + binary.MaxVarintLen64 + 2 + objBytes
	// The header's length is written as one byte.
	_ = uint8(fastHeadBytes - PrefixBytes)
)

// emptyHead is a prefix in which nothing is said yet, and the key that follows it.
var emptyHead = [...]byte{PrefixBytes: seqKey}

// appendFast appends a DATA or ACK; false: dst is as it was, ask liboap.
func appendFast(dst []byte, kind Kind, seq uint64, obj string, body []byte) ([]byte, bool) {
	start := len(dst)
	if len(body) > MaxFrameBytes-fastHeadBytes || obj != "" && !isObj(obj) {
		return dst, false
	}
	dst = append(dst, emptyHead[:]...)
	dst[start+kindAt] = byte(kind)
	dst = binary.AppendUvarint(dst, seq)
	if obj != "" {
		dst = append(append(dst, objKey, objBytes), obj...)
	}
	dst[start+headerLenAt] = byte(len(dst) - start - PrefixBytes)
	dst = append(dst, body...)
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start))
	return dst, true
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

func isObj(obj string) bool {
	if len(obj) != objBytes || obj[:len(objScheme)] != objScheme {
		return false
	}
	var bad byte
	for digits := obj[len(objScheme):]; len(digits) >= 4; digits = digits[4:] {
		bad |= notHex[digits[0]] | notHex[digits[1]] | notHex[digits[2]] | notHex[digits[3]]
	}
	return bad == 0
}
