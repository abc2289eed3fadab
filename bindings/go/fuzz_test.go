package oap_test

import (
	"bytes"
	"errors"
	"io"
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
		if decoder.Need() > 0 {
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
