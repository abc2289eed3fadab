//go:build cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64))

package oap_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"oap.example/oap"
)

func TestAClosedHandleIsAnErrorEverywhere(t *testing.T) {
	decoder := must(oap.NewDecoder(nil))
	session := must(oap.NewSession(nil))
	reader := must(oap.NewReader(bytes.NewReader(wireOf(everyKind()...)), nil))
	must(reader.Next())
	ours, theirs := net.Pipe()
	defer theirs.Close()
	conn := must(oap.NewConn(ours, nil))
	conn.Abort()
	for _, handle := range []interface{ Close() error }{decoder, session, reader} {
		for range 2 {
			if err := handle.Close(); err != nil {
				t.Errorf("%T: Close: %v", handle, err)
			}
		}
	}
	ctx := context.Background()
	for name, call := range map[string]func() error{
		"Decoder.Decode": func() error { _, _, err := decoder.Decode(nil, nil); return err },
		"Decoder.Finish": func() error { return decoder.Finish(nil) },
		"Decoder.Reset":  decoder.Reset,
		"Session.Recv":   func() error { _, err := session.Recv(nil, nil); return err },
		"Session.Send":   func() error { _, err := session.Send(nil, &oap.Ack{}); return err },
		"Session.Hello":  func() error { _, err := session.Hello(); return err },
		"Session.Finish": session.Finish,
		"Session.Reset":  session.Reset,
		"Reader.Next":    func() error { _, err := reader.Next(); return err },
		"Conn.Recv":      func() error { _, err := conn.Recv(ctx); return err },
		"Conn.Start":     func() error { _, err := conn.Start(ctx, "s"); return err },
		"Conn.Close":     conn.Close,
		"Conn.Handshake": func() error { return conn.Handshake(ctx) },
	} {
		if err := call(); !errors.Is(err, oap.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if session.Established() || session.Ended() || session.PeerMaxFrame() != 0 ||
		session.Outbound() != (oap.Flow{}) {
		t.Error("a closed session still says something")
	}
}

// collected says how many handles are left when the garbage collector has run.
func collected() int64 {
	runtime.GC()
	time.Sleep(time.Millisecond)
	return oap.LiveHandles()
}

// awaitHandles waits until no more than so many handles are left.
func awaitHandles(most int64) bool {
	for start := time.Now(); collected() > most; {
		if time.Since(start) > 10*time.Second {
			return false
		}
	}
	return true
}

// TestMain fails where a test has left a handle that neither Close nor the garbage collector frees.
func TestMain(m *testing.M) {
	status := m.Run()
	if !awaitHandles(0) {
		fmt.Printf("%d handles are never freed\n", oap.LiveHandles())
		status = 1
	}
	os.Exit(status)
}

func TestCloseFreesAtOnce(t *testing.T) {
	before := collected()
	decoder := must(oap.NewDecoder(oap.DefaultConfig()))
	session := must(oap.NewSession(oap.DefaultConfig()))
	if oap.LiveHandles() != before+2 {
		t.Errorf("%d more handles are live, want 2", oap.LiveHandles()-before)
	}
	_, _ = decoder.Close(), session.Close()
	if oap.LiveHandles() != before {
		t.Error("Close does not free")
	}
	runtime.KeepAlive(decoder)
	runtime.KeepAlive(session)
}

func TestWhatIsForgottenIsFreed(t *testing.T) {
	before := collected()
	for range 100 {
		must(oap.NewDecoder(nil))
		must(oap.NewSession(nil))
		must(oap.NewReader(bytes.NewReader(nil), nil))
	}
	if !awaitHandles(before) {
		t.Errorf("%d handles are never freed", oap.LiveHandles()-before)
	}
}
