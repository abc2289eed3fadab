//go:build cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64))

package oap_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"oap.example/oap"
	"oap.example/oap/internal/pure"
)

// engines are the Engine over liboap and the one in Go alone, at the same time.
type engines struct {
	t      *testing.T
	now    uint64
	engine *oap.Engine
	beside *pure.Connection
	rows   []oap.Row
	same   []pure.Row
}

// FuzzEngine: whatever a host does with an engine, in any order, both engines answer alike and keep their bounds.
func FuzzEngine(f *testing.F) {
	hello := wireOf(&oap.Hello{Version: 1, MaxFrame: oap.MaxFrameBytes})
	for i, input := range vectorInputs(f) {
		if i%4 != 0 { // a run begins with all of them
			continue
		}
		opened := append([]byte{0, byte(len(hello))}, hello...)
		opened = append(opened, 1, 2, 5, 'b', 'o', 'd', 'y', '!', 7, 255, 3, 4, 0, byte(len(input)))
		f.Add(append(opened, input...), uint8(i))
	}
	f.Fuzz(func(t *testing.T, input []byte, of uint8) {
		e := newEngines(t, of)
		defer e.engine.Free()
		for s := (&script{input}); len(s.left) > 0; {
			e.step(s)
			e.compare()
		}
	})
}

func newEngines(t *testing.T, of uint8) *engines {
	t.Helper()
	config, same := settings(of)
	options := pure.DefaultConnectionOptions()
	options.SendBuffer, options.ReceiveBuffer, options.ReceiveLimit = 40, 60, 120
	options.ManualAck = of&64 != 0
	engine := must(oap.NewEngine(&oap.ConnOptions{Config: config, SendBuffer: 40, ReceiveBuffer: 60, ReceiveLimit: 120,
		ManualAck: options.ManualAck}, 0))
	return &engines{t, 0, engine, pure.NewConnection(same, options, 0), make([]oap.Row, 3), make([]pure.Row, 3)}
}

func (e *engines) step(s *script) {
	switch s.byte() % 13 {
	case 0:
		e.receive(s.bytes(int(s.byte())))
	case 1:
		name := []string{"s", "objects", "", "\x07"}[s.byte()%4]
		e.sent(e.engine.Start(e.now, name), e.beside.Start(e.now, name))
	case 2:
		body := s.bytes(int(s.byte() % 64))
		e.sent(e.engine.Data(e.now, "", body), e.beside.Data(e.now, "", body))
	case 3:
		status := uint32(s.byte()) << (s.byte() % 12)
		e.sent(e.engine.EndStream(e.now, status), e.beside.EndStream(e.now, status))
	case 4:
		frames := int(s.byte() % 8)
		e.engine.Take(e.now, frames)
		e.beside.Take(e.now, frames)
	case 5:
		upTo := uint64(s.byte() % 16)
		e.sent(e.engine.Acknowledge(e.now, upTo), e.beside.Acknowledge(e.now, upTo))
	case 6:
		e.engine.CancelSend()
		e.beside.CancelSend()
	case 7:
		e.write(int(s.byte()))
	case 8:
		e.now += uint64(s.byte()) << (s.byte() % 32)
	case 9:
		e.engine.HandleTimeout(e.now)
		e.beside.HandleTimeout(e.now)
	case 10:
		e.engine.ReceiveEnd(e.now)
		e.beside.ReceiveEnd(e.now)
	case 11:
		e.close(s.byte())
	default:
		e.send(s)
	}
}

// send is of an object.
func (e *engines) send(s *script) {
	body := s.bytes(int(s.byte() % 64))
	e.sent(e.engine.Data(e.now, address, body), e.beside.Data(e.now, address, body))
}

func (e *engines) close(how uint8) {
	switch how % 8 {
	case 0:
		e.engine.Abort()
		e.beside.Abort()
	case 1:
		e.engine.TransportFailed()
		e.beside.TransportFailed()
	case 2:
		e.engine.Close(e.now, -1)
		e.beside.Close(e.now, ^uint64(0))
	case 3:
		e.engine.Close(e.now, time.Duration(how)<<20)
		e.beside.Close(e.now, uint64(how)<<20)
	}
}

func (e *engines) receive(chunk []byte) {
	for len(chunk) > 0 {
		table := e.engine.Receive(e.now, chunk, e.rows)
		got := e.beside.Receive(e.now, chunk, e.same)
		sameRows(e.t, table.Rows, e.same[:got.Rows])
		if got.Consumed != table.Consumed || got.Staged && got.Rows > 0 && !bytes.Equal(table.Bytes, e.beside.Staged()) {
			e.t.Fatalf("%+v, want %+v", got, table)
		}
		if table.Consumed == 0 && len(table.Rows) == 0 {
			e.t.Fatal("nothing is consumed, and nothing given")
		}
		chunk = chunk[table.Consumed:]
	}
}

func (e *engines) write(most int) {
	wire := e.engine.AppendOutput(make([]byte, 0, most), e.now)
	var same []byte
	e.beside.Transmit(e.now, func(piece pure.Piece) bool {
		same = append(same, piece.Bytes...)
		return true
	})
	if same = same[:min(len(same), most)]; !bytes.Equal(wire, same) {
		e.t.Fatalf("writes %x, want %x", same, wire)
	}
	e.engine.Transmitted(e.now, len(wire))
	e.beside.Transmitted(e.now, len(wire))
}

func (e *engines) sent(want error, got pure.Outcome) {
	e.t.Helper()
	var wait oap.Wait
	var refusal *oap.RefusalError
	switch {
	case want == nil && got.Status == pure.StatusOk:
	case errors.Is(want, oap.ErrClosed) && got.Status == pure.StatusClosed:
	case errors.As(want, &wait) && got.Status == int32(wait):
	case errors.As(want, &refusal) && got.Status == int32(refusal.Reason):
		sameFault(e.t, refusal.Field, refusal.Detail, refusal.Limit, got.Fault)
	default:
		e.t.Fatalf("%+v, want %v", got, want)
	}
}

// compare looks at all that a host can ask.
func (e *engines) compare() {
	e.t.Helper()
	info := e.beside.Info()
	at, runs := e.engine.NextTimeout()
	if oap.ConnState(info.State) != e.engine.State() || info.WantsRead != e.engine.WantsRead() ||
		info.WantsWrite != e.engine.WantsWrite() || info.WantsShutdown != e.engine.WantsShutdown() ||
		info.HasTimeout != runs || runs && info.Timeout != at || int(info.MaxBody) != e.engine.MaxBody() {
		e.t.Fatalf("%+v, want %v, reads %v, writes %v, shuts %v, timeout %d %v, body %d", info, e.engine.State(),
			e.engine.WantsRead(), e.engine.WantsWrite(), e.engine.WantsShutdown(), at, runs, e.engine.MaxBody())
	}
	sameFlow(e.t, e.engine.Outbound(), info.Outbound)
	sameFlow(e.t, e.engine.Inbound(), info.Inbound)
	e.compareEnd(info.EndReason)
	if info.Queued > 40+oap.MaxHeadBytes {
		e.t.Fatalf("%d bytes wait to be written", info.Queued)
	}
}

func (e *engines) compareEnd(reason uint8) {
	end := e.engine.End()
	if end == nil {
		if reason != 0 {
			e.t.Fatalf("ended as %d", reason)
		}
		return
	}
	if uint8(end.Reason) != reason {
		e.t.Fatalf("ended as %d, want %v", reason, end)
	}
	if end.Reason == oap.EndReject {
		sameReject(e.t, end.Reject, e.beside.Reject())
	}
	if said := e.beside.PeerError(); end.Reason == oap.EndPeerError && (said.Code != end.PeerCode || said.Reason != end.PeerText) {
		e.t.Fatalf("%+v, want %v", said, end)
	}
}
