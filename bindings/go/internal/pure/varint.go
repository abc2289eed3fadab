package pure

import (
	"encoding/binary"
	"math/bits"
)

// Rules 2.1 to 2.3: keys, wire types and varints.

const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5
)

// cursor reads a header from front to back. What it can't read it tells in the words of a Fault.
type cursor struct {
	rest   []byte
	strict bool
}

// key is rule 2.1: a field number, at least 1, and a wire type; it fits 32 bits.
func (c *cursor) key() (number uint32, wire uint8, wrong string) {
	key, wrong := c.varint()
	if wrong != "" {
		return 0, 0, wrong
	}
	if key>>32 != 0 {
		return 0, 0, "has a key over 32 bits"
	}
	number, wire = uint32(key>>3), uint8(key&7)
	switch wire {
	case wireVarint, wireFixed64, wireBytes, wireFixed32:
	default:
		return 0, 0, "has a wire type other than 0, 1, 2, 5"
	}
	if number == 0 {
		return 0, 0, "has field number 0"
	}
	return number, wire, ""
}

// varint is rule 2.2: at most ten bytes that fit 64 bits; minimal where strict.
func (c *cursor) varint() (value uint64, wrong string) {
	value, n := binary.Uvarint(c.rest)
	switch {
	case n == 0 && len(c.rest) < binary.MaxVarintLen64:
		return 0, "ends inside a varint"
	case n <= 0:
		return 0, "has a varint over 64 bits"
	case c.strict && n != varintLen(value):
		return 0, "has a varint that is not minimal"
	}
	c.rest = c.rest[n:]
	return value, ""
}

func (c *cursor) bytes() (taken []byte, wrong string) {
	size, wrong := c.varint()
	if wrong != "" {
		return nil, wrong
	}
	return c.take(size)
}

// skip passes over the value of an unknown field (2.12).
func (c *cursor) skip(wire uint8) (wrong string) {
	switch wire {
	case wireVarint:
		_, wrong = c.varint()
	case wireFixed64:
		_, wrong = c.take(8)
	case wireBytes:
		_, wrong = c.bytes()
	default:
		_, wrong = c.take(4)
	}
	return wrong
}

func (c *cursor) take(size uint64) (taken []byte, wrong string) {
	if size > uint64(len(c.rest)) {
		return nil, "ends inside a field"
	}
	taken, c.rest = c.rest[:size], c.rest[size:]
	return taken, ""
}

// varintLen is how many bytes the minimal varint has.
func varintLen(value uint64) int { return (bits.Len64(value|1) + 6) / 7 }
