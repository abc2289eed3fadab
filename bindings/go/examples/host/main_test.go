package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"oap.example/oap"
)

// TestMain is the host itself where a test has started it.
func TestMain(m *testing.M) {
	if os.Getenv("OAP_EXAMPLE_HOST") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// freeAddress is one that nothing listens on.
func freeAddress(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// start starts the host and gives its two addresses, when both listen.
func start(t *testing.T) (host *os.Process, streams, pages string) {
	streams, pages = freeAddress(t), freeAddress(t)
	command := exec.Command(os.Args[0], streams, pages)
	command.Env = append(os.Environ(), "OAP_EXAMPLE_HOST=1")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	awaitListener(t, streams)
	awaitListener(t, pages)
	return command.Process, streams, pages
}

func awaitListener(t *testing.T, address string) {
	for range 2000 {
		if conn, err := net.Dial("tcp", address); err == nil {
			_ = conn.Close()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("nothing listens")
}

// curl gives the answer, headers and all.
func curl(t *testing.T, url string) string {
	t.Helper()
	out, err := exec.Command("curl", "--silent", "--show-error", "--include", "--noproxy", "*", url).CombinedOutput()
	if err != nil {
		t.Fatal(err, string(out))
	}
	return strings.ReplaceAll(string(out), "\r", "")
}

func wantParts(t *testing.T, answer string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(answer, part) {
			t.Errorf("no %q in\n%s", part, answer)
		}
	}
}

func TestTheHostIsReadyUntilItDrains(t *testing.T) {
	host, _, pages := start(t)
	ready := curl(t, "http://"+pages+"/readyz")
	wantParts(t, ready, "HTTP/1.1 200 OK\n", "\nContent-Type: application/json\n",
		"\n\n"+`{"degraded":false,"missing":[],"retry_after":0}`)
	if strings.Contains(ready, "Retry-After") {
		t.Error(ready)
	}
	if err := host.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	drains := curl(t, "http://"+pages+"/readyz")
	for strings.HasPrefix(drains, "HTTP/1.1 200") {
		drains = curl(t, "http://"+pages+"/readyz")
	}
	wantParts(t, drains, "HTTP/1.1 503 Service Unavailable\n", "\nContent-Type: application/json\n", "\nRetry-After: 5\n",
		"\n\n"+`{"degraded":true,"missing":["oap_parser_ready"],"retry_after":5}`)
}

func TestTheHostsPageShowsItsTrafficAndPassesPromtool(t *testing.T) {
	_, streams, pages := start(t)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	conn, err := oap.Dial(ctx, "tcp", streams, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SendStream(ctx, "notes", strings.NewReader("hello"), nil); err != nil {
		t.Fatal(err)
	}
	for conn.Outbound().InFlight > 0 {
		time.Sleep(time.Millisecond)
	}
	head, page, _ := strings.Cut(curl(t, "http://"+pages+"/metrics"), "\n\n")
	wantParts(t, head+"\n", "HTTP/1.1 200 OK\n", "\nContent-Type: "+oap.TextContentType()+"\n")
	wantParts(t, page, "\n"+`oap_frames_total{kind="DATA"} 1`+"\n", "\n"+`oap_frames_total{kind="ACK"} 1`+"\n")
	check := exec.Command("promtool", "check", "metrics")
	check.Stdin = bytes.NewBufferString(page)
	if says, err := check.CombinedOutput(); err != nil || len(says) > 0 {
		t.Errorf("promtool: %v\n%s", err, says)
	}
}
