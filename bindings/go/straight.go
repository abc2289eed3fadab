package oap

import "encoding/binary"

// DATA and ACK are nearly all frames, and a call into liboap costs several times what writing one takes. So their
// canonical encoding is written here too, where it plainly is one; anything else is left to liboap to judge.

const (
	keySeq = 1 << 3      // field 1, a varint
	keyObj = 2<<3 | 2    // field 2, a string
	objLen = 3 + 2*256/8 // "b3:" and 256 bits in hex
	// straightHead is the most that goes before a body.
	straightHead = PrefixBytes + 1 + binary.MaxVarintLen64 + 2 + objLen
)

// appendStraight appends a DATA or ACK; false: dst is as it was, ask liboap.
func appendStraight(dst []byte, kind Kind, seq uint64, obj string, body []byte) ([]byte, bool) {
	start := len(dst)
	if len(body) > MaxFrameBytes-straightHead || obj != "" && !isObj(obj) {
		return dst, false
	}
	dst = append(dst, 0, 0, 0, 0, byte(kind), 0, 0, 0, keySeq)
	dst = binary.AppendUvarint(dst, seq)
	if obj != "" {
		dst = append(append(dst, keyObj, objLen), obj...)
	}
	dst[start+7] = byte(len(dst) - start - PrefixBytes)
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
	if len(obj) != objLen || obj[:3] != "b3:" {
		return false
	}
	var bad byte
	for digits := obj[3:]; len(digits) >= 4; digits = digits[4:] {
		bad |= notHex[digits[0]] | notHex[digits[1]] | notHex[digits[2]] | notHex[digits[3]]
	}
	return bad == 0
}
