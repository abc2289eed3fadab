package oap_test

import (
	"errors"
	"testing"

	"oap.example/oap"
)

// established gives two sessions whose HELLOs have passed.
func established(t testing.TB, ours, theirs *oap.Config) (a, b *oap.Session) {
	t.Helper()
	a, b = newSession(t, ours), newSession(t, theirs)
	rows := make([]oap.Row, 1)
	fromA := must(a.Send(nil, must(a.Hello())))
	fromB := must(b.Send(nil, must(b.Hello())))
	must(a.Recv(fromB, rows))
	must(b.Recv(fromA, rows))
	if !a.Established() || !b.Established() {
		t.Fatal("the HELLOs have passed and the sessions don't know")
	}
	return a, b
}

func TestASessionKeepsTheAlgebra(t *testing.T) {
	a, b := established(t, nil, nil)
	rows := make([]oap.Row, 8)
	wire := must(a.Send(nil, &oap.Start{Stream: "objects/v1"}))
	wire = must(a.Send(wire, &oap.Data{Seq: 5, Obj: address, Body: []byte("abc")}))
	table := must(b.Recv(wire, rows))
	if len(table.Rows) != 2 || table.Consumed != len(wire) || string(table.Rows[1].Body(table.Bytes)) != "abc" {
		t.Fatal(table.Rows)
	}
	want := oap.Flow{LastSeq: 5, HasLastSeq: true, InFlight: 1, Window: 32, Credit: 31, Open: true, Objects: true}
	if a.Outbound() != want || b.Inbound() != want {
		t.Errorf("%+v and %+v, want %+v", a.Outbound(), b.Inbound(), want)
	}
	must(a.Recv(must(b.Send(nil, &oap.Ack{UpTo: 5})), rows))
	if a.Outbound().Credit != 32 {
		t.Errorf("%+v", a.Outbound())
	}
	must(a.Send(nil, &oap.Error{Code: 1}))
	if !a.Ended() || a.PeerMaxFrame() != oap.MaxFrameBytes {
		t.Error("ERROR does not end")
	}
}

func TestAFrameThatChunksCutIsGivenWhole(t *testing.T) {
	a, b := established(t, nil, nil)
	wire := must(a.Send(nil, &oap.Start{Stream: "s"}))
	wire = must(a.Send(wire, &oap.Data{Seq: 1, Body: []byte("abc")}))
	rows := make([]oap.Row, 8)
	var got []string
	for i := range wire {
		table := must(b.Recv(wire[i:i+1], rows))
		for frame := range table.Frames() {
			got = append(got, frame.String())
			if data, ok := frame.(*oap.Data); ok && string(data.Body) != "abc" {
				t.Errorf("body %q", data.Body)
			}
		}
	}
	if len(got) != 2 || got[0] != `START stream="s"` || got[1] != "DATA seq=1 len=3" {
		t.Error(got)
	}
}

func TestASessionsRejectStaysUntilErrorIsSent(t *testing.T) {
	a, _ := established(t, nil, nil)
	rows := make([]oap.Row, 8)
	wire := wireOf(&oap.Ack{UpTo: 9})
	for range 2 {
		if _, err := a.Recv(wire, rows); !errors.Is(err, oap.ErrCreditViolation) {
			t.Fatal(err)
		}
	}
	if err := a.Finish(); !errors.Is(err, oap.ErrCreditViolation) {
		t.Error(err)
	}
	must(a.Send(nil, &oap.Error{Code: uint32(oap.ErrCreditViolation)}))
	if table, err := a.Recv(wire, rows); err != nil || len(table.Rows) != 0 {
		t.Error(table, err)
	}
	if err := a.Finish(); err != nil {
		t.Error(err)
	}
	if err := a.Reset(); err != nil || a.Ended() || a.Established() {
		t.Error(err)
	}
}

// Rule 4.5: what is staged is judged anew with each byte that comes, by the max_frame then in force, and not without one.
func TestNoBytesAreNoLook(t *testing.T) {
	session, rows := newSession(t, nil), make([]oap.Row, 4)
	wire := wireOf(&oap.Data{Seq: 1, Body: make([]byte, 5000)})
	must(session.Recv(wire[:oap.PrefixBytes], rows))
	must(session.Send(nil, &oap.Hello{Version: 1, MaxFrame: 4096}))
	for _, chunk := range [][]byte{nil, {}} {
		if table, err := session.Recv(chunk, rows); err != nil || len(table.Rows) != 0 || table.Consumed != 0 || table.More {
			t.Errorf("%+v, %v", table, err)
		}
	}
	if _, err := session.Recv(wire[oap.PrefixBytes:][:1], rows); !errors.Is(err, oap.ErrFrameOversize) {
		t.Error(err)
	}
}

func TestFramesCanBeLeftEarly(t *testing.T) {
	wire, rows := wireOf(everyKind()...), make([]oap.Row, 8)
	n, _, _ := newDecoder(t, nil).Decode(wire, rows)
	table, seen := oap.Table{Rows: rows[:n], Bytes: wire}, 0
	for range table.Frames() {
		seen++
		break
	}
	if seen != 1 {
		t.Error(seen)
	}
}
