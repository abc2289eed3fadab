package pure

import "encoding/binary"

// partial is the front frame's bytes while it is partial. It grows with what has come, never to what a prefix promises.
type partial struct {
	bytes []byte
	// delivered: the staged frame has been given to the caller, who may keep its bytes.
	delivered bool
}

// feed decodes a chunk behind what is staged. No bytes are no look (4.5): nothing is judged anew.
func (s *partial) feed(p *parser, config *Config, judges rules, chunk []byte, rows []Row) (fed Progress, reject *Reject) {
	if s.delivered {
		*s = partial{}
	}
	switch {
	case len(chunk) == 0:
		return p.wait(len(s.bytes))
	case len(s.bytes) == 0:
		fed, reject = s.feedChunk(p, config, judges, chunk, rows)
	default:
		fed, reject = s.feedPartial(p, config, judges, chunk, rows)
	}
	if reject != nil {
		*s = partial{}
	}
	return fed, reject
}

// feedChunk: nothing is staged, frames stay in the chunk, and what it cuts is staged.
func (s *partial) feedChunk(p *parser, config *Config, judges rules, chunk []byte, rows []Row) (Progress, *Reject) {
	found, reject := p.decode(config, judges, chunk, rows)
	if reject != nil || found.More {
		return found, reject
	}
	s.bytes = append(s.bytes, chunk[found.Consumed:]...)
	found.Consumed = len(chunk)
	return found, nil
}

// feedPartial adds to the staged frame what it lacks, until it is whole or the chunk is used up.
func (s *partial) feedPartial(p *parser, config *Config, judges rules, chunk []byte, rows []Row) (Progress, *Reject) {
	room := min(len(rows), 1)
	consumed := 0
	for {
		taken := min(s.missing(), len(chunk)-consumed) * room
		s.bytes = append(s.bytes, chunk[consumed:consumed+taken]...)
		consumed += taken
		found, reject := p.decode(config, judges, s.bytes, rows[:room])
		if reject != nil {
			return Progress{}, reject
		}
		s.delivered = found.Rows == 1
		more := consumed < len(chunk)
		if s.delivered || !more || room == 0 {
			found.Consumed, found.More, found.Staged = consumed, more, s.delivered
			if more {
				found.Need = 0
			}
			return found, nil
		}
	}
}

// missing is how many bytes there are to the end of the prefix, then to that of the frame: a staged prefix has been judged.
func (s *partial) missing() int {
	if len(s.bytes) < PrefixBytes {
		return PrefixBytes - len(s.bytes)
	}
	return max(int(binary.BigEndian.Uint32(s.bytes))-len(s.bytes), 0)
}

func (s *partial) finish(p *parser) *Reject {
	rest := len(s.bytes)
	if s.delivered {
		rest = 0
	}
	reject := p.finish(rest)
	if reject != nil {
		*s = partial{}
	}
	return reject
}
