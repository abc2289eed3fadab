package main

import (
	"bytes"
	"io"

	"oap.example/oap"
)

func touch(body []byte) uint64 {
	if len(body) == 0 {
		return 0
	}
	return uint64(len(body)) + uint64(body[0])
}

// sumRows reads kind, seq and body of every row.
func sumRows(rows []oap.Row, buf []byte) (sum uint64) {
	for i := range rows {
		row := &rows[i]
		sum += uint64(row.Kind) + row.Seq + touch(row.Body(buf))
	}
	return sum
}

func sumFrame(frame oap.Frame) uint64 {
	switch f := frame.(type) {
	case *oap.Data:
		return uint64(oap.KindData) + f.Seq + touch(f.Body)
	case *oap.Ack:
		return uint64(oap.KindAck) + f.UpTo
	default:
		panic(frame)
	}
}

// expected is what reading all of the work comes to; it holds the candidates to the same result.
func (w *work) expected() uint64 { return sumRows(w.rows(), w.wire) }

func check(got, want uint64) {
	if got != want {
		panic("a candidate reads something else")
	}
}

func newDecoder(monitor *oap.Monitor) *oap.Decoder {
	config := oap.DefaultConfig()
	config.Monitor = monitor
	return must(oap.NewDecoder(config))
}

func untimed() *oap.Monitor {
	config := oap.DefaultMonitorConfig()
	config.Timing = false
	return oap.NewMonitor(config)
}

func decoders(w *work) []candidate {
	return []candidate{
		{w.name, "pure Go: kind, seq, body", isPeer, "frame", w.frames, w.pure()},
		{w.name, "table: kind, seq, body", isOap, "frame", w.frames, w.table(w.frames, nil)},
		{w.name, "table, 256 rows a call", isOap, "frame", w.frames, w.table(256, nil)},
		{w.name, "table without cgo, 256 rows a call", isOap, "frame", w.frames, w.tableWithoutCgo(256)},
		{w.name, "table, monitored", isOap, "frame", w.frames, w.table(w.frames, untimed())},
		{w.name, "table, monitored and timed", isOap, "frame", w.frames, w.table(w.frames, oap.NewMonitor(nil))},
		{w.name, "table as Frame objects", isOap, "frame", w.frames, w.objects()},
		{w.name, "Reader.Next", isOap, "frame", w.frames, w.reader(len(w.wire))},
	}
}

func (w *work) pure() func() {
	want := w.expected()
	return func() {
		var sum uint64
		for rest := w.wire; len(rest) > 0; {
			kind, seq, _, body, length, err := pureDecode(rest)
			if err != nil {
				panic(err)
			}
			sum += uint64(kind) + seq + touch(rest[body:length:length])
			rest = rest[length:]
		}
		check(sum, want)
	}
}

// table decodes so many frames a call.
func (w *work) table(rowsPerCall int, monitor *oap.Monitor) func() {
	decoder, rows, want := newDecoder(monitor), make([]oap.Row, rowsPerCall), w.expected()
	return func() {
		var sum uint64
		for rest := w.wire; len(rest) > 0; {
			n, consumed, err := decoder.Decode(rest, rows)
			if err != nil {
				panic(err)
			}
			sum += sumRows(rows[:n], rest)
			rest = rest[consumed:]
		}
		check(sum, want)
	}
}

func (w *work) objects() func() {
	decoder, rows, want := newDecoder(nil), make([]oap.Row, w.frames), w.expected()
	return func() {
		var sum uint64
		n, _, err := decoder.Decode(w.wire, rows)
		if err != nil {
			panic(err)
		}
		for frame := range (oap.Table{Rows: rows[:n], Bytes: w.wire}).Frames() {
			sum += sumFrame(frame)
		}
		check(sum, want)
	}
}

// endless gives its bytes again and again, at most so many a read, and never across its end.
type endless struct {
	source *bytes.Reader
	most   int
}

func (e *endless) Read(buf []byte) (int, error) {
	if e.source.Len() == 0 {
		_, _ = e.source.Seek(0, io.SeekStart)
	}
	return e.source.Read(buf[:min(e.most, len(buf))])
}

// reader reads so many bytes at a time.
func (w *work) reader(bytesPerRead int) func() {
	reader := must(oap.NewReader(&endless{bytes.NewReader(w.wire), bytesPerRead}, nil))
	want := w.expected()
	return func() {
		var sum uint64
		for range w.frames {
			sum += sumFrame(must(reader.Next()))
		}
		check(sum, want)
	}
}

func splits(w *work) []candidate {
	return []candidate{
		{"split", "pure Go: kind, seq, body", isPeer, "frame", w.frames, w.pureChunks(chunkBytes)},
		{"split", "Reader.Next", isOap, "frame", w.frames, w.reader(chunkBytes)},
		{"split", "Session.Recv: kind, seq, body", isOap, "frame", w.frames, w.session(chunkBytes)},
		{"split", "Session.Recv, not split", isOap, "frame", w.frames, w.session(len(w.wire))},
	}
}

// pureChunks does by hand what Reader does: it collects what is cut.
func (w *work) pureChunks(size int) func() {
	chunks, want, held := w.chunks(size), w.expected(), make([]byte, 0, len(w.wire))
	return func() {
		var sum uint64
		held = held[:0]
		for _, chunk := range chunks {
			held = append(held, chunk...)
			rest := held
			for {
				kind, seq, _, body, length, err := pureDecode(rest)
				if err != nil {
					panic(err)
				}
				if length == 0 {
					break
				}
				sum += uint64(kind) + seq + touch(rest[body:length:length])
				rest = rest[length:]
			}
			held = held[:copy(held, rest)]
		}
		check(sum, want)
	}
}

// session has a session judge the work, after a greeting that opens a stream.
func (w *work) session(size int) func() {
	config := oap.DefaultConfig()
	config.AckWindowFrames = oap.MaxAckWindow
	session, greeting, out := must(oap.NewSession(config)), greeting("s"), make([]byte, 0, 64)
	chunks, rows, want := w.chunks(size), make([]oap.Row, w.frames), w.expected()
	hello := must(session.Hello())
	return func() {
		must(0, session.Reset())
		must(session.Send(out, hello))
		must(session.Recv(greeting, rows))
		var sum uint64
		for _, chunk := range chunks {
			for len(chunk) > 0 {
				table := must(session.Recv(chunk, rows))
				sum += sumRows(table.Rows, table.Bytes)
				chunk = chunk[table.Consumed:]
			}
		}
		check(sum, want)
	}
}

// greeting is a peer's HELLO and START.
func greeting(stream string) []byte {
	wire := must(oap.Append(nil, &oap.Hello{Version: oap.ProtocolVersion, MaxFrame: oap.MaxFrameBytes}))
	return must(oap.Append(wire, &oap.Start{Stream: stream}))
}
