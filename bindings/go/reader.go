package oap

import (
	"errors"
	"io"
	"iter"
)

// rowsPerCall is how many frames one call of liboap finds at most: enough that the call's own cost is lost among them.
const rowsPerCall = 256

// emptyReads is how many reads in a row may return nothing, as in package bufio.
const emptyReads = 100

// Reader reads frames from an [io.Reader], which it reads ahead. It finds many in one call of liboap.
//
// One goroutine at a time. Close it; one that is forgotten is freed when the garbage collector finds it.
type Reader struct {
	_       noCopy
	source  io.Reader
	decoder *Decoder
	// buf[start:end] is read and not yet consumed. It grows with what comes, never to what a prefix promises.
	buf        []byte
	start, end int
	// rows[next:found] are the frames of table that are not yet given.
	rows        []Row
	next, found int
	table       []byte
	one         frames
	// readErr came from the source and is due behind what came with it; err stays.
	readErr, err error
}

// NewReader makes a reader of what source gives; nil means the default Config. The error is a [*ConfigError]. It panics
// where source is nil.
func NewReader(source io.Reader, config *Config) (*Reader, error) {
	if source == nil {
		panic("oap: NewReader: source is nil")
	}
	decoder, err := NewDecoder(config)
	if err != nil {
		return nil, err
	}
	buf, rows := make([]byte, StreamChunkBytes), make([]Row, rowsPerCall)
	return &Reader{source: source, decoder: decoder, buf: buf, rows: rows}, nil
}

// Next returns the next frame. It and its body are valid until the call after. The error is [io.EOF] where the input ended
// between frames, a [*RejectError], [io.ErrNoProgress] where many reads in a row gave neither a byte nor an error, or
// what the source said; it stays.
func (r *Reader) Next() (Frame, error) {
	for r.next == r.found {
		if r.err != nil {
			return nil, r.err
		}
		r.err = r.findFrames()
	}
	row := &r.rows[r.next]
	r.next++
	return r.one.of(row, r.table), nil
}

// All returns the frames one after the other, and at last the error of [Reader.Next] if it is not [io.EOF]. Each frame is
// valid until the next.
func (r *Reader) All() iter.Seq2[Frame, error] {
	return func(yield func(Frame, error) bool) {
		for {
			frame, err := r.Next()
			if err == io.EOF {
				return
			}
			if !yield(frame, err) || err != nil {
				return
			}
		}
	}
}

// Close frees what the reader holds outside the Go heap. The source stays open.
func (r *Reader) Close() error {
	r.next, r.found, r.err = 0, 0, ErrClosed
	return r.decoder.Close()
}

// findFrames finds the next frames, of what is there or else of what it reads.
func (r *Reader) findFrames() error {
	if !r.decoder.More() {
		if err := r.read(); err != nil {
			return err
		}
	}
	r.table = r.buf[r.start:r.end]
	found, consumed, err := r.decoder.Decode(r.table, r.rows)
	r.next, r.found = 0, found
	r.start += consumed
	return err
}

func (r *Reader) read() error {
	if r.readErr != nil {
		return r.ended()
	}
	r.makeRoom()
	var n int
	n, r.readErr = readSome(r.source, r.buf[r.end:])
	r.end += n
	if n == 0 {
		return r.ended()
	}
	return nil
}

// readSome returns at least a byte, or the reason why there is none.
func readSome(source io.Reader, buf []byte) (n int, err error) {
	for range emptyReads {
		if n, err = source.Read(buf); n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.ErrNoProgress
}

// ended separates an end between frames from one inside a frame.
func (r *Reader) ended() error {
	if !errors.Is(r.readErr, io.EOF) {
		return r.readErr
	}
	if err := r.decoder.Finish(r.buf[r.start:r.end]); err != nil {
		return err
	}
	return io.EOF
}

// makeRoom moves what is left to the front, and doubles a buffer that is full.
func (r *Reader) makeRoom() {
	if r.start > 0 {
		r.end = copy(r.buf, r.buf[r.start:r.end])
		r.start = 0
	}
	if r.end == len(r.buf) {
		r.buf = append(r.buf, make([]byte, len(r.buf))...)
	}
}
