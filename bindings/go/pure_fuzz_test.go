//go:build cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64))

package oap_test

import (
	"bytes"
	"errors"
	"testing"

	"oap.example/oap"
	"oap.example/oap/internal/pure"
)

// What stands in Go alone, beside liboap: the same input, the same answers.

func pureRows(rows []pure.Row) (same []oap.Row) {
	for _, r := range rows {
		same = append(same, oap.Row{Seq: r.Seq, BodyOffset: r.BodyOffset, BodyLen: r.BodyLen, TextOffset: r.TextOffset,
			Value: r.Value, TextLen: r.TextLen, HeaderLen: r.HeaderLen, AckWindow: r.AckWindow, Kind: oap.Kind(r.Kind), Flags: r.Flags})
	}
	return same
}

func sameRows(t *testing.T, want []oap.Row, got []pure.Row) {
	t.Helper()
	for i, row := range pureRows(got) {
		if i >= len(want) || row != want[i] {
			t.Fatalf("rows %v, want %v", pureRows(got), want)
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
}

func sameReject(t *testing.T, want error, got *pure.Reject) {
	t.Helper()
	var reject *oap.RejectError
	if !errors.As(want, &reject) {
		if want != nil || got != nil {
			t.Fatalf("%+v, want %v", got, want)
		}
		return
	}
	if got == nil || got.Code != reject.Code() || got.Offset != reject.Offset || got.At != reject.At {
		t.Fatalf("%+v, want %v", got, want)
	}
	sameFault(t, reject.Field, reject.Detail, reject.Limit, &got.Fault)
}

func sameFault(t *testing.T, field, detail string, limit *uint64, got *pure.Fault) {
	t.Helper()
	if got.Field != field || got.Detail != detail || got.HasLimit != (limit != nil) || limit != nil && got.Limit != *limit {
		t.Fatalf("%+v, want %s %s %v", got, field, detail, limit)
	}
}

// settings makes a configuration of a byte, for both.
func settings(of uint8) (*oap.Config, pure.Config) {
	config, same := oap.DefaultConfig(), pure.DefaultConfig()
	config.StrictHeaders, same.StrictHeaders = of&1 == 0, of&1 == 0
	config.AllowPQHelloFlags, same.AllowPQHelloFlags = of&2 == 0, of&2 == 0
	config.EnforceObjHeaderOnObjects, same.EnforceObjHeaderOnObjects = of&4 == 0, of&4 == 0
	if of&8 != 0 {
		config.SeqRolloverPolicy, same.SeqRolloverPolicy = oap.SeqRolloverWrap, pure.SeqRolloverWrap
	}
	if of&16 != 0 {
		config.AckWindowFrames, same.AckWindowFrames = 2, 2
	}
	if of&32 != 0 {
		config.MaxFrame, same.MaxFrame = pure.MinMaxFrame, pure.MinMaxFrame
	}
	return config, same
}

// FuzzPureDecode: buffers of any size, in front of which each call stands where the one before it ended.
func FuzzPureDecode(f *testing.F) {
	for i, input := range vectorInputs(f) {
		f.Add(input, uint8(i), uint8(i>>1))
	}
	f.Fuzz(func(t *testing.T, input []byte, of, step uint8) {
		config, same := settings(of)
		decoder, beside := newDecoder(t, config), pure.NewDecoder(same)
		defer decoder.Close()
		rows, besideRows := make([]oap.Row, 3), make([]pure.Row, 3)
		for start, end := 0, 0; ; {
			end = min(end+int(step)+1, len(input))
			n, consumed, err := decoder.Decode(input[start:end], rows)
			got, reject := beside.Decode(input[start:end], besideRows)
			sameReject(t, err, reject)
			if err != nil {
				return
			}
			sameRows(t, rows[:n], besideRows[:got.Rows])
			if got.Consumed != consumed || got.More != decoder.More() || got.Need != decoder.Need() {
				t.Fatalf("%+v, want %d %v %d", got, consumed, decoder.More(), decoder.Need())
			}
			start += consumed
			if !decoder.More() && end == len(input) {
				sameReject(t, decoder.Finish(input[start:]), beside.Finish(input[start:]))
				return
			}
		}
	})
}

// script reads what to do off a fuzzer's bytes.
type script struct{ left []byte }

func (s *script) byte() (next uint8) {
	if len(s.left) > 0 {
		next, s.left = s.left[0], s.left[1:]
	}
	return next
}

func (s *script) bytes(size int) (taken []byte) {
	size = min(size, len(s.left))
	taken, s.left = s.left[:size], s.left[size:]
	return taken
}

// frame is one that may go, or nearly, seen from a flow.
func (s *script) frame(hello *oap.Hello, out, in oap.Flow) oap.Frame {
	number := func(of uint64) uint64 { return of + uint64(s.byte()%8) - 1 }
	switch s.byte() % 8 {
	case 0:
		return hello
	case 1:
		return &oap.Start{Stream: []string{"s", "objects", "objects/v1", "", "\x07"}[s.byte()%5]}
	case 2:
		return &oap.Ack{UpTo: number(in.LastSeq)}
	case 3:
		return &oap.End{Seq: number(out.LastSeq), Status: uint32(s.byte()) << (s.byte() % 16)}
	case 4:
		return &oap.Error{Code: uint32(s.byte()), Reason: "r"}
	default:
		data := &oap.Data{Seq: number(out.LastSeq), Body: s.bytes(int(s.byte() % 32))}
		if s.byte()&1 != 0 {
			data.Obj = address
		}
		return data
	}
}

// besideFrame is the same frame for the other.
func besideFrame(frame oap.Frame) pure.Frame {
	switch f := frame.(type) {
	case *oap.Hello:
		window := uint64(*f.AckWindow)
		return pure.Frame{Kind: pure.KindHello, Hello: pure.Hello{Version: f.Version, MaxFrame: f.MaxFrame, Features: f.Features, AckWindow: &window}}
	case *oap.Start:
		return pure.Frame{Kind: pure.KindStart, Text: []byte(f.Stream)}
	case *oap.Ack:
		return pure.Frame{Kind: pure.KindAck, Seq: f.UpTo}
	case *oap.End:
		return pure.Frame{Kind: pure.KindEnd, Seq: f.Seq, Value: f.Status}
	case *oap.Error:
		return pure.Frame{Kind: pure.KindError, Value: f.Code, Text: []byte(f.Reason)}
	case *oap.Data:
		return pure.Frame{Kind: pure.KindData, Seq: f.Seq, Body: f.Body, Text: []byte(f.Obj), HasText: f.Obj != ""}
	}
	panic("no frame")
}

func sameFlow(t *testing.T, want oap.Flow, got pure.Flow) {
	t.Helper()
	same := oap.Flow{LastSeq: got.LastSeq, HasLastSeq: got.HasLastSeq, InFlight: int(got.InFlight), Window: int(got.Window),
		Credit: int(got.Credit), Open: got.Open, Objects: got.Objects}
	if same != want {
		t.Fatalf("%+v, want %+v", same, want)
	}
}

// FuzzPureSession: whatever is received and sent, in any order and any split.
func FuzzPureSession(f *testing.F) {
	hello := wireOf(&oap.Hello{Version: 1, MaxFrame: oap.MaxFrameBytes})
	for i, input := range vectorInputs(f) {
		if i%4 != 0 { // a run begins with all of them
			continue
		}
		f.Add(append([]byte{1, 0, 0, byte(len(hello))}, append(hello, append([]byte{2, byte(i)}, input...)...)...), uint8(i))
	}
	f.Fuzz(func(t *testing.T, input []byte, of uint8) {
		config, same := settings(of)
		session, beside := newSession(t, config), pure.NewSession(same)
		defer session.Close()
		rows, besideRows := make([]oap.Row, 3), make([]pure.Row, 3)
		for s := (&script{input}); len(s.left) > 0; {
			switch s.byte() % 4 {
			case 0, 2:
				receiveBeside(t, s.bytes(int(s.byte())), session, beside, rows, besideRows)
			case 1:
				sendBeside(t, s.frame(must(session.Hello()), session.Outbound(), session.Inbound()), session, beside)
			default:
				sameReject(t, session.Finish(), beside.Finish())
			}
			sameFlow(t, session.Outbound(), beside.Outbound())
			sameFlow(t, session.Inbound(), beside.Inbound())
			if session.Established() != beside.Established() || session.Ended() != beside.Ended() ||
				session.PeerMaxFrame() != int(beside.PeerMaxFrame()) {
				t.Fatal("they stand elsewhere")
			}
		}
	})
}

func receiveBeside(t *testing.T, chunk []byte, session *oap.Session, beside *pure.Session, rows []oap.Row, besideRows []pure.Row) {
	t.Helper()
	for {
		table, err := session.Recv(chunk, rows)
		got, reject := beside.Receive(chunk, besideRows)
		sameReject(t, err, reject)
		if err != nil {
			return
		}
		sameRows(t, table.Rows, besideRows[:got.Rows])
		if got.Staged && got.Rows > 0 && !bytes.Equal(table.Bytes, beside.Staged()) {
			t.Fatalf("staged %x, want %x", beside.Staged(), table.Bytes)
		}
		if got.Consumed != table.Consumed || got.More != table.More || got.Need != table.Need {
			t.Fatalf("%+v, want %+v", got, table)
		}
		if chunk = chunk[table.Consumed:]; !table.More {
			return
		}
	}
}

func sendBeside(t *testing.T, frame oap.Frame, session *oap.Session, beside *pure.Session) {
	t.Helper()
	same := besideFrame(frame)
	wire, err := session.Send(nil, frame)
	got, broken := beside.Append(nil, &same)
	if !bytes.Equal(wire, got) || (err == nil) != (broken == nil) {
		t.Fatalf("%v: %x %+v, want %x %v", frame, got, broken, wire, err)
	}
	var refusal *oap.RefusalError
	if errors.As(err, &refusal) {
		if uint32(refusal.Reason) != broken.Code {
			t.Fatalf("%+v, want %v", broken, err)
		}
		sameFault(t, refusal.Field, refusal.Detail, refusal.Limit, broken)
	}
}
