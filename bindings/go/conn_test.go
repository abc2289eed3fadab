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

// window is the default options with another window.
func window(frames uint64) *oap.ConnOptions {
	config := oap.DefaultConfig()
	config.AckWindowFrames = frames
	return &oap.ConnOptions{Config: config}
}

// connected gives both sides of a connection over net.Pipe, which holds no byte: a write waits for its read.
func connected(t *testing.T, ours, theirs *oap.ConnOptions) (a, b *oap.Conn) {
	t.Helper()
	rawA, rawB := net.Pipe()
	a, b = must(oap.NewConn(rawA, ours)), must(oap.NewConn(rawB, theirs))
	t.Cleanup(func() { a.Abort(); b.Abort() })
	ctx := deadline(t)
	if err := errors.Join(a.Handshake(ctx), b.Handshake(ctx)); err != nil {
		t.Fatal(err)
	}
	return a, b
}

// overTCP gives both sides of a connection over loopback.
func overTCP(t *testing.T, ours, theirs *oap.ConnOptions) (a, b *oap.Conn) {
	t.Helper()
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	defer listener.Close()
	a = must(oap.Dial(deadline(t), "tcp", listener.Addr().String(), ours))
	b = must(oap.NewConn(must(listener.Accept()), theirs))
	t.Cleanup(func() { a.Abort(); b.Abort() })
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

// wantEnd wants an EndError of that reason.
func wantEnd(t *testing.T, err error, reason oap.EndReason) *oap.EndError {
	t.Helper()
	var end *oap.EndError
	if !errors.As(err, &end) || end.Reason != reason {
		t.Fatalf("%v, want %v", err, reason)
	}
	return end
}

func TestBothSidesStreamAtOnceBeyondTheirCredit(t *testing.T) {
	options := window(2)
	options.Config.MaxFrame = 4096
	a, b := connected(t, options, options)
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

func TestStreamsAtTheSameTimeGoOneAfterTheOther(t *testing.T) {
	a, b := overTCP(t, window(4), window(4))
	ctx, sent := deadline(t), make(chan error, 8)
	for i := range 8 {
		go func() { sent <- a.SendStream(ctx, "s", bytes.NewReader(bytes.Repeat([]byte{byte(i)}, 300_000)), nil) }()
	}
	seen := map[byte]bool{}
	for range 8 {
		_, body, status, err := receiveStream(ctx, b)
		if err != nil || status != 0 || len(body) != 300_000 || bytes.Count(body, body[:1]) != len(body) {
			t.Fatalf("%d bytes, status %d, %v", len(body), status, err)
		}
		seen[body[0]] = true
	}
	for range 8 {
		if err := <-sent; err != nil {
			t.Error(err)
		}
	}
	if len(seen) != 8 {
		t.Errorf("%d streams came", len(seen))
	}
}

func TestADataWithoutCreditWaitsForTheContextAndGoesOnLater(t *testing.T) {
	a, b := connected(t, nil, window(1))
	ctx := deadline(t)
	stream := must(a.Start(ctx, "s"))
	if err := stream.Data(ctx, []byte("a")); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if err := stream.Data(short, []byte("b")); err != context.DeadlineExceeded {
		t.Fatal(err)
	}
	sent := make(chan error, 1)
	go func() { sent <- stream.Data(ctx, []byte("b")) }()
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
	must(a.Start(deadline(t), "s"))
	if frame, err := b.Recv(deadline(t)); err != nil || frame.Kind() != oap.KindStart {
		t.Fatal(frame, err)
	}
}

func TestFramesCanBeLeftAndResumedAndCountAsTaken(t *testing.T) {
	a, b := connected(t, nil, window(1))
	ctx, sent := deadline(t), make(chan error, 1)
	go func() {
		stream := must(a.Start(ctx, "s"))
		for range 5 {
			if err := stream.Data(ctx, []byte("x")); err != nil {
				sent <- err
				return
			}
		}
		sent <- errors.Join(stream.End(ctx, 0), a.Delivered(ctx))
	}()
	count := 0
	for count < 7 {
		for _, err := range b.Frames(ctx) {
			if err != nil {
				t.Fatal(err)
			}
			count++
			break
		}
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

func TestBatchesGiveAllFramesInOrder(t *testing.T) {
	a, b := overTCP(t, nil, nil)
	ctx := deadline(t)
	go func() {
		stream := must(a.Start(ctx, "s"))
		for i := range 10_000 {
			_ = stream.Data(ctx, []byte{byte(i), byte(i >> 8)})
		}
		_ = stream.End(ctx, 0)
	}()
	for next, over := 0, false; !over; {
		batch, err := b.RecvBatch(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for frame := range batch.Frames() {
			switch f := frame.(type) {
			case *oap.Data:
				if int(f.Body[0])|int(f.Body[1])<<8 != next {
					t.Fatalf("%v after %d frames", f.Body, next)
				}
				next++
			case *oap.End:
				over = true
			}
		}
		if over && next != 10_000 {
			t.Errorf("%d frames", next)
		}
	}
}

func TestAFailedSourceGivesItsStreamUpAndTheConnectionGoesOn(t *testing.T) {
	a, b := connected(t, nil, nil)
	ctx, failed := deadline(t), errors.New("the disk is gone")
	sent := make(chan error, 1)
	go func() {
		err := a.SendStream(ctx, "bad", io.MultiReader(bytes.NewReader([]byte("abc")), failing{failed}), nil)
		if !errors.Is(err, failed) {
			sent <- err
			return
		}
		sent <- a.SendStream(ctx, "good", bytes.NewReader([]byte("de")), nil)
	}()
	if _, body, status, err := receiveStream(ctx, b); err != nil || status != 1 || string(body) != "abc" {
		t.Errorf("%q, status %d, %v", body, status, err)
	}
	if name, body, status, err := receiveStream(ctx, b); err != nil || status != 0 || name != "good" || string(body) != "de" {
		t.Errorf("%q %q, status %d, %v", name, body, status, err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// blocking is a source that gives nothing until it is closed.
type blocking struct{ closed chan struct{} }

func (b blocking) Read([]byte) (int, error) { <-b.closed; return 0, io.EOF }
func (b blocking) Close() error             { close(b.closed); return nil }

func TestAContextEndsTheWaitForASource(t *testing.T) {
	a, b := connected(t, nil, nil)
	short, cancel := context.WithTimeout(deadline(t), 20*time.Millisecond)
	defer cancel()
	source, sent := blocking{make(chan struct{})}, make(chan error, 1)
	go func() { sent <- a.SendStream(short, "s", source, nil) }()
	if _, _, status, err := receiveStream(deadline(t), b); err != nil || status != 1 {
		t.Errorf("status %d, %v", status, err)
	}
	if err := <-sent; err != context.DeadlineExceeded {
		t.Error(err)
	}
	<-source.closed
	must(a.Start(deadline(t), "next"))
}

func TestAClosedConnectionEndsTheWaitForASource(t *testing.T) {
	a, _ := connected(t, nil, nil)
	source, sent := blocking{make(chan struct{})}, make(chan error, 1)
	go func() { sent <- a.SendStream(deadline(t), "s", source, nil) }()
	time.Sleep(10 * time.Millisecond)
	_ = a.CloseWithin(10 * time.Millisecond)
	if err := <-sent; !errors.Is(err, oap.ErrClosed) {
		wantEnd(t, err, oap.EndCloseTimeout)
	}
}

func TestAPanicOfASourceIsItsCallers(t *testing.T) {
	a, b := connected(t, nil, nil)
	go func() { _, _, _, _ = receiveStream(deadline(t), b) }()
	if said := panicOf(func() { _ = a.SendStream(deadline(t), "s", panicking{}, nil) }); said == "" {
		t.Error("it is swallowed")
	}
}

type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("no") }

func TestARejectIsToldToThePeer(t *testing.T) {
	raw, peer := net.Pipe()
	conn := must(oap.NewConn(raw, nil))
	defer conn.Abort()
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
	end := wantEnd(t, err, oap.EndReject)
	if !errors.Is(err, oap.ErrUnknownEnvelope) || end.Word() != "reject:unknown_envelope" {
		t.Errorf("Recv: %v", err)
	}
	if got := (<-told).String(); got != `ERROR code=4 reason="unknown_envelope"` {
		t.Error(got)
	}
	if _, err := conn.Start(deadline(t), "s"); !errors.Is(err, oap.ErrUnknownEnvelope) {
		t.Errorf("Start: %v", err)
	}
}

func TestThePeersErrorIsAnErrorBehindItsFrames(t *testing.T) {
	raw, peer := net.Pipe()
	conn := must(oap.NewConn(raw, nil))
	defer conn.Abort()
	go func() { _, _ = io.Copy(io.Discard, peer) }()
	must(peer.Write(wireOf(&oap.Hello{Version: 1, MaxFrame: 4096}, &oap.Start{Stream: "s"}, &oap.Error{Code: 900, Reason: "enough"})))
	ctx := deadline(t)
	if frame, err := conn.Recv(ctx); err != nil || frame.Kind() != oap.KindStart {
		t.Fatal(frame, err)
	}
	_, err := conn.Recv(ctx)
	end := wantEnd(t, err, oap.EndPeerError)
	if end.PeerCode != 900 || end.PeerText != "enough" || end.Word() != "peer_error:900" {
		t.Errorf("%+v", end)
	}
	if bytes.Contains([]byte(err.Error()), []byte("enough")) {
		t.Error("the peer's text stands in our message")
	}
	_, again := conn.Start(ctx, "s")
	if other := wantEnd(t, again, oap.EndPeerError); other == end {
		t.Error("both calls have the same error")
	}
}

func TestRecvSaysWhereThePeerEnded(t *testing.T) {
	hello := &oap.Hello{Version: 1, MaxFrame: 4096}
	for name, c := range map[string]struct {
		frames []oap.Frame
		word   string
	}{
		"between streams": {[]oap.Frame{hello, &oap.Start{Stream: "s"}, &oap.Data{Seq: 1}, &oap.End{Seq: 1}}, ""},
		"inside one":      {[]oap.Frame{hello, &oap.Start{Stream: "s"}, &oap.Data{Seq: 1}}, "incomplete"},
	} {
		conn, peer := rawPeer(t, nil)
		must(peer.Write(wireOf(c.frames...)))
		_ = peer.CloseWrite()
		ctx := deadline(t)
		for range c.frames[1:] {
			if _, err := conn.Recv(ctx); err != nil {
				t.Fatal(name, err)
			}
		}
		for range 2 {
			_, err := conn.Recv(ctx)
			var end *oap.EndError
			if c.word == "" && err != io.EOF || c.word != "" && (!errors.As(err, &end) || end.Word() != c.word) {
				t.Errorf("%s: %v", name, err)
			}
		}
		conn.Abort()
	}
}

func TestCloseWakesWhoWaits(t *testing.T) {
	a, _ := connected(t, nil, window(1))
	ctx := deadline(t)
	stream := must(a.Start(ctx, "s"))
	if err := stream.Data(ctx, []byte("a")); err != nil {
		t.Fatal(err)
	}
	woken := make(chan error, 3)
	go func() { woken <- stream.Data(ctx, []byte("b")) }()
	go func() { _, err := a.Recv(ctx); woken <- err }()
	go func() { _, err := a.Start(ctx, "second"); woken <- err }()
	time.Sleep(10 * time.Millisecond)
	go func() { _ = a.CloseWithin(5 * time.Second) }()
	for range 3 {
		select {
		case err := <-woken:
			if !errors.Is(err, oap.ErrClosed) {
				t.Error(err)
			}
		case <-time.After(3 * time.Second):
			t.Fatal("who waits sleeps on")
		}
	}
	a.Abort()
}

func TestAHostThatDoesNotReceiveHoldsItsPeerBack(t *testing.T) {
	a, b := connected(t, nil, &oap.ConnOptions{ReceiveBuffer: 4096})
	short, cancel := context.WithTimeout(deadline(t), 200*time.Millisecond)
	defer cancel()
	sent := 0
	for ; sent < 1_000_000; sent++ { // empty streams cost no credit
		stream, err := a.Start(short, "s")
		if err != nil {
			break
		}
		if stream.End(short, 0) != nil {
			stream.Abort()
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

func TestAcknowledgementsCanBeTheHostsOwn(t *testing.T) {
	a, b := connected(t, nil, &oap.ConnOptions{ManualAck: true})
	ctx := deadline(t)
	stream := must(a.Start(ctx, "s"))
	if err := errors.Join(stream.Data(ctx, []byte("a")), stream.End(ctx, 0)); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := receiveStream(ctx, b); err != nil {
		t.Fatal(err)
	}
	if flow := a.Outbound(); flow.InFlight != 1 {
		t.Errorf("%+v", flow)
	}
	if err := errors.Join(b.Acknowledge(ctx, 1), a.Delivered(ctx)); err != nil {
		t.Error(err)
	}
}

func TestAPeersLimitRefusesAtOnce(t *testing.T) {
	a, _ := connected(t, nil, nil)
	stream := must(a.Start(deadline(t), "s"))
	if err := stream.Data(deadline(t), make([]byte, oap.MaxFrameBytes)); !errors.Is(err, oap.ErrFrameOversize) {
		t.Error(err)
	}
	if err := stream.Data(deadline(t), []byte("x")); err != nil {
		t.Error(err)
	}
}
