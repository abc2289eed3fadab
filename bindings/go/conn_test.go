package oap_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"oap.example/oap"
)

// connected gives both sides of a session over net.Pipe, which holds no byte: a write waits for its read.
func connected(t *testing.T, ours, theirs *oap.Config) (a, b *oap.Conn) {
	t.Helper()
	rawA, rawB := net.Pipe()
	a, b = must(oap.NewConn(rawA, ours)), must(oap.NewConn(rawB, theirs))
	t.Cleanup(func() { _, _ = a.Close(), b.Close() })
	ctx, done := deadline(t), make(chan error)
	go func() { done <- b.Handshake(ctx) }()
	if err := errors.Join(a.Handshake(ctx), <-done); err != nil {
		t.Fatal(err)
	}
	return a, b
}

// receiveStream gives a stream's name, bytes and status.
func receiveStream(ctx context.Context, conn *oap.Conn) (name string, body []byte, status uint32, err error) {
	for {
		frame, err := conn.Recv(ctx)
		if err != nil {
			return name, body, status, err
		}
		switch f := frame.(type) {
		case *oap.Start:
			name = f.Stream
		case *oap.Data:
			body = append(body, f.Body...)
		case *oap.End:
			return name, body, f.Status, nil
		}
	}
}

func TestBothSidesStreamAtOnceBeyondTheirCredit(t *testing.T) {
	config := oap.DefaultConfig()
	config.AckWindowFrames = 2
	config.MaxFrame = 4096
	a, b := connected(t, config, config)
	ctx, sent := deadline(t), bytes.Repeat([]byte("0123456789abcdef"), 1<<14)
	sides := make(chan error, 4)
	for _, conn := range []*oap.Conn{a, b} {
		go func() { sides <- conn.SendStream(ctx, "notes", bytes.NewReader(sent), nil) }()
		go func() {
			_, body, _, err := receiveStream(ctx, conn)
			if err == nil && !bytes.Equal(body, sent) {
				err = errors.New("other bytes came")
			}
			sides <- err
		}()
	}
	for range 4 {
		if err := <-sides; err != nil {
			t.Error(err)
		}
	}
	if flow := a.Outbound(); flow.LastSeq < 60 || flow.Open {
		t.Errorf("%+v", flow)
	}
}

func TestStreamsFollowEachOtherAndCarryTheirOptions(t *testing.T) {
	a, b := connected(t, nil, nil)
	ctx, sent := deadline(t), make(chan error, 1)
	go func() {
		options := &oap.StreamOptions{Obj: address, Status: 7}
		sent <- errors.Join(a.SendStream(ctx, "objects/x", bytes.NewReader([]byte("abc")), options),
			a.SendStream(ctx, "empty", bytes.NewReader(nil), nil),
			a.SendStream(ctx, "notes", bytes.NewReader([]byte("de")), nil))
	}()
	for _, want := range []struct {
		name, body string
		status     uint32
	}{{"objects/x", "abc", 7}, {"empty", "", 0}, {"notes", "de", 0}} {
		name, body, status, err := receiveStream(ctx, b)
		if err != nil || name != want.name || string(body) != want.body || status != want.status {
			t.Errorf("%q %q %d %v, want %v", name, body, status, err, want)
		}
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

func TestSendWithoutCreditWaitsForTheContextAndGoesOnLater(t *testing.T) {
	config := oap.DefaultConfig()
	config.AckWindowFrames = 1
	a, b := connected(t, nil, config)
	ctx := deadline(t)
	for _, frame := range []oap.Frame{&oap.Start{Stream: "s"}, &oap.Data{Seq: 1}} {
		if err := a.Send(ctx, frame); err != nil {
			t.Fatal(err)
		}
	}
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if err := a.Send(short, &oap.Data{Seq: 2}); err != context.DeadlineExceeded {
		t.Fatal(err)
	}
	sent := make(chan error, 1)
	go func() { sent <- a.Send(ctx, &oap.Data{Seq: 2}) }()
	for _, want := range []oap.Kind{oap.KindStart, oap.KindData, oap.KindData} {
		if frame, err := b.Recv(ctx); err != nil || frame.Kind() != want {
			t.Fatal(frame, err)
		}
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

func TestRecvCanBeCancelledAndCalledAgain(t *testing.T) {
	a, b := connected(t, nil, nil)
	short, cancel := context.WithTimeout(deadline(t), 10*time.Millisecond)
	defer cancel()
	if _, err := b.Recv(short); err != context.DeadlineExceeded {
		t.Fatal(err)
	}
	if err := a.Send(deadline(t), &oap.Start{Stream: "s"}); err != nil {
		t.Fatal(err)
	}
	if frame, err := b.Recv(deadline(t)); err != nil || frame.Kind() != oap.KindStart {
		t.Fatal(frame, err)
	}
}

func TestAWriteThatTheContextCutIsFinishedByTheNext(t *testing.T) {
	raw, peer := net.Pipe()
	conn := must(oap.NewConn(raw, nil))
	defer conn.Close()
	ctx, cancel := context.WithCancel(deadline(t))
	first, read := make([]byte, 1), make(chan error, 1)
	go func() {
		_, err := io.ReadFull(peer, first)
		cancel()
		read <- err
	}()
	if err := errors.Join(conn.Handshake(ctx), <-read); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	other := must(oap.NewSession(nil))
	defer other.Close()
	go func() { read <- conn.Send(deadline(t), &oap.Start{Stream: "s"}) }()
	go func() { _, _ = peer.Write(must(other.Send(nil, must(other.Hello())))) }()
	rest := make([]byte, 1024)
	rows, wire := make([]oap.Row, 4), first
	for frames := 0; frames < 2; {
		n := must(peer.Read(rest))
		table := must(other.Recv(append(wire, rest[:n]...), rows))
		frames, wire = frames+len(table.Rows), nil
	}
	if err := <-read; err != nil {
		t.Error(err)
	}
}

func TestARejectIsToldToThePeer(t *testing.T) {
	raw, peer := net.Pipe()
	conn := must(oap.NewConn(raw, nil))
	defer conn.Close()
	go func() { _, _ = peer.Write([]byte{0, 0, 0, 8, 0x99, 0, 0, 0}) }()
	reader := must(oap.NewReader(peer, nil))
	defer reader.Close()
	told := make(chan oap.Frame, 1)
	go func() {
		for frame := range reader.All() {
			if frame.Kind() == oap.KindError {
				told <- frame
				return
			}
		}
	}()
	_, err := conn.Recv(deadline(t))
	var reject *oap.RejectError
	if !errors.As(err, &reject) || reject.Reason != oap.ErrUnknownEnvelope {
		t.Errorf("Recv: %v", err)
	}
	if got := (<-told).String(); got != `ERROR code=4 reason="unknown_envelope"` {
		t.Error(got)
	}
	if err := conn.Send(deadline(t), &oap.Ack{}); !errors.Is(err, oap.ErrUnknownEnvelope) {
		t.Errorf("Send: %v", err)
	}
}

func TestThePeersErrorIsAnErrorBehindItsFrames(t *testing.T) {
	a, b := connected(t, nil, nil)
	ctx := deadline(t)
	if err := errors.Join(a.Send(ctx, &oap.Start{Stream: "s"}), a.Send(ctx, &oap.Error{Code: 900, Reason: "enough"})); err != nil {
		t.Fatal(err)
	}
	if frame, err := b.Recv(ctx); err != nil || frame.Kind() != oap.KindStart {
		t.Fatal(frame, err)
	}
	_, err := b.Recv(ctx)
	var said *oap.Error
	if !errors.As(err, &said) || said.Code != 900 || said.Reason != "enough" {
		t.Error(err)
	}
	if err := b.Send(ctx, &oap.Start{Stream: "s"}); !errors.As(err, &said) {
		t.Error(err)
	}
}

func TestRecvSaysWhereThePeerEnded(t *testing.T) {
	for want, frames := range map[error][]oap.Frame{
		io.EOF:              {&oap.Start{Stream: "s"}, &oap.Data{Seq: 1}, &oap.End{Seq: 1}},
		io.ErrUnexpectedEOF: {&oap.Start{Stream: "s"}, &oap.Data{Seq: 1}},
	} {
		a, b := connected(t, nil, nil)
		ctx := deadline(t)
		for _, frame := range frames {
			if err := a.Send(ctx, frame); err != nil {
				t.Fatal(err)
			}
		}
		_ = a.Close()
		for range frames {
			if _, err := b.Recv(ctx); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if _, err := b.Recv(ctx); err != want {
				t.Errorf("%v, want %v", err, want)
			}
		}
	}
}

func TestCreditThatCannotComeIsAnError(t *testing.T) {
	config := oap.DefaultConfig()
	config.AckWindowFrames = 1
	a, b := connected(t, nil, config)
	ctx := deadline(t)
	if err := errors.Join(a.Send(ctx, &oap.Start{Stream: "s"}), a.Send(ctx, &oap.Data{Seq: 1})); err != nil {
		t.Fatal(err)
	}
	_ = b.Close()
	if err := a.Send(ctx, &oap.Data{Seq: 2}); err != io.ErrUnexpectedEOF {
		t.Error(err)
	}
}

func TestServeHandlesAndStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(deadline(t))
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	served := make(chan error, 1)
	go func() {
		served <- oap.Serve(ctx, listener, nil, func(ctx context.Context, conn *oap.Conn) {
			if name, body, _, err := receiveStream(ctx, conn); err == nil {
				_ = conn.SendStream(ctx, name, bytes.NewReader(body), nil)
			}
			<-ctx.Done()
		})
	}()
	conn := must(oap.Dial(ctx, "tcp", listener.Addr().String(), nil))
	defer conn.Close()
	if hello := conn.PeerHello(); hello == nil || hello.MaxFrame != oap.MaxFrameBytes {
		t.Error(hello)
	}
	sent := bytes.Repeat([]byte("x"), 1<<20)
	if err := conn.SendStream(ctx, "echo", bytes.NewReader(sent), nil); err != nil {
		t.Fatal(err)
	}
	if name, body, _, err := receiveStream(ctx, conn); err != nil || name != "echo" || !bytes.Equal(body, sent) {
		t.Errorf("%q, %d bytes, %v", name, len(body), err)
	}
	cancel()
	if err := <-served; err != context.Canceled {
		t.Error(err)
	}
	if _, err := oap.Dial(deadline(t), "tcp", listener.Addr().String(), nil); err == nil {
		t.Error("the listener is still open")
	}
}

func TestCloseWakesWhoWaits(t *testing.T) {
	config := oap.DefaultConfig()
	config.AckWindowFrames = 1
	a, _ := connected(t, nil, config)
	ctx := deadline(t)
	if err := errors.Join(a.Send(ctx, &oap.Start{Stream: "s"}), a.Send(ctx, &oap.Data{Seq: 1})); err != nil {
		t.Fatal(err)
	}
	woken := make(chan error, 2)
	go func() { woken <- a.Send(ctx, &oap.Data{Seq: 2}) }()
	go func() { _, err := a.Recv(ctx); woken <- err }()
	time.Sleep(10 * time.Millisecond)
	_ = a.Close()
	for range 2 {
		if err := <-woken; !errors.Is(err, oap.ErrClosed) {
			t.Error(err)
		}
	}
}

func TestAHostThatDoesNotReceiveHoldsItsPeerBack(t *testing.T) {
	a, b := connected(t, nil, nil)
	short, cancel := context.WithTimeout(deadline(t), 200*time.Millisecond)
	defer cancel()
	sent := 0
	for ; sent < 1_000_000; sent++ { // empty streams cost no credit
		if errors.Join(a.Send(short, &oap.Start{Stream: "s"}), a.Send(short, &oap.End{})) != nil {
			break
		}
	}
	if short.Err() == nil {
		t.Error("a flood of empty streams was taken without end")
	}
	for range sent {
		if _, _, _, err := receiveStream(deadline(t), b); err != nil {
			t.Fatal(err)
		}
	}
}
