package main

import (
	"encoding/binary"
	"errors"
)

// The opponent of the benchmarks: what one would write by hand in Go for strict DATA and ACK, zero-copy.

var errPure = errors.New("not a strict DATA or ACK")

const (
	pureData, pureAck = 3, 4
	pureMaxFrame      = 1 << 20
	pureMaxHeader     = 2048
	pureObjBytes      = 67
	purePrefix        = 8
	pureSeqKey        = 0x08
	pureObjKey        = 0x12
	pureContinues     = 0x80
)

// pureDecode reads the frame at the front of buf: where its obj, if that is not 0, and its body start, and its length,
// which is 0 where it is not whole yet. All results fit in registers; a struct of them does not.
func pureDecode(buf []byte) (kind byte, seq uint64, obj, body, length int, err error) {
	if len(buf) < purePrefix {
		return 0, 0, 0, 0, 0, nil
	}
	prefix := binary.BigEndian.Uint64(buf)
	length, kind = int(prefix>>32), byte(prefix>>24)
	headerLen := int(prefix & 0xffff)
	headerEnd := purePrefix + headerLen
	if length > pureMaxFrame || prefix>>16&0xff != 0 || headerLen > pureMaxHeader || headerEnd > length {
		return 0, 0, 0, 0, 0, errPure
	}
	if kind != pureData && (kind != pureAck || headerEnd != length) {
		return 0, 0, 0, 0, 0, errPure
	}
	if len(buf) < headerEnd {
		return 0, 0, 0, 0, 0, nil
	}
	header := buf[purePrefix:headerEnd]
	if len(header) < 2 || header[0] != pureSeqKey {
		return 0, 0, 0, 0, 0, errPure
	}
	seq, n := uint64(header[1]), 2
	if seq >= pureContinues {
		if seq, n = pureVarint(header); n == 0 {
			return 0, 0, 0, 0, 0, errPure
		}
	}
	if n != len(header) {
		if kind != pureData || !pureObj(header[n:]) {
			return 0, 0, 0, 0, 0, errPure
		}
		obj = purePrefix + n + 2
	}
	if len(buf) < length {
		return 0, 0, 0, 0, 0, nil
	}
	return kind, seq, obj, headerEnd, length, nil
}

// pureVarint gives the varint behind the key, minimal and within 64 bits, and where it ends; 0: it is not.
func pureVarint(header []byte) (value uint64, end int) {
	var shift uint
	for i := 1; i < len(header) && i <= 10; i++ {
		b := header[i]
		value |= uint64(b&0x7f) << shift
		if b < pureContinues {
			if b == 0 || i == 10 && b > 1 {
				return 0, 0
			}
			return value, i + 1
		}
		shift += 7
	}
	return 0, 0
}

// pureBadDigit is 1 where a byte is no lowercase hex digit.
var pureBadDigit = func() (bad [256]byte) {
	for c := range bad {
		bad[c] = 1
	}
	for _, c := range "0123456789abcdef" {
		bad[c] = 0
	}
	return bad
}()

func pureObj(field []byte) bool {
	if len(field) != 2+pureObjBytes || field[0] != pureObjKey || field[1] != pureObjBytes ||
		string(field[2:5]) != "b3:" {
		return false
	}
	var bad byte
	for digits := field[5:]; len(digits) >= 4; digits = digits[4:] {
		bad |= pureBadDigit[digits[0]] | pureBadDigit[digits[1]] |
			pureBadDigit[digits[2]] | pureBadDigit[digits[3]]
	}
	return bad == 0
}

func pureAppend(dst []byte, kind byte, seq uint64, obj, body []byte) ([]byte, error) {
	head := len(dst)
	dst = append(dst, 0, 0, 0, 0, kind, 0, 0, 0, pureSeqKey)
	dst = binary.AppendUvarint(dst, seq)
	if len(obj) > 0 {
		dst = append(dst, pureObjKey, pureObjBytes)
		dst = append(dst, obj...)
		if !pureObj(dst[len(dst)-2-pureObjBytes:]) {
			return dst[:head], errPure
		}
	}
	binary.BigEndian.PutUint16(dst[head+6:], uint16(len(dst)-head-purePrefix))
	dst = append(dst, body...)
	if len(dst)-head > pureMaxFrame {
		return dst[:head], errPure
	}
	binary.BigEndian.PutUint32(dst[head:], uint32(len(dst)-head))
	return dst, nil
}
