package oap_test

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"oap.example/oap"
)

// byLiboap encodes a DATA or ACK through oap_encode_rows, which has no path in Go.
func byLiboap(kind oap.Kind, seq uint64, obj string, body []byte) ([]byte, error) {
	buf := append([]byte(obj), body...)
	row := oap.Row{Kind: kind, Seq: seq, TextLen: uint16(len(obj)), BodyOffset: uint32(len(obj)), BodyLen: uint32(len(body))}
	if obj != "" {
		row.Flags = oap.HasObj
	}
	wire, _, err := oap.AppendRows(nil, []oap.Row{row}, buf)
	return wire, err
}

func wantSameAsLiboap(t *testing.T, seq uint64, obj string, body []byte) {
	t.Helper()
	got, err := oap.Append(nil, &oap.Data{Seq: seq, Obj: obj, Body: body})
	want, wantErr := byLiboap(oap.KindData, seq, obj, body)
	if !bytes.Equal(got, want) || reasonOf(err) != reasonOf(wantErr) {
		t.Errorf("DATA %d %q %d: %x %v, want %x %v", seq, obj, len(body), head(got), err, head(want), wantErr)
	}
	got, err = oap.Append(nil, &oap.Ack{UpTo: seq})
	want, wantErr = byLiboap(oap.KindAck, seq, "", nil)
	if !bytes.Equal(got, want) || err != nil || wantErr != nil {
		t.Errorf("ACK %d: %x %v, want %x %v", seq, got, err, want, wantErr)
	}
}

func head(wire []byte) []byte { return wire[:min(len(wire), 100)] }

func reasonOf(err error) (reason oap.Reason) {
	errors.As(err, &reason)
	return reason
}

func TestTheFastPathEncodesAsLiboapDoes(t *testing.T) {
	objs := []string{"", address, address[:66], address + "0", "b4:" + address[3:], strings.ToUpper(address)}
	for i := range len(address) {
		objs = append(objs, address[:i]+"g"+address[i+1:], address[:i]+"\xff"+address[i+1:])
	}
	for _, obj := range objs {
		for _, seq := range []uint64{0, 1, 127, 128, 16383, 16384, math.MaxUint32, 1 << 56, 1 << 63, math.MaxUint64} {
			wantSameAsLiboap(t, seq, obj, []byte("body"))
		}
	}
	full := make([]byte, oap.MaxFrameBytes)
	for _, obj := range []string{"", address} {
		for _, seq := range []uint64{0, math.MaxUint64} {
			for size := oap.MaxFrameBytes - 100; size <= oap.MaxFrameBytes; size++ {
				wantSameAsLiboap(t, seq, obj, full[:size])
			}
		}
	}
}

func FuzzTheFastPath(f *testing.F) {
	f.Add(uint64(1), address, []byte("abc"))
	f.Add(uint64(math.MaxUint64), "", []byte{})
	f.Fuzz(func(t *testing.T, seq uint64, obj string, body []byte) {
		if len(obj) <= math.MaxUint16 {
			wantSameAsLiboap(t, seq, obj, body)
		}
	})
}
