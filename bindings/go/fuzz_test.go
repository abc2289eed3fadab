package oap_test

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"testing"
	"testing/iotest"

	"oap.example/oap"
)

// FuzzDecode: whatever comes, rows stay inside their buffer, what strict takes has one encoding, and neither verdict nor
// frames depend on how the input is split (rules 2.11 and 3.5).
func FuzzDecode(f *testing.F) {
	for _, input := range vectorInputs(f) {
		f.Add(input, true)
	}
	f.Fuzz(func(t *testing.T, input []byte, strict bool) {
		config := oap.DefaultConfig()
		config.StrictHeaders = strict
		texts, end := decodeAll(t, input, config)
		split, splitEnd := readAll(t, iotest.OneByteReader(bytes.NewReader(input)), config)
		if !bytes.Equal(texts, split) || reasonOf(end) != reasonOf(splitEnd) {
			t.Errorf("whole: %q %v, split: %q %v", texts, end, split, splitEnd)
		}
	})
}

// decodeAll gives all frames of a buffer as canonical bytes, and how it ended.
func decodeAll(t *testing.T, input []byte, config *oap.Config) (canonical []byte, end error) {
	t.Helper()
	decoder := newDecoder(t, config)
	defer decoder.Close()
	rows, rest := make([]oap.Row, 3), input
	for {
		n, consumed, err := decoder.Decode(rest, rows)
		if err != nil {
			return canonical, err
		}
		for i := range rows[:n] {
			frame := wireOf(rows[i].Frame(rest))
			if config.StrictHeaders && !bytes.Equal(frame, rest[rows[i].Offset():rows[i].Offset()+rows[i].Len()]) {
				t.Errorf("%v is not canonical", rows[i])
			}
			canonical = append(canonical, frame...)
		}
		rest = rest[consumed:]
		if !decoder.More() {
			return canonical, decoder.Finish(rest)
		}
	}
}

func readAll(t *testing.T, source io.Reader, config *oap.Config) (canonical []byte, end error) {
	t.Helper()
	reader := must(oap.NewReader(source, config))
	defer reader.Close()
	for frame, err := range reader.All() {
		if err != nil {
			return canonical, err
		}
		canonical = append(canonical, wireOf(frame)...)
	}
	return canonical, nil
}

// FuzzSession: what a peer sends is taken or rejected, in any split, and a session that rejected sends only ERROR.
func FuzzSession(f *testing.F) {
	for _, input := range vectorInputs(f) {
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		session := newSession(t, nil)
		defer session.Close()
		must(session.Send(nil, must(session.Hello())))
		rows := make([]oap.Row, 3)
		for rest := input; len(rest) > 0; {
			table, err := session.Recv(rest, rows)
			if err != nil {
				_, refused := session.Send(nil, &oap.Start{Stream: "s"})
				if reasonOf(err) == 0 || !errors.Is(refused, oap.ErrCreditViolation) {
					t.Errorf("%v, then %v", err, refused)
				}
				return
			}
			for frame := range table.Frames() {
				wireOf(frame)
			}
			rest = rest[table.Consumed:]
		}
	})
}

// FuzzLifetimes: what was given stays as it was when its session is forgotten, closed or told of an ERROR, and the
// garbage collector runs at any place. Nothing is closed for it.
func FuzzLifetimes(f *testing.F) {
	for i, input := range vectorInputs(f) {
		if i%8 == 0 {
			f.Add(input, uint16(i%7+1), uint8(i/8))
		}
	}
	f.Fuzz(func(t *testing.T, input []byte, size uint16, collect uint8) {
		session, decoder := must(oap.NewSession(nil)), must(oap.NewDecoder(nil))
		must(session.Send(nil, must(session.Hello())))
		var given []oap.Table
		var was [][]byte
		rows := 0
		for step := max(int(size), len(input)/8+1); len(input) > 0; {
			chunk := input[:min(step, len(input))]
			table, err := session.Recv(chunk, make([]oap.Row, 3))
			if err != nil {
				break
			}
			given, was = append(given, table), append(was, bytes.Clone(table.Bytes))
			rows += len(table.Rows)
			input = input[table.Consumed:]
			if uint8(len(given)) == collect>>4 { // one of the first calls: a collection takes as long as hundreds
				runtime.GC()
			}
			_, _, _ = decoder.Decode(chunk, make([]oap.Row, 3))
		}
		switch collect & 3 {
		case 1:
			_ = session.Close()
		case 2:
			_, _ = session.Send(nil, &oap.Error{Code: 1})
		case 3:
			_ = session.Finish()
		}
		if collect&4 != 0 {
			runtime.GC()
		}
		for i, table := range given {
			if !bytes.Equal(table.Bytes, was[i]) {
				t.Errorf("table %d of %d has changed", i, len(given))
			}
			for frame := range table.Frames() {
				wireOf(frame)
				rows--
			}
		}
		if rows != 0 {
			t.Errorf("%d rows more than frames", rows)
		}
	})
}

// FuzzAppendRows: whatever a row says, it is refused or its frame decodes to what it says.
func FuzzAppendRows(f *testing.F) {
	rows := make([]oap.Row, 64)
	for _, input := range vectorInputs(f) {
		n, _, _ := must(oap.NewDecoder(nil)).Decode(input, rows)
		for _, r := range rows[:n] {
			f.Add(uint8(r.Kind), r.Flags, r.Seq, r.Value, r.AckWindow, r.TextOffset, r.TextLen, r.BodyOffset, r.BodyLen, input)
		}
	}
	f.Fuzz(func(t *testing.T, kind, flags uint8, seq uint64, value uint32, ackWindow uint16, textOffset uint32,
		textLen uint16, bodyOffset, bodyLen uint32, buf []byte) {
		said := oap.Row{Kind: oap.Kind(kind), Flags: flags, Seq: seq, Value: value, AckWindow: ackWindow,
			TextOffset: textOffset, TextLen: textLen, BodyOffset: bodyOffset, BodyLen: bodyLen}
		wire, n, err := oap.AppendRows(nil, []oap.Row{said}, buf)
		if n == 0 {
			if err == nil || len(wire) != 0 {
				t.Errorf("%v: %x, %v", said, wire, err)
			}
			return
		}
		again := make([]oap.Row, 1)
		decoder := newDecoder(t, nil)
		defer decoder.Close()
		n, consumed, err := decoder.Decode(wire, again)
		if n != 1 || consumed != len(wire) || err != nil || again[0].Kind != said.Kind || again[0].Seq != said.Seq &&
			said.Kind == oap.KindData || !bytes.Equal(again[0].Body(wire), bodyOf(&said, buf)) {
			t.Errorf("%v became %v, %v", said, again[0], err)
		}
	})
}

// bodyOf is what a row of DATA carries; others carry nothing, whatever they say.
func bodyOf(row *oap.Row, buf []byte) []byte {
	if row.Kind != oap.KindData {
		return nil
	}
	return row.Body(buf)
}
