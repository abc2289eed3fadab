package pure

import "math"

// parser is where a decoder stands in its stream: a position and a verdict, never bytes.
type parser struct {
	position uint64
	// resumeAt: the front frame needs no new look before it has this many bytes.
	resumeAt int
	verdict  *Reject
}

// Progress is how far a call came.
type Progress struct {
	// Rows are filled, Consumed bytes of the input are dealt with.
	Rows, Consumed int
	// Need is how many bytes the next step takes behind all of the input; 0 while there is more.
	Need int
	// More is whether the next call has something to say without another byte.
	More bool
	// Staged is whether the rows count in the staged frame, not in the input.
	Staged bool
}

func behind(rows, consumed, have int) Progress {
	if consumed != have {
		return Progress{Rows: rows, Consumed: consumed, More: true}
	}
	return Progress{Rows: rows, Consumed: consumed, Need: PrefixBytes}
}

// rules are those beyond the decoder's own, judged when a frame's header is complete (3.8); whole: the frame is complete
// and counts from now on. nil: a decoder without a session.
type rules interface {
	judge(row *Row, bytes []byte, whole bool) *Fault
}

// maxTableBytes: offsets of a row have 32 bits; a longer buffer takes more than one call.
const maxTableBytes = math.MaxUint32

// finish ends the input; rest is what no call has consumed (3.4).
func (p *parser) finish(rest int) *Reject {
	if p.verdict != nil || rest == 0 {
		return p.verdict
	}
	return p.reject(fault(StatusTruncated, "length", "promises more bytes than the input had"), rest, 0)
}

// wait: without another byte there is nothing to judge.
func (p *parser) wait(have int) (Progress, *Reject) {
	if p.verdict != nil {
		return Progress{}, p.verdict
	}
	return Progress{Need: max(max(p.resumeAt, PrefixBytes)-have, 1)}, nil
}

func (p *parser) reject(broken *Fault, known, frameAt int) *Reject {
	offset := p.position + uint64(frameAt)
	p.resumeAt = math.MaxInt
	p.verdict = &Reject{Fault: *broken, Offset: offset, At: offset + uint64(known)}
	return p.verdict
}

// decode reads frames into rows until one is cut, one is bad, or no row is left.
func (p *parser) decode(config *Config, judges rules, bytes []byte, rows []Row) (run Progress, reject *Reject) {
	if p.verdict != nil {
		return Progress{}, p.verdict
	}
	if len(bytes) < p.resumeAt {
		return p.wait(len(bytes))
	}
	p.resumeAt = 0
	all := len(bytes)
	bytes = bytes[:min(uint64(all), maxTableBytes)]
	at, found := 0, 0
	for {
		broken, known := (*Fault)(nil), 0
		at, found, broken, known = decodeFast(config.MaxFrame, judges, bytes, rows, at, found)
		if broken != nil {
			return p.stopBad(broken, known, found, at)
		}
		if found == len(rows) {
			p.position += uint64(at)
			return behind(found, at, all), nil
		}
		row := &rows[found]
		length, part, broken, known := inspect(config, judges, bytes, at, row)
		switch {
		case broken != nil:
			return p.stopBad(broken, known, found, at)
		case part > 0:
			return p.stopPart(part, found, at, len(bytes), all), nil
		}
		at += length
		found++
	}
}

// stopBad gives the frames before the bad one first.
func (p *parser) stopBad(broken *Fault, known, found, at int) (Progress, *Reject) {
	reject := p.reject(broken, known, at)
	if found == 0 {
		return Progress{}, reject
	}
	p.position += uint64(at)
	return Progress{Rows: found, Consumed: at, More: true}, nil
}

// stopPart: the next look is due when the front frame has so many bytes.
func (p *parser) stopPart(until, found, at, shown, all int) Progress {
	have := shown - at
	if have >= PrefixBytes {
		p.resumeAt = until
	}
	p.position += uint64(at)
	if shown < all {
		return Progress{Rows: found, Consumed: at, More: true}
	}
	return Progress{Rows: found, Consumed: at, Need: until - have}
}

// decodeFast reads as many frames on the fast path as come one after the other.
func decodeFast(maxFrame uint64, judges rules, bytes []byte, rows []Row, at, found int) (int, int, *Fault, int) {
	for found < len(rows) {
		row := &rows[found]
		length := readFast(bytes[at:], uint32(maxFrame), uint32(at), row, false)
		if length == 0 {
			break
		}
		if judges != nil {
			if broken := judges.judge(row, bytes, true); broken != nil {
				return at, found, broken, PrefixBytes + int(row.HeaderLen)
			}
		}
		at += int(length)
		found++
	}
	return at, found, nil, 0
}

// inspect looks at one frame, on the fast path or by the table, and at the rules beyond it. part: not whole, and the next
// look is due with that many bytes.
func inspect(config *Config, judges rules, bytes []byte, at int, row *Row) (length, part int, broken *Fault, known int) {
	rest := bytes[at:]
	length = int(readFast(rest, uint32(config.MaxFrame), uint32(at), row, true))
	if length == 0 {
		if length, part, broken, known = inspectGeneral(config, rest, uint32(at), row); part > 0 || broken != nil {
			return 0, part, broken, known
		}
	}
	whole := length <= len(rest)
	if judges != nil {
		if broken = judges.judge(row, bytes, whole); broken != nil {
			return 0, 0, broken, PrefixBytes + int(row.HeaderLen)
		}
	}
	if !whole {
		return 0, length, nil, 0
	}
	return length, 0, nil, 0
}

// inspectGeneral looks in byte order: the prefix, then the whole header (3.2). The frame that it gives may be cut.
func inspectGeneral(config *Config, rest []byte, offset uint32, row *Row) (length, part int, broken *Fault, known int) {
	p, whole, broken, known := readPrefix(rest, config)
	if broken != nil || !whole {
		return 0, PrefixBytes, broken, known
	}
	headerEnd := PrefixBytes + p.headerLen
	if len(rest) < headerEnd {
		return 0, headerEnd, nil, 0
	}
	read, broken := readHeader(p.kind, rest[PrefixBytes:headerEnd], config.StrictHeaders)
	if broken == nil && p.kind == KindHello && !config.AllowPQHelloFlags {
		broken = read.checkPQ()
	}
	if broken != nil {
		return 0, 0, broken, headerEnd
	}
	*row = Row{
		BodyOffset: offset + uint32(headerEnd),
		BodyLen:    uint32(p.length - headerEnd),
		HeaderLen:  uint16(p.headerLen),
		Kind:       p.kind,
	}
	read.writeRow(offset+PrefixBytes, row)
	return p.length, 0, nil, 0
}
