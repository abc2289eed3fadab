package pure

import "encoding/binary"

// prefix is one that has passed rules 1.2 to 1.7.
type prefix struct {
	length, headerLen int
	kind              kind
}

// readPrefix judges as much of a prefix as is there, in byte order (3.2). It tells how many bytes of the frame make a
// fault known; with neither a fault nor whole the rest must come first.
func readPrefix(bytes []byte, config *Config) (p prefix, whole bool, broken *Fault, known int) {
	if len(bytes) < 4 {
		return p, false, nil, 0
	}
	length := binary.BigEndian.Uint32(bytes)
	if broken = checkLength(length, config); broken != nil {
		return p, false, broken, 4
	}
	if len(bytes) < 5 {
		return p, false, nil, 0
	}
	p.length, p.kind = int(length), bytes[4]
	if p.kind < KindHello || p.kind > KindError {
		return p, false, unknownKind, 5
	}
	if config.StrictHeaders && len(bytes) > 5 && bytes[5] != 0 {
		return p, false, limited(StatusHeaderMalformed, "reserved", "is not 0", 0), 6
	}
	if len(bytes) < PrefixBytes {
		return p, false, nil, 0
	}
	p.headerLen = int(binary.BigEndian.Uint16(bytes[6:]))
	return p, true, p.checkHeaderLen(), PrefixBytes
}

// checkLength is rules 1.2 and 1.3.
func checkLength(length uint32, config *Config) *Fault {
	if uint64(length) > config.MaxFrame {
		return oversize(config.MaxFrame)
	}
	if length < PrefixBytes {
		return limited(StatusHeaderMalformed, "length", "is less than the prefix", PrefixBytes)
	}
	return nil
}

// checkHeaderLen is rules 1.6 and 1.7.
func (p *prefix) checkHeaderLen() *Fault {
	end := PrefixBytes + p.headerLen
	switch {
	case p.headerLen > MaxHeaderBytes:
		return limited(StatusHeaderMalformed, "header_len", "is over the longest header", MaxHeaderBytes)
	case end > p.length:
		return fault(StatusHeaderMalformed, "header_len", "reaches past the frame's end")
	case p.kind != KindData && end != p.length:
		return limited(StatusHeaderMalformed, "body", "is allowed on DATA only", 0)
	}
	return nil
}

func oversize(maxFrame uint64) *Fault {
	return limited(StatusFrameOversize, "length", "is over the largest frame allowed", maxFrame)
}

var unknownKind = fault(StatusUnknownEnvelope, "kind", "is none of 1..=6")
