//go:build !(cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64)))

package oap

import (
	"unsafe"

	"oap.example/oap/internal/pure"
)

// appendSlow is [Append] by the table of fields.
func appendSlow(dst []byte, frame Frame) ([]byte, error) {
	native := nativeFrame(frame)
	dst, broken := pure.Append(dst, &native)
	if broken != nil {
		return dst, refusalOf(broken)
	}
	return dst, nil
}

func appendRows(dst []byte, rows []Row, buf []byte) (out []byte, n int, err error) {
	if overlap(dst[len(dst):cap(dst)], buf) {
		return dst, 0, StatusError(pure.StatusOverlap)
	}
	same := unsafe.Slice((*pure.Row)(unsafe.Pointer(unsafe.SliceData(rows))), len(rows))
	out, n, broken, good := pure.AppendRows(dst, same, buf)
	switch {
	case broken != nil:
		return out, n, refusalOf(broken)
	case !good:
		return out, n, StatusError(pure.StatusOutOfBounds)
	}
	return out, n, nil
}

// overlap reports whether two buffers share a byte.
func overlap(a, b []byte) bool {
	startA, startB := uintptr(unsafe.Pointer(unsafe.SliceData(a))), uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	return len(a) > 0 && len(b) > 0 && startA < startB+uintptr(len(b)) && startB < startA+uintptr(len(a))
}

// borrow gives a text's bytes, which nobody changes.
func borrow(text string) []byte { return unsafe.Slice(unsafe.StringData(text), len(text)) }

// nativeFrame borrows the frame's texts and body.
func nativeFrame(frame Frame) (native pure.Frame) {
	switch f := frame.(type) {
	case *Hello:
		native.Kind, native.Hello = pure.KindHello, pure.Hello{Version: f.Version, MaxFrame: f.MaxFrame, Features: f.Features}
		if f.AckWindow != nil {
			window := uint64(*f.AckWindow)
			native.Hello.AckWindow = &window
		}
	case *Start:
		native.Kind, native.Text = pure.KindStart, borrow(f.Stream)
	case *Data:
		native.Kind, native.Seq, native.Body = pure.KindData, f.Seq, f.Body
		native.Text, native.HasText = borrow(f.Obj), f.Obj != ""
	case *Ack:
		native.Kind, native.Seq = pure.KindAck, f.UpTo
	case *End:
		native.Kind, native.Seq, native.Value = pure.KindEnd, f.Seq, f.Status
	case *Error:
		native.Kind, native.Value, native.Text = pure.KindError, f.Code, borrow(f.Reason)
	default:
		panic("oap: the Frame is nil")
	}
	return native
}
