package oap_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"oap.example/oap"
)

// The program that `make build` makes.
const gatewayProgram = "../../target/release/svc-gateway"

// gateway is a running svc-gateway.
type gateway struct {
	address string
	lines   *bufio.Scanner
}

func startGateway(t *testing.T) *gateway {
	t.Helper()
	command := exec.Command(gatewayProgram, "--listen", "127.0.0.1:0", "--metrics-addr", "off")
	command.Stderr = os.Stderr
	stdout := must(command.StdoutPipe())
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		_ = command.Wait()
	})
	g := &gateway{lines: bufio.NewScanner(stdout)}
	g.address, _ = g.event(t, "listening")["addr"].(string)
	return g
}

// event is the next of that name in the gateway's log.
func (g *gateway) event(t *testing.T, name string) map[string]any {
	t.Helper()
	for g.lines.Scan() {
		var event map[string]any
		if err := json.Unmarshal(g.lines.Bytes(), &event); err != nil {
			t.Fatal(err)
		}
		if event["event"] == name {
			return event
		}
	}
	t.Fatal("the gateway says no more: ", g.lines.Err())
	return nil
}

// wantEvent wants these fields in the next event of that name.
func (g *gateway) wantEvent(t *testing.T, name string, fields map[string]any) {
	t.Helper()
	event := g.event(t, name)
	for field, want := range fields {
		if event[field] != want {
			t.Errorf("%s is %v instead of %v", field, event[field], want)
		}
	}
}

// realFile is a file of some megabytes that is there in any case: this test's own program.
func realFile(t *testing.T) string {
	t.Helper()
	return must(os.Executable())
}

func addressOf(t *testing.T, file string) string {
	t.Helper()
	return strings.TrimSpace(string(must(exec.Command(gatewayProgram, "address", file).Output())))
}

// upload sends a file and gives the status of the gateway's receipt.
func upload(t *testing.T, g *gateway, file, obj string) uint32 {
	t.Helper()
	ctx := deadline(t)
	conn := must(oap.Dial(ctx, "tcp", g.address, nil))
	defer conn.Close()
	source := must(os.Open(file))
	defer source.Close()
	if err := conn.SendStream(ctx, "objects/"+filepath.Base(file), source, &oap.StreamOptions{Obj: obj}); err != nil {
		t.Fatal(err)
	}
	name, body, status, err := receiveStream(ctx, conn)
	if err != nil || name != "receipt" || len(body) != 0 {
		t.Fatalf("%q with %d bytes, %v", name, len(body), err)
	}
	return status
}

func TestTheGatewayVerifiesAFile(t *testing.T) {
	g, file := startGateway(t), realFile(t)
	obj := addressOf(t, file)
	if status := upload(t, g, file, obj); status != 0 {
		t.Errorf("status %d", status)
	}
	g.wantEvent(t, "stream", map[string]any{"verified": 1.0, "status": 0.0, "address": obj})
	if status := upload(t, g, file, address); status != 1 {
		t.Errorf("another address: status %d", status)
	}
	g.wantEvent(t, "stream", map[string]any{"verified": 0.0, "status": 1.0})
}

func TestTheGatewayTellsItsReject(t *testing.T) {
	g := startGateway(t)
	raw := must(net.Dial("tcp", g.address))
	defer raw.Close()
	must(raw.Write([]byte{0, 0, 0, 8, 0x99, 0, 0, 0}))
	reader := must(oap.NewReader(raw, nil))
	defer reader.Close()
	for frame, err := range reader.All() {
		var said *oap.Error
		if err != nil {
			t.Fatal(err)
		}
		if failed, ok := frame.(*oap.Error); ok {
			said = failed
		}
		if said != nil && (said.Code != uint32(oap.ErrUnknownEnvelope) || said.Reason != oap.ErrUnknownEnvelope.Label()) {
			t.Error(said)
		}
	}
	_ = raw.Close()
	g.wantEvent(t, "reject", map[string]any{"reason": "unknown_envelope", "field": "kind", "offset": 0.0, "at": 5.0})
}

func TestTheGatewayTakesAStreamThatIsNoObject(t *testing.T) {
	g, ctx := startGateway(t), deadline(t)
	conn := must(oap.Dial(ctx, "tcp", g.address, nil))
	defer conn.Close()
	err := conn.SendStream(ctx, "notes", bytes.NewReader(make([]byte, 10<<20)), nil)
	if _, _, status, failed := receiveStream(ctx, conn); errors.Join(err, failed) != nil || status != 0 {
		t.Error(status, err, failed)
	}
	g.wantEvent(t, "stream", map[string]any{"name": "notes", "objects": 0.0, "bytes": 10485760.0})
}
