package oap_test

import (
	"bytes"
	"io"
	"testing"

	"oap.example/oap"
)

// The frames that there are many of: DATA with the same obj, and ACK.
func manyFrames() []byte {
	var wire []byte
	for i := range uint64(100) {
		wire = append(wire, wireOf(&oap.Data{Seq: i, Obj: address, Body: make([]byte, 32)}, &oap.Ack{UpTo: i})...)
	}
	return wire
}

func wantNoAllocs(t *testing.T, run func()) {
	t.Helper()
	if allocs := testing.AllocsPerRun(100, run); allocs != 0 {
		t.Errorf("%v allocations a run", allocs)
	}
}

func TestDecodeDoesNotAllocate(t *testing.T) {
	wire, decoder, rows := manyFrames(), newDecoder(t, nil), make([]oap.Row, 256)
	var bodies int
	wantNoAllocs(t, func() {
		n, _, err := decoder.Decode(wire, rows)
		if n != 200 || err != nil {
			t.Fatal(n, err)
		}
		for i := range rows[:n] {
			bodies += len(rows[i].Body(wire))
		}
	})
}

func TestReaderDoesNotAllocateAFrame(t *testing.T) {
	source := bytes.NewReader(manyFrames())
	reader := must(oap.NewReader(endless{source}, nil))
	defer reader.Close()
	must(reader.Next())
	wantNoAllocs(t, func() {
		for range 200 {
			if _, err := reader.Next(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// endless starts anew where its source ends.
type endless struct{ source *bytes.Reader }

func (e endless) Read(buf []byte) (int, error) {
	if e.source.Len() == 0 {
		_, _ = e.source.Seek(0, io.SeekStart)
	}
	return e.source.Read(buf)
}

func TestSessionDoesNotAllocate(t *testing.T) {
	a, b := established(t, nil, nil)
	rows, wire := make([]oap.Row, 8), make([]byte, 0, 4096)
	wire = must(a.Send(wire, &oap.Start{Stream: "s"}))
	must(b.Recv(wire, rows))
	seq := uint64(0)
	body := make([]byte, 32)
	wantNoAllocs(t, func() {
		seq++
		wire = must(a.Send(wire[:0], &oap.Data{Seq: seq, Body: body}))
		must(b.Recv(wire, rows))
		wire = must(b.Send(wire[:0], &oap.Ack{UpTo: seq}))
		must(a.Recv(wire, rows))
		if flow := a.Outbound(); flow.InFlight != 0 {
			t.Fatal(flow)
		}
	})
}

func TestEncodingDoesNotAllocate(t *testing.T) {
	writer, body := oap.NewWriter(io.Discard, nil), make([]byte, 32)
	wire := make([]byte, 0, 4096)
	write := func() {
		for range 100 {
			if err := writer.Write(&oap.Data{Seq: 1, Obj: address, Body: body}); err != nil {
				t.Fatal(err)
			}
		}
		wire = must(oap.Append(wire[:0], &oap.Start{Stream: "s"}))
	}
	for range 10 { // until the writer's buffer has grown
		write()
	}
	wantNoAllocs(t, write)
}
