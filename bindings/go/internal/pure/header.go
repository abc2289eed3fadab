package pure

// values are those of a header's fields, by their place in the table. No kind has two strings.
type values struct {
	present [maxFields]bool
	numbers [maxFields]uint64
	text    []byte
	// textAt is where the text stands in the header.
	textAt int
}

// readHeader reads a whole header: fields in their order, then required fields, then value rules by number (3.2).
func readHeader(k kind, header []byte, strict bool) (v values, broken *Fault) {
	table := &tables[k]
	c := cursor{rest: header, strict: strict}
	last := uint32(0)
	for len(c.rest) > 0 {
		number, wire, wrong := c.key()
		if wrong != "" {
			return v, headerFault(k, table.header, wrong)
		}
		place := int(number) - 1 // a table numbers its fields without a gap
		switch {
		case place < len(table.fields):
		case strict:
			return v, headerFault(k, table.header, "has an unknown field")
		default:
			if wrong := c.skip(wire); wrong != "" {
				return v, headerFault(k, table.header, wrong)
			}
			continue
		}
		f := &table.fields[place]
		if strict && number <= last {
			return v, headerFault(k, f.name, "is twice or out of order")
		}
		last = number
		if wrong := v.read(&c, f, wire, place); wrong != "" {
			return v, headerFault(k, f.name, wrong)
		}
		if f.typ == typeString {
			v.textAt = len(header) - len(c.rest) - len(v.text)
		}
	}
	return v, v.check(k)
}

func (v *values) read(c *cursor, f *field, wire uint8, place int) (wrong string) {
	if wire != f.typ.wire() {
		return "has another wire type"
	}
	v.present[place] = true
	if f.typ == typeString {
		v.text, wrong = c.bytes()
		return wrong
	}
	v.numbers[place], wrong = c.varint()
	// Rule 2.10: of each occurrence, also of one that a later one replaces.
	if wrong == "" && f.typ == typeUint32 && v.numbers[place]>>32 != 0 {
		wrong = "is over 32 bits"
	}
	return wrong
}

// check judges required fields, then value rules by number: the same for what is received and what is sent.
func (v *values) check(k kind) *Fault {
	fields := tables[k].fields
	for place := range fields {
		if fields[place].required && !v.present[place] {
			return headerFault(k, fields[place].name, "is required")
		}
	}
	for place := range fields {
		if v.present[place] {
			if broken := fields[place].check(k, v.numbers[place], v.text); broken != nil {
				return broken
			}
		}
	}
	return nil
}

func (f *field) check(k kind, number uint64, text []byte) *Fault {
	detail, limit := f.breach(number, text)
	if detail == "" {
		return nil
	}
	broken := headerFault(k, f.name, detail)
	if limit != nil {
		broken.Limit, broken.HasLimit = *limit, true
	}
	return broken
}

// breach is what is wrong with a value, and the limit that it passes.
func (f *field) breach(number uint64, text []byte) (detail string, limit *uint64) {
	size := uint64(len(text))
	switch {
	case f.rule == ruleRange && number < f.min:
		return "is below its range", &f.min
	case f.rule == ruleRange && number > f.max:
		return "is above its range", &f.max
	case f.rule == ruleText && size < f.min:
		return "is too short", &f.min
	case f.rule == ruleText && size > f.max:
		return "is too long", &f.max
	case f.rule == ruleText && !isText(text):
		return "is not UTF-8 without control characters", nil
	case f.rule == ruleObj && !isObj(text):
		return "is not b3: and 64 lowercase hex digits", nil
	}
	return "", nil
}

// checkPQ is rule 3.7, judged after all else of a HELLO's header.
func (v *values) checkPQ() *Fault {
	if v.present[2] && v.numbers[2] != 0 {
		return fault(StatusBadHelloPq, "HELLO.features", "has bits that policy forbids")
	}
	return nil
}

// writeRow fills what the header tells of a row that has its sizes; headerOffset is where the header starts.
func (v *values) writeRow(headerOffset uint32, row *Row) {
	switch row.Kind {
	case KindHello:
		row.Seq, row.Value, row.AckWindow = v.numbers[2], uint32(v.numbers[1]), uint16(v.numbers[3])
		row.Flags = flagIf(v.present[2], HasFeatures) | flagIf(v.present[3], HasAckWindow)
	case KindData, KindAck:
		row.Seq = v.numbers[0]
		row.Flags = flagIf(row.Kind == KindData && v.present[1], HasObj)
	case KindEnd:
		row.Seq, row.Value = v.numbers[0], uint32(v.numbers[1])
	case KindError:
		row.Value = uint32(v.numbers[0])
	}
	row.TextOffset, row.TextLen = row.BodyOffset, uint16(len(v.text))
	if len(v.text) > 0 {
		row.TextOffset = headerOffset + uint32(v.textAt)
	}
}

func flagIf(has bool, flag uint8) uint8 {
	if has {
		return flag
	}
	return 0
}
