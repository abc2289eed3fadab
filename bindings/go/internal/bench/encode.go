package main

import (
	"bytes"
	"io"

	"oap.example/oap"
)

func encoders(w *work) []candidate {
	return []candidate{
		{"encode", "pure Go: append", isPeer, "frame", w.frames, w.appendPure()},
		{"encode", "batch: AppendRows", isOap, "frame", w.frames, w.appendRows()},
		{"encode", "Append", isOap, "frame", w.frames, w.append()},
		{"encode", "Writer.Write", isOap, "frame", w.frames, w.write(nil)},
		{"encode", "Writer.Write, monitored", isOap, "frame", w.frames, w.write(untimed())},
		{"encode", "Writer.Write, monitored and timed", isOap, "frame", w.frames, w.write(oap.NewMonitor(nil))},
		{"encode", "Session.Send", isOap, "frame", w.frames, w.send(nil)},
		{"encode", "AppendRows without cgo", isOap, "frame", w.frames, w.appendWithoutCgo()},
		{"encode", "Session.Send without cgo", isOap, "frame", w.frames, w.sendWithoutCgo()},
		{"encode", "Session.Send, monitored", isOap, "frame", w.frames, w.send(untimed())},
		{"encode", "Session.Send, monitored and timed", isOap, "frame", w.frames, w.send(oap.NewMonitor(nil))},
	}
}

// checkWire holds the encoders to the same bytes; it compares lengths in the measured runs, all bytes in the first.
func (w *work) checkWire(encode func(dst []byte) []byte) func() {
	out := encode(make([]byte, 0, 2*len(w.wire)))
	if !bytes.Equal(out, w.wire) {
		panic("a candidate writes something else")
	}
	return func() { check(uint64(len(encode(out[:0]))), uint64(len(w.wire))) }
}

func (w *work) appendPure() func() {
	rows := w.rows()
	return w.checkWire(func(dst []byte) []byte {
		for i := range rows {
			row := &rows[i]
			dst = must(pureAppend(dst, byte(row.Kind), row.Seq, row.Text(w.wire), row.Body(w.wire)))
		}
		return dst
	})
}

func (w *work) appendRows() func() {
	rows := w.rows()
	return w.checkWire(func(dst []byte) []byte {
		dst, _, err := oap.AppendRows(dst, rows, w.wire)
		return must(dst, err)
	})
}

func (w *work) append() func() {
	rows := w.rows()
	return w.checkWire(func(dst []byte) []byte {
		var data oap.Data
		for i := range rows {
			data.Seq, data.Body = rows[i].Seq, rows[i].Body(w.wire)
			dst = must(oap.Append(dst, &data))
		}
		return dst
	})
}

func (w *work) write(monitor *oap.Monitor) func() {
	rows, writer := w.rows(), oap.NewWriter(io.Discard, monitor)
	return func() {
		var data oap.Data
		for i := range rows {
			data.Seq, data.Body = rows[i].Seq, rows[i].Body(w.wire)
			must(0, writer.Write(&data))
		}
	}
}

// send has a session send the work, to a peer that takes a thousand frames.
func (w *work) send(monitor *oap.Monitor) func() {
	config := oap.DefaultConfig()
	config.Monitor = monitor
	session, rows, found := must(oap.NewSession(config)), w.rows(), make([]oap.Row, 1)
	hello, window := must(session.Hello()), uint32(oap.MaxAckWindow)
	peer := must(oap.Append(nil, &oap.Hello{Version: oap.ProtocolVersion, MaxFrame: oap.MaxFrameBytes, AckWindow: &window}))
	head := make([]byte, 0, 64)
	return w.checkWire(func(dst []byte) []byte {
		must(0, session.Reset())
		must(session.Send(head, hello))
		must(session.Recv(peer, found))
		must(session.Send(head, &oap.Start{Stream: "s"}))
		var data oap.Data
		for i := range rows {
			data.Seq, data.Body = rows[i].Seq, rows[i].Body(w.wire)
			dst = must(session.Send(dst, &data))
		}
		return dst
	})
}
