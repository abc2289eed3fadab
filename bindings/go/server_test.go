package oap_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"oap.example/oap"
)

// serving serves until the test's end.
func serving(t *testing.T, server *oap.Server) (address string) {
	t.Helper()
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-served; err != oap.ErrServerClosed {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

// echo sends each stream back.
func echo(ctx context.Context, conn *oap.Conn) error {
	for {
		name, body, _, err := receiveStream(ctx, conn)
		if err != nil {
			return err
		}
		if err := conn.SendStream(ctx, name, bytes.NewReader(body), nil); err != nil {
			return err
		}
	}
}

// dialed tries again where the descriptors are used up: a server in the same process lets go of its own soon.
func dialed(address string) net.Conn {
	for {
		conn, err := net.Dial("tcp", address)
		if !errors.Is(err, syscall.EMFILE) {
			return must(conn, err)
		}
		time.Sleep(time.Millisecond)
	}
}

// wantEcho wants a server to serve a connection from its beginning to a clean end.
func wantEcho(t *testing.T, address string) {
	t.Helper()
	ctx, sent := deadline(t), bytes.Repeat([]byte("x"), 1<<20)
	conn := must(oap.NewConn(dialed(address), nil))
	defer conn.Abort()
	if err := conn.SendStream(ctx, "echo", bytes.NewReader(sent), nil); err != nil {
		t.Fatal(err)
	}
	if name, body, _, err := receiveStream(ctx, conn); err != nil || name != "echo" || !bytes.Equal(body, sent) {
		t.Fatalf("%q, %d bytes, %v", name, len(body), err)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
}

// heard collects what a server tells.
type heard struct {
	mu    sync.Mutex
	words []string
}

func (h *heard) add(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.words = append(h.words, err.Error())
}

// awaitWord waits until something was told that has these words.
func (h *heard) awaitWord(t *testing.T, word string) {
	t.Helper()
	for ctx := deadline(t); ; {
		h.mu.Lock()
		said := strings.Join(h.words, "\n")
		h.mu.Unlock()
		if strings.Contains(said, word) {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("%q is not in %q", word, said)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestServeHandlesAndStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(deadline(t))
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	served := make(chan error, 1)
	go func() { served <- oap.Serve(ctx, listener, nil, echo) }()
	wantEcho(t, listener.Addr().String())
	cancel()
	if err := <-served; err != context.Canceled {
		t.Error(err)
	}
	if _, err := oap.Dial(deadline(t), "tcp", listener.Addr().String(), nil); err == nil {
		t.Error("the listener is still open")
	}
}

func TestAHandlersFaultEndsItsConnectionAlone(t *testing.T) {
	var told heard
	address := serving(t, &oap.Server{OnError: told.add, Handler: func(ctx context.Context, conn *oap.Conn) error {
		name, _, _, err := receiveStream(ctx, conn)
		switch name {
		case "panic":
			panic("the handler's own")
		case "error":
			return errors.New("an error of the handler's")
		}
		return err
	}})
	for _, name := range []string{"panic", "error"} {
		conn := must(oap.Dial(deadline(t), "tcp", address, nil))
		if err := conn.SendStream(deadline(t), name, strings.NewReader("x"), nil); err != nil {
			t.Error(err)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
	told.awaitWord(t, "the handler's own")
	told.awaitWord(t, "an error of the handler's")
}

func TestConnectionsOverTheLimitWaitToBeAccepted(t *testing.T) {
	server := &oap.Server{Handler: echo, MaxConns: 2}
	address := serving(t, server)
	ctx := deadline(t)
	first, second := must(oap.Dial(ctx, "tcp", address, nil)), must(oap.Dial(ctx, "tcp", address, nil))
	defer second.Abort()
	if err := errors.Join(first.Handshake(ctx), second.Handshake(ctx)); err != nil {
		t.Fatal(err)
	}
	third := must(oap.Dial(ctx, "tcp", address, nil))
	defer third.Abort()
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	if err := third.Handshake(short); err != context.DeadlineExceeded {
		t.Errorf("the third: %v", err)
	}
	if conns := server.Conns(); len(conns) != 2 || conns[0].Age() <= 0 || conns[0].RemoteAddr() == nil {
		t.Errorf("%d connections are listed", len(conns))
	}
	if err := errors.Join(first.Close(), third.Handshake(ctx)); err != nil {
		t.Error(err)
	}
}

func TestShutdownLetsAnOpenStreamFinishAndClosesWhatIsIdle(t *testing.T) {
	server := &oap.Server{Handler: echo}
	address := serving(t, server)
	ctx := deadline(t)
	idle, busy := must(oap.Dial(ctx, "tcp", address, nil)), must(oap.Dial(ctx, "tcp", address, nil))
	defer idle.Abort()
	defer busy.Abort()
	stream := must(busy.Start(ctx, "slow"))
	if err := errors.Join(idle.Handshake(ctx), stream.Data(ctx, []byte("a")), busy.Delivered(ctx)); err != nil {
		t.Fatal(err)
	}
	shut := make(chan error, 1)
	go func() { shut <- server.Shutdown(ctx) }()
	if _, err := idle.Recv(ctx); err == nil {
		t.Error("the idle connection goes on")
	}
	_ = idle.Close()
	time.Sleep(20 * time.Millisecond)
	if err := errors.Join(stream.Data(ctx, []byte("b")), stream.End(ctx, 0)); err != nil {
		t.Error(err)
	}
	if _, body, status, err := receiveStream(ctx, busy); err != nil || string(body) != "ab" || status != 0 {
		t.Errorf("%q, status %d, %v", body, status, err)
	}
	if err := errors.Join(busy.Close(), <-shut); err != nil {
		t.Error(err)
	}
}

func TestShutdownEndsWithItsContextWhateverPeersDo(t *testing.T) {
	server := &oap.Server{Handler: echo}
	address := serving(t, server)
	ctx := deadline(t)
	conn := must(oap.Dial(ctx, "tcp", address, nil))
	defer conn.Abort()
	stream := must(conn.Start(ctx, "never ends"))
	if err := errors.Join(stream.Data(ctx, []byte("a")), conn.Delivered(ctx)); err != nil {
		t.Fatal(err)
	}
	mute := must(net.Dial("tcp", address))
	defer mute.Close()
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	begun := time.Now()
	_ = server.Shutdown(short)
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	for range server.Conns() {
		if _, err := conn.Recv(ctx); err == nil {
			t.Error("a connection goes on")
		}
	}
}

func TestAServerWithoutDescriptorsServesAgainLater(t *testing.T) {
	if os.Getenv("OAP_TEST_FEW_DESCRIPTORS") == "" {
		command := exec.Command("sh", "-c", `ulimit -n 64 && exec "$0" -test.run "^TestAServerWithoutDescriptorsServesAgainLater$"`, must(os.Executable()))
		command.Env = append(os.Environ(), "OAP_TEST_FEW_DESCRIPTORS=1")
		if said, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
		return
	}
	var told heard
	address := serving(t, &oap.Server{Handler: echo, OnError: told.add})
	var held []net.Conn
	for { // both ends are this process's: descriptors run out for one or the other
		conn, err := net.Dial("tcp", address)
		if err != nil {
			break
		}
		held = append(held, conn)
	}
	told.awaitWord(t, syscall.EMFILE.Error())
	for _, conn := range held {
		_ = conn.Close()
	}
	time.Sleep(100 * time.Millisecond)
	wantEcho(t, address)
}

func TestAnInterruptEndsAServerThatHasAClient(t *testing.T) {
	if os.Getenv("OAP_TEST_INTERRUPT") != "" {
		ctx, stop := signal.NotifyContext(deadline(t), os.Interrupt)
		defer stop()
		listener := must(net.Listen("tcp", "127.0.0.1:0"))
		fmt.Println(listener.Addr())
		if err := oap.Serve(ctx, listener, nil, echo); err != context.Canceled {
			t.Error(err)
		}
		return
	}
	command := exec.Command(must(os.Executable()), "-test.run", "^"+t.Name()+"$")
	command.Env = append(os.Environ(), "OAP_TEST_INTERRUPT=1")
	stdout := must(command.StdoutPipe())
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill() })
	address := must(bufio.NewReader(stdout).ReadString('\n'))
	conn := must(oap.Dial(deadline(t), "tcp", strings.TrimSpace(address), nil))
	defer conn.Abort()
	if err := conn.Handshake(deadline(t)); err != nil {
		t.Fatal(err)
	}
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Recv(deadline(t)); err != io.EOF {
		t.Error(err)
	}
	wantWithin(t, 15*time.Second, func() {
		if err := command.Wait(); err != nil {
			t.Error(err)
		}
	})
}
