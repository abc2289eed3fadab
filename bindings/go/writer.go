package oap

import "io"

// Writer writes frames to an [io.Writer], apart from any session. It collects them and writes about [StreamChunkBytes]
// at a time: call Flush behind the last.
//
// One goroutine at a time. It holds nothing that needs a Close.
type Writer struct {
	_      noCopy
	target io.Writer
	tally  *tally
	buf    []byte
	err    error
}

// NewWriter makes a writer to target. The frames that it writes count in monitor, if that is not nil, at the latest with Flush.
// It panics where target is nil.
func NewWriter(target io.Writer, monitor *Monitor) *Writer {
	if target == nil {
		panic("oap: NewWriter: target is nil")
	}
	w := &Writer{target: target}
	if monitor != nil {
		w.tally = &tally{monitor: monitor}
	}
	return w
}

// Write takes a frame, whose body it copies. The error is a [*RefusalError] where a peer would have to reject the frame:
// nothing of it is written then, and others may follow. An error of the target stays.
func (w *Writer) Write(frame Frame) error {
	if w.err != nil {
		return w.err
	}
	if err := w.append(frame); err != nil {
		return err
	}
	if len(w.buf) < StreamChunkBytes {
		return nil
	}
	return w.Flush()
}

func (w *Writer) append(frame Frame) (err error) {
	if w.tally == nil {
		w.buf, err = Append(w.buf, frame)
	} else {
		w.buf, err = w.tally.append(w.buf, frame)
	}
	return err
}

// Flush writes what is collected to the target.
func (w *Writer) Flush() error {
	if w.tally != nil {
		w.tally.publish()
	}
	if w.err == nil && len(w.buf) > 0 {
		_, w.err = w.target.Write(w.buf)
		w.buf = w.buf[:0]
	}
	return w.err
}
