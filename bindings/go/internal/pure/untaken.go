package pure

// untaken are the frames that the application has been given and has not taken yet, in order. Frames that are alike share
// an entry, so that a stream of equal messages costs one.
type untaken struct {
	runs  []run
	first int
	bytes uint64
	data  uint32
}

// run is frames in a row that are alike.
type run struct {
	kind          uint8
	length, count uint32
}

func (u *untaken) isEmpty() bool { return u.first == len(u.runs) }

func (u *untaken) push(row *Row) {
	length := PrefixBytes + uint32(row.HeaderLen) + row.BodyLen
	u.bytes += uint64(length)
	if row.Kind == KindData {
		u.data++
	}
	if !u.isEmpty() {
		if last := &u.runs[len(u.runs)-1]; last.kind == row.Kind && last.length == length {
			last.count++
			return
		}
	}
	if u.first > len(u.runs)/2 {
		u.runs = u.runs[:copy(u.runs, u.runs[u.first:])]
		u.first = 0
	}
	u.runs = append(u.runs, run{row.Kind, length, 1})
}

// take takes so many frames from the front, or all where there are fewer.
func (u *untaken) take(frames int) (data, ends uint32) {
	for frames > 0 && !u.isEmpty() {
		front := &u.runs[u.first]
		count := uint32(min(uint64(front.count), uint64(frames)))
		u.bytes -= uint64(count) * uint64(front.length)
		switch front.kind {
		case KindData:
			data += count
		case KindEnd:
			ends += count
		}
		frames -= int(count)
		if front.count -= count; front.count == 0 {
			u.first++
		}
	}
	u.data -= data
	if u.isEmpty() {
		u.runs, u.first = u.runs[:0], 0
		if cap(u.runs) > keptRuns {
			u.runs = nil
		}
	}
	return data, ends
}

// keptRuns is entries that an idle connection may keep for nothing.
const keptRuns = 16
