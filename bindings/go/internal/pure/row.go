package pure

// Row is oap.Row, of which the documentation is there.
type Row struct {
	Seq        uint64
	BodyOffset uint32
	BodyLen    uint32
	TextOffset uint32
	Value      uint32
	TextLen    uint16
	HeaderLen  uint16
	AckWindow  uint16
	Kind       uint8
	Flags      uint8
}

func (r *Row) has(flag uint8) bool { return r.Flags&flag != 0 }

// within gives a part of buf; false where buf does not have it.
func within(buf []byte, offset, length uint32) ([]byte, bool) {
	end := uint64(offset) + uint64(length)
	if end > uint64(len(buf)) {
		return nil, false
	}
	return buf[offset:end], true
}

func (r *Row) text(buf []byte) ([]byte, bool) { return within(buf, r.TextOffset, uint32(r.TextLen)) }

func (r *Row) body(buf []byte) ([]byte, bool) { return within(buf, r.BodyOffset, r.BodyLen) }
