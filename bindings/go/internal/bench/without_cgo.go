package main

import (
	"unsafe"

	"oap.example/oap"
	"oap.example/oap/internal/pure"
)

// What package oap stands on without cgo, measured in the same run.

func (w *work) tableWithoutCgo(rowsPerCall int) func() {
	decoder, rows, want := pure.NewDecoder(pure.DefaultConfig()), make([]pure.Row, rowsPerCall), w.expected()
	same := unsafe.Slice((*oap.Row)(unsafe.Pointer(&rows[0])), len(rows))
	return func() {
		var sum uint64
		for rest := w.wire; len(rest) > 0; {
			found, reject := decoder.Decode(rest, rows)
			if reject != nil {
				panic(reject.Detail)
			}
			sum += sumRows(same[:found.Rows], rest)
			rest = rest[found.Consumed:]
		}
		check(sum, want)
	}
}

func (w *work) appendWithoutCgo() func() {
	rows := w.rows()
	same := unsafe.Slice((*pure.Row)(unsafe.Pointer(&rows[0])), len(rows))
	return w.checkWire(func(dst []byte) []byte {
		dst, _, broken, good := pure.AppendRows(dst, same, w.wire)
		if broken != nil || !good {
			panic("a row is refused")
		}
		return dst
	})
}

// sendWithoutCgo sends DATA that the peer acknowledges at once.
func (w *work) sendWithoutCgo() func() {
	session, hello := pure.NewSession(pure.DefaultConfig()), must(oap.NewSession(nil))
	wire := must(hello.Send(nil, must(hello.Hello())))
	greeting := session.Hello()
	out, _ := session.Append(nil, &pure.Frame{Kind: pure.KindHello, Hello: greeting})
	rows := make([]pure.Row, 1)
	if _, reject := session.Receive(wire, rows); reject != nil {
		panic(reject.Detail)
	}
	out, _ = session.Append(out[:0], &pure.Frame{Kind: pure.KindStart, Text: []byte("s")})
	seq := uint64(0)
	return func() {
		for range w.frames {
			seq++
			frame := pure.Frame{Kind: pure.KindData, Seq: seq, Body: w.wire[:32]}
			var broken *pure.Fault
			if out, broken = session.Append(out[:0], &frame); broken != nil {
				panic(broken.Detail)
			}
			if seq%pure.DefaultAckWindow == 0 {
				ack := must(oap.Append(nil, &oap.Ack{UpTo: seq}))
				if _, reject := session.Receive(ack, rows); reject != nil {
					panic(reject.Detail)
				}
			}
		}
	}
}
