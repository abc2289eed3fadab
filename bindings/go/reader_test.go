package oap_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"oap.example/oap"
)

func frameTexts(t *testing.T, source io.Reader) (texts []string, last error) {
	t.Helper()
	reader := must(oap.NewReader(source, nil))
	defer reader.Close()
	for frame, err := range reader.All() {
		if err != nil {
			return texts, err
		}
		text := frame.String()
		if data, ok := frame.(*oap.Data); ok {
			text += string(data.Body)
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// longStream has frames of all sizes, some beyond the reader's buffer.
func longStream() (wire []byte) {
	for i := range uint64(40) {
		body := bytes.Repeat([]byte{'a' + byte(i%26)}, int(i*i*i))
		wire = append(wire, wireOf(&oap.Data{Seq: i, Body: body}, &oap.Ack{UpTo: i})...)
	}
	huge := make([]byte, oap.MaxFrameBytes-oap.MaxHeadBytes)
	return append(wire, wireOf(&oap.Data{Seq: 40, Obj: address, Body: huge})...)
}

func TestReaderGivesTheSameFramesHoweverTheyAreRead(t *testing.T) {
	wire := longStream()
	want, err := frameTexts(t, bytes.NewReader(wire))
	if err != nil || len(want) != 81 {
		t.Fatal(len(want), err)
	}
	for name, source := range map[string]io.Reader{
		"one byte":        iotest.OneByteReader(bytes.NewReader(wire)),
		"half":            iotest.HalfReader(bytes.NewReader(wire)),
		"data with error": iotest.DataErrReader(bytes.NewReader(wire)),
	} {
		if got, err := frameTexts(t, source); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %d frames, %v", name, len(got), err)
		}
	}
}

func TestReaderSaysHowTheInputEnded(t *testing.T) {
	broken := errors.New("broken")
	ack := wireOf(&oap.Ack{UpTo: 1})
	for name, c := range map[string]struct {
		source io.Reader
		frames int
		want   error
	}{
		"between frames":  {bytes.NewReader(ack), 1, nil},
		"nothing":         {bytes.NewReader(nil), 0, nil},
		"inside a frame":  {bytes.NewReader(append(slices.Clone(ack), 0)), 1, oap.ErrTruncated},
		"a reject":        {bytes.NewReader(append(slices.Clone(ack), 0xff, 0, 0, 0)), 1, oap.ErrFrameOversize},
		"a broken source": {io.MultiReader(bytes.NewReader(ack), iotest.ErrReader(broken)), 1, broken},
		"no progress":     {stalled{}, 0, io.ErrNoProgress},
	} {
		got, err := frameTexts(t, c.source)
		if len(got) != c.frames || !errors.Is(err, c.want) {
			t.Errorf("%s: %d frames, %v", name, len(got), err)
		}
	}
}

type stalled struct{}

func (stalled) Read([]byte) (int, error) { return 0, nil }

func TestReadersErrorStays(t *testing.T) {
	reader := must(oap.NewReader(iotest.TimeoutReader(bytes.NewReader(nil)), nil))
	defer reader.Close()
	for range 3 {
		if _, err := reader.Next(); err != io.EOF {
			t.Error(err)
		}
	}
}

func TestReaderAndDecoderAgreeOnTheSharedVectors(t *testing.T) {
	for _, input := range vectorInputs(t) {
		decoder, rows := newDecoder(t, nil), make([]oap.Row, 1024)
		n, _, err := decoder.Decode(input, rows)
		frames, _ := frameTexts(t, iotest.OneByteReader(bytes.NewReader(input)))
		if err == nil && len(frames) != n {
			t.Errorf("%x: %d frames by Reader, %d by Decoder", input, len(frames), n)
		}
	}
}
