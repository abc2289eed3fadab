package oap_test

import (
	"bytes"
	"errors"
	"testing"

	"oap.example/oap"
)

func TestDecodeFillsARowForEachFrame(t *testing.T) {
	wire := wireOf(everyKind()...)
	rows := make([]oap.Row, 16)
	n, consumed, err := newDecoder(t, nil).Decode(wire, rows)
	if err != nil || n != 6 || consumed != len(wire) {
		t.Fatalf("n = %d, consumed = %d of %d, err = %v", n, consumed, len(wire), err)
	}
	offset := 0
	for i, want := range everyKind() {
		row := &rows[i]
		if row.Kind != want.Kind() || row.Offset() != offset {
			t.Errorf("row %d: %v at %d, want %v at %d", i, row.Kind, row.Offset(), want.Kind(), offset)
		}
		if again := wireOf(row.Frame(wire)); !bytes.Equal(again, wire[offset:offset+row.Len()]) {
			t.Errorf("row %d: %v is not the frame it was made from", i, row)
		}
		offset += row.Len()
	}
}

func TestDecodeContinuesWhereRowsRanOut(t *testing.T) {
	wire := wireOf(everyKind()...)
	decoder, rows := newDecoder(t, nil), make([]oap.Row, 4)
	n, consumed, err := decoder.Decode(wire, rows)
	if n != 4 || err != nil || !decoder.More() {
		t.Fatalf("n = %d, more = %t, err = %v", n, decoder.More(), err)
	}
	n, consumed, err = decoder.Decode(wire[consumed:], rows)
	if n != 2 || err != nil || rows[0].Kind != oap.KindEnd || decoder.More() || decoder.Need() != oap.PrefixBytes {
		t.Fatalf("n = %d, consumed = %d, need = %d, err = %v", n, consumed, decoder.Need(), err)
	}
}

func TestDecodeSaysExactlyWhatItNeeds(t *testing.T) {
	wire := wireOf(&oap.Data{Seq: 1, Body: make([]byte, 100)})
	decoder, rows := newDecoder(t, nil), make([]oap.Row, 1)
	for have := 0; have < len(wire); {
		n, consumed, err := decoder.Decode(wire[:have], rows)
		if n != 0 || consumed != 0 || err != nil || decoder.More() || decoder.Need() == 0 {
			t.Fatalf("with %d bytes: n = %d, consumed = %d, need = %d, err = %v", have, n, consumed, decoder.Need(), err)
		}
		have += decoder.Need()
	}
	if n, _, err := decoder.Decode(wire, rows); n != 1 || err != nil {
		t.Fatalf("n = %d, err = %v", n, err)
	}
}

func TestDecodeGivesFramesBeforeARejectThenTheSameReject(t *testing.T) {
	wire := append(wireOf(&oap.Ack{UpTo: 7}), 0, 0, 0, 8, 0x99, 0, 0, 0)
	decoder, rows := newDecoder(t, nil), make([]oap.Row, 8)
	n, consumed, err := decoder.Decode(wire, rows)
	if n != 1 || err != nil || rows[0].Seq != 7 {
		t.Fatalf("n = %d, err = %v", n, err)
	}
	for range 2 {
		_, _, err = decoder.Decode(wire[consumed:], rows)
		if !errors.Is(err, oap.ErrUnknownEnvelope) {
			t.Fatalf("err = %v", err)
		}
	}
	if err := decoder.Reset(); err != nil {
		t.Fatal(err)
	}
	if n, _, err := decoder.Decode(wire, rows); n != 1 || err != nil {
		t.Fatalf("after Reset: n = %d, err = %v", n, err)
	}
}

func TestFinishTellsTruncated(t *testing.T) {
	decoder := newDecoder(t, nil)
	if err := decoder.Finish(nil); err != nil {
		t.Fatalf("between frames: %v", err)
	}
	if err := decoder.Finish([]byte{0, 0}); !errors.Is(err, oap.ErrTruncated) {
		t.Fatalf("inside a frame: %v", err)
	}
}

func TestDecodeTakesEmptyInputsAndNoRows(t *testing.T) {
	decoder := newDecoder(t, nil)
	for _, input := range [][]byte{nil, {}, make([]byte, 0, 8)} {
		if n, consumed, err := decoder.Decode(input, nil); n != 0 || consumed != 0 || err != nil {
			t.Errorf("%v: n = %d, consumed = %d, err = %v", input, n, consumed, err)
		}
	}
	n, consumed, err := decoder.Decode(wireOf(&oap.Ack{}), nil)
	if n != 0 || consumed != 0 || err != nil || !decoder.More() {
		t.Errorf("no rows: n = %d, consumed = %d, more = %t, err = %v", n, consumed, decoder.More(), err)
	}
}
