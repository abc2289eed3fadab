package oap_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"slices"
	"testing"

	"oap.example/oap"
)

func TestANilFramePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("something was encoded")
		}
	}()
	_, _ = oap.Append(nil, nil)
}

func TestARefusedFrameLeavesNothing(t *testing.T) {
	dst := wireOf(&oap.Ack{UpTo: 1})
	for field, frame := range map[string]oap.Frame{
		"HELLO.version": &oap.Hello{Version: 2, MaxFrame: 4096},
		"START.stream":  &oap.Start{},
		"DATA.obj":      &oap.Data{Obj: "b3:"},
		"length":        &oap.Data{Body: make([]byte, oap.MaxFrameBytes)},
		"END.status":    &oap.End{Status: 1 << 16},
		"ERROR.reason":  &oap.Error{Reason: "\n"},
	} {
		got, err := oap.Append(slices.Clone(dst), frame)
		var refusal *oap.RefusalError
		if !errors.As(err, &refusal) || refusal.Field != field || refusal.Detail == "" || !bytes.Equal(got, dst) {
			t.Errorf("%s: %x, %v", field, head(got), err)
		}
	}
}

func TestARefusedRowSaysWhy(t *testing.T) {
	_, n, err := oap.AppendRows(nil, []oap.Row{{Kind: oap.KindAck}, {Kind: oap.KindEnd, Value: 1 << 16}}, nil)
	var refusal *oap.RefusalError
	if !errors.As(err, &refusal) || n != 1 || refusal.Field != "END.status" || *refusal.Limit != 65535 {
		t.Errorf("%d rows, %v", n, err)
	}
}

func TestAppendRowsIsTheInverseOfDecode(t *testing.T) {
	wire := longStream()
	wire = append(wire, wireOf(everyKind()...)...)
	rows := make([]oap.Row, 128)
	n, _, err := newDecoder(t, nil).Decode(wire, rows)
	if err != nil || n != 87 {
		t.Fatal(n, err)
	}
	for name, dst := range map[string][]byte{"no room": nil, "some room": make([]byte, 0, 5000), "room": make([]byte, 0, 4<<20)} {
		again, done, err := oap.AppendRows(dst, rows[:n], wire)
		if err != nil || done != n || !bytes.Equal(again, wire) {
			t.Errorf("%s: %d rows, %v", name, done, err)
		}
	}
	rows[3].Kind = 9
	again, done, err := oap.AppendRows(nil, rows[:n], wire)
	if done != 3 || !errors.Is(err, oap.ErrUnknownEnvelope) || !bytes.Equal(again, wire[:len(again)]) {
		t.Errorf("%d rows, %v", done, err)
	}
}

// A row may say anything: what is asked of the allocator is what a frame can take.
func TestAppendRowsAsksForNoMoreThanAFrame(t *testing.T) {
	for _, row := range []oap.Row{
		{Kind: oap.KindAck, Seq: 1, BodyLen: math.MaxUint32},
		{Kind: oap.KindHello, Value: 4096, BodyLen: math.MaxUint32},
		{Kind: oap.KindData, BodyLen: math.MaxUint32},
	} {
		wire, n, err := oap.AppendRows(nil, []oap.Row{row}, nil)
		if cap(wire) > 2*oap.MaxFrameBytes || (n == 1) != (row.Kind != oap.KindData) {
			t.Errorf("%v: %d bytes of room, %v", row, cap(wire), err)
		}
	}
}

type writes struct{ sizes []int }

func (w *writes) Write(p []byte) (int, error) {
	w.sizes = append(w.sizes, len(p))
	return len(p), nil
}

func TestWriterCollectsAndFlushes(t *testing.T) {
	var target bytes.Buffer
	sizes := &writes{}
	writer := oap.NewWriter(io.MultiWriter(&target, sizes), nil)
	var want []byte
	for i := range uint64(10_000) {
		data := &oap.Data{Seq: i, Body: make([]byte, 32)}
		want = append(want, wireOf(data)...)
		if err := writer.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Write(&oap.Start{}); !errors.Is(err, oap.ErrHeaderMalformed) {
		t.Error(err)
	}
	if err := writer.Flush(); err != nil || !bytes.Equal(target.Bytes(), want) {
		t.Errorf("%d bytes, want %d, %v", target.Len(), len(want), err)
	}
	if many := len(want)/oap.StreamChunkBytes + 1; len(sizes.sizes) > many {
		t.Errorf("%d writes of %d bytes", len(sizes.sizes), len(want))
	}
}

type full struct{ error }

func (f full) Write([]byte) (int, error) { return 0, f.error }

func TestWritersErrorStays(t *testing.T) {
	broken := errors.New("broken")
	writer := oap.NewWriter(full{broken}, nil)
	if err := errors.Join(writer.Write(&oap.Ack{}), writer.Flush()); err != broken && !errors.Is(err, broken) {
		t.Error(err)
	}
	if err := writer.Write(&oap.Ack{}); err != broken {
		t.Error(err)
	}
}
