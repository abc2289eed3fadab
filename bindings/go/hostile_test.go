package oap_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"testing"
	"time"

	"oap.example/oap"
)

// hello is what a peer greets with, of that window.
func hello(window uint32) *oap.Hello {
	return &oap.Hello{Version: 1, MaxFrame: oap.MaxFrameBytes, AckWindow: &window}
}

// rawPeer gives a connection, and the socket at its other end.
func rawPeer(t *testing.T, options *oap.ConnOptions) (*oap.Conn, *net.TCPConn) {
	t.Helper()
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	defer listener.Close()
	conn := must(oap.Dial(deadline(t), "tcp", listener.Addr().String(), options))
	peer := must(listener.Accept()).(*net.TCPConn)
	t.Cleanup(func() { conn.Abort(); _ = peer.Close() })
	return conn, peer
}

// wantWithin wants a call to return in time.
func wantWithin(t *testing.T, limit time.Duration, call func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { call(); close(done) }()
	select {
	case <-done:
	case <-time.After(limit):
		buf := make([]byte, 1<<16)
		t.Fatalf("it takes longer than %v\n%s", limit, buf[:runtime.Stack(buf, true)])
	}
}

func TestAMutePeerIsEnded(t *testing.T) {
	conn, _ := rawPeer(t, &oap.ConnOptions{HandshakeTimeout: 50 * time.Millisecond})
	_, err := conn.Start(deadline(t), "s")
	wantEnd(t, err, oap.EndHandshakeTimeout)
	<-conn.Done()
}

func TestAnIdlePeerIsEnded(t *testing.T) {
	conn, peer := rawPeer(t, &oap.ConnOptions{IdleTimeout: 50 * time.Millisecond})
	must(peer.Write(wireOf(hello(4))))
	_, err := conn.Recv(deadline(t))
	wantEnd(t, err, oap.EndIdleTimeout)
}

func TestAllThatWasSentReachesASlowPeerThatIsClosedTo(t *testing.T) {
	for name, secure := range map[string]bool{"TCP": false, "TLS": true} {
		t.Run(name, func(t *testing.T) {
			a, b := pair(t, secure, nil, nil)
			ctx, sent := deadline(t), bytes.Repeat([]byte("0123456789abcdef"), 3_000_000/16)
			got := make(chan []byte, 1)
			go func() {
				var body []byte
				for frame, err := range b.Frames(ctx) {
					if data, ok := frame.(*oap.Data); ok && err == nil {
						body = append(body, data.Body...)
						time.Sleep(time.Duration(len(data.Body)) * time.Second / 4_000_000)
					}
				}
				got <- body
			}()
			if err := errors.Join(a.SendStream(ctx, "s", bytes.NewReader(sent), nil), a.Close()); err != nil {
				t.Error(err)
			}
			if body := <-got; !bytes.Equal(body, sent) {
				t.Errorf("%d of %d bytes", len(body), len(sent))
			}
		})
	}
}

// pair gives both sides of a connection over loopback, with TLS or without.
func pair(t *testing.T, secure bool, ours, theirs *oap.ConnOptions) (a, b *oap.Conn) {
	t.Helper()
	if !secure {
		return overTCP(t, ours, theirs)
	}
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	defer listener.Close()
	client := tls.Client(must(net.Dial("tcp", listener.Addr().String())), &tls.Config{InsecureSkipVerify: true})
	server := tls.Server(must(listener.Accept()), &tls.Config{Certificates: []tls.Certificate{certificate(t)}})
	a, b = must(oap.NewConn(client, ours)), must(oap.NewConn(server, theirs))
	t.Cleanup(func() { a.Abort(); b.Abort() })
	return a, b
}

func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der := must(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestAStoppedPeerCostsItsSenderNoMoreThanTheBuffer(t *testing.T) {
	conn, peer := rawPeer(t, nil)
	must(peer.Write(wireOf(hello(1024))))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	short, cancel := context.WithTimeout(deadline(t), 300*time.Millisecond)
	defer cancel()
	if err := conn.SendStream(short, "s", limitless{}, nil); err != context.DeadlineExceeded {
		t.Error(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 2<<20 {
		t.Errorf("%d bytes", grown)
	}
	wantWithin(t, 5*time.Second, func() {
		wantEnd(t, conn.CloseWithin(100*time.Millisecond), oap.EndCloseTimeout)
	})
}

type limitless struct{}

func (limitless) Read(buf []byte) (int, error) { return len(buf), nil }

func TestAContextThatEndsDuringAWriteLeavesTLSGood(t *testing.T) {
	a, b := pair(t, true, nil, &oap.ConnOptions{ReceiveBuffer: 64 << 10})
	short, cancel := context.WithTimeout(deadline(t), 200*time.Millisecond)
	defer cancel()
	if err := a.SendStream(short, "cut off", limitless{}, nil); err != context.DeadlineExceeded {
		t.Fatal(err)
	}
	sent := make(chan error, 1)
	go func() { sent <- a.SendStream(deadline(t), "whole", bytes.NewReader([]byte("abc")), nil) }()
	if _, _, status, err := receiveStream(deadline(t), b); err != nil || status != 1 {
		t.Fatalf("status %d, %v", status, err)
	}
	if name, body, status, err := receiveStream(deadline(t), b); err != nil || name != "whole" || string(body) != "abc" || status != 0 {
		t.Errorf("%q %q %d %v", name, body, status, err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

func TestAPeerThatResetsIsTold(t *testing.T) {
	conn, peer := rawPeer(t, nil)
	must(peer.Write(wireOf(hello(4))))
	stream := must(conn.Start(deadline(t), "s"))
	if err := errors.Join(stream.Data(deadline(t), []byte("x")), conn.Flush(deadline(t))); err != nil {
		t.Fatal(err)
	}
	_ = peer.SetLinger(0)
	_ = peer.Close()
	_, err := conn.Recv(deadline(t))
	end := wantEnd(t, err, oap.EndReset)
	if end.Transport == nil {
		t.Error("without what the socket said")
	}
	for range 2 {
		wantWithin(t, 5*time.Second, func() { wantEnd(t, conn.Close(), oap.EndReset) })
	}
}

func TestAHalfClosedPeerGetsAllAndAcknowledges(t *testing.T) {
	conn, peer := rawPeer(t, nil)
	must(peer.Write(wireOf(hello(4), &oap.Start{Stream: "s"}, &oap.End{})))
	_ = peer.CloseWrite()
	if _, _, _, err := receiveStream(deadline(t), conn); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Recv(deadline(t)); err != io.EOF {
		t.Error(err)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
}

func TestAPeerOfAnotherProtocolIsRejected(t *testing.T) {
	for _, said := range []string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00", "SSH-2.0-x\r\n"} {
		conn, peer := rawPeer(t, nil)
		must(peer.Write([]byte(said)))
		_ = peer.CloseWrite()
		_, err := conn.Recv(deadline(t))
		wantEnd(t, err, oap.EndReject)
	}
}

func TestAPeerMayCloseAtEveryByte(t *testing.T) {
	address := serving(t, &oap.Server{Handler: echo, OnError: func(error) {}})
	wire := wireOf(hello(4), &oap.Start{Stream: "s"}, &oap.Data{Seq: 1, Body: []byte("abc")}, &oap.End{Seq: 1},
		&oap.Error{Code: 1, Reason: "x"})
	for cut := range len(wire) + 1 {
		peer := dialed(address).(*net.TCPConn)
		must(peer.Write(wire[:cut]))
		if cut%2 == 0 {
			_ = peer.SetLinger(0)
		}
		_ = peer.Close()
	}
	wantEcho(t, address)
}

// serving over TLS, with the options that its clients take.
func servingTLS(t *testing.T, server *oap.Server) (address string, client *tls.Config) {
	t.Helper()
	config := &tls.Config{Certificates: []tls.Certificate{certificate(t)}}
	listener := tls.NewListener(must(net.Listen("tcp", "127.0.0.1:0")), config)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String(), &tls.Config{InsecureSkipVerify: true}
}

// All are open at the same time, and each has its turn. With -short, for the builds that are slow, there are a hundred.
func TestAThousandConnectionsOverTLS(t *testing.T) {
	count := 1000
	if testing.Short() {
		count = 100
	}
	address, client := servingTLS(t, &oap.Server{Handler: echo, OnError: func(error) {}})
	ctx, cancel := context.WithTimeout(context.Background(), 120*time.Second)
	defer cancel()
	results, greeted := make(chan error, count), make(chan struct{})
	var waiting sync.WaitGroup
	for range count {
		waiting.Add(1)
		go func() { results <- echoOverTLS(ctx, address, client, &waiting, greeted) }()
	}
	waiting.Wait()
	close(greeted)
	for range count {
		if err := <-results; err != nil {
			t.Fatal(err)
		}
	}
}

// echoOverTLS opens a connection, and uses it once all are open.
func echoOverTLS(ctx context.Context, address string, client *tls.Config, waiting *sync.WaitGroup, greeted chan struct{}) error {
	raw, err := (&tls.Dialer{Config: client}).DialContext(ctx, "tcp", address)
	if err != nil {
		waiting.Done()
		return err
	}
	conn := must(oap.NewConn(raw, nil))
	err = conn.Handshake(ctx)
	waiting.Done()
	<-greeted
	if err == nil {
		err = conn.SendStream(ctx, "s", bytes.NewReader([]byte("abc")), nil)
	}
	if err == nil {
		_, _, _, err = receiveStream(ctx, conn)
	}
	return errors.Join(err, conn.Close())
}

// The same peers, where the process may have 64 descriptors: what is left of each test must be given back.
func TestHostilePeersWithFewDescriptors(t *testing.T) {
	if os.Getenv("OAP_TEST_FEW_DESCRIPTORS") != "" {
		return
	}
	const tests = "^Test(AMute|AnIdle|AStopped|APeer|AHalfClosed|CloseBetween|AbortIn|TwoSides|CloseTells)"
	command := exec.Command("sh", "-c", `ulimit -n 64 && exec "$0" -test.run "$1" -test.count 2`, must(os.Executable()), tests)
	command.Env = append(os.Environ(), "OAP_TEST_FEW_DESCRIPTORS=1")
	if said, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
}

func TestCloseBetweenStartAndTheFirstDataIsClosed(t *testing.T) {
	for range 50 {
		a, b := overTCP(t, nil, nil)
		ctx := deadline(t)
		go func() {
			for {
				if _, err := b.Recv(ctx); err != nil {
					return
				}
			}
		}()
		sent := make(chan error, 1)
		go func() { sent <- a.SendStream(ctx, "s", limitless{}, nil) }()
		closed := make(chan error, 2)
		for range 2 {
			go func() { closed <- a.Close() }()
		}
		if err := <-sent; !errors.Is(err, oap.ErrClosed) {
			t.Error(err)
		}
		for range 2 {
			if err := <-closed; err != nil {
				t.Error(err)
			}
		}
		b.Abort()
	}
}

func TestAbortInEveryStateTwice(t *testing.T) {
	for name, before := range map[string]func(*oap.Conn, *net.TCPConn){
		"handshake": func(*oap.Conn, *net.TCPConn) {},
		"open": func(conn *oap.Conn, peer *net.TCPConn) {
			must(peer.Write(wireOf(hello(4))))
			_ = conn.Handshake(context.Background())
		},
		"closing": func(conn *oap.Conn, _ *net.TCPConn) { go func() { _ = conn.Close() }(); time.Sleep(time.Millisecond) },
		"reset":   func(_ *oap.Conn, peer *net.TCPConn) { _ = peer.SetLinger(0); _ = peer.Close() },
	} {
		conn, peer := rawPeer(t, nil)
		before(conn, peer)
		wantWithin(t, 5*time.Second, func() { conn.Abort(); conn.Abort(); _ = conn.Close() })
		if conn.State() != oap.ConnEnded || conn.End() == nil {
			t.Errorf("%s: %v, %v", name, conn.State(), conn.End())
		}
	}
}

func TestTwoSidesThatOnlySendAreToldToReceive(t *testing.T) {
	options := window(2)
	options.StallTimeout = 50 * time.Millisecond
	a, b := overTCP(t, options, options)
	sides := make(chan error, 2)
	for _, conn := range []*oap.Conn{a, b} {
		go func() { sides <- conn.SendStream(deadline(t), "s", limitless{}, nil) }()
	}
	told := 0
	for range 2 {
		var end *oap.EndError
		if err := <-sides; errors.As(err, &end) && end.Reason == oap.EndStalled {
			told++
		}
	}
	if told == 0 {
		t.Error("neither side is told")
	}
}

func TestCloseTellsThatThePeerDidNotTakeAll(t *testing.T) {
	conn, peer := rawPeer(t, nil)
	must(peer.Write(wireOf(hello(4))))
	if err := conn.SendStream(deadline(t), "s", bytes.NewReader([]byte("abc")), nil); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, peer); _ = peer.CloseWrite() }()
	wantEnd(t, conn.Close(), oap.EndUnacknowledged)
	wantEnd(t, conn.Delivered(deadline(t)), oap.EndUnacknowledged)
	if flow := conn.Outbound(); flow.LastSeq != 1 || flow.InFlight != 1 {
		t.Errorf("%+v", flow)
	}
}
