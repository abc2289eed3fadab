package oap

// Decoder finds the frames of a byte stream in buffers that the caller owns. It holds a configuration, a position and a
// verdict, never bytes. The rules of a session are [Session]'s.
//
// One goroutine at a time. Close it; one that is forgotten is freed when the garbage collector finds it.
type Decoder struct {
	_      noCopy
	native nativeDecoder
	need   int
	more   bool
}

// found is how far a call came.
type found struct {
	rows, consumed, need int
	more                 bool
}

// NewDecoder makes a decoder at the start of a stream; nil means the defaults. The error is a [*ConfigError].
func NewDecoder(config *Config) (*Decoder, error) {
	d := &Decoder{}
	if err := openDecoder(d, config); err != nil {
		return nil, err
	}
	return d, nil
}

// Close frees the decoder. Later calls return [ErrClosed]; a second Close does nothing.
func (d *Decoder) Close() error {
	d.native.close()
	return nil
}

// Decode finds the whole frames at the front of buf, as many as there are rows, and fills rows[:n]. It is one call of
// liboap and does not allocate.
//
// Each call continues behind what the calls before it consumed: next pass the same bytes from consumed on, now if
// [Decoder.More] is true, else with others behind them. n and consumed may be 0: there is no whole frame yet. Frames before a bad
// one are given first, by a call of their own; the error is a [*RejectError] then, at every later call too.
func (d *Decoder) Decode(buf []byte, rows []Row) (n, consumed int, err error) {
	run, err := d.native.decode(d, buf, rows)
	if err != nil {
		return 0, 0, err
	}
	d.need, d.more = run.need, run.more
	return run.rows, run.consumed, nil
}

// More reports after a Decode whether to call it again now with the rest of the buffer: it ran out of rows, or a reject
// follows the frames that it found.
func (d *Decoder) More() bool { return d.more }

// Need returns how many bytes, behind all of the buffer, the next step takes after the last Decode: a hint for the size
// of the next read.
func (d *Decoder) Need() int { return d.need }

// Finish ends the input; rest is what no Decode has consumed. The error is a [*RejectError]: ErrTruncated
// where rest is part of a frame, or the reject given before.
func (d *Decoder) Finish(rest []byte) error { return d.native.finish(d, rest) }

// Reset goes back to the start of a new stream, without a verdict.
func (d *Decoder) Reset() error {
	d.need, d.more = 0, false
	return d.native.reset(d)
}
