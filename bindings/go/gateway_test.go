package oap_test

import (
	"bufio"
	"bytes"
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

// What `make build` makes.
const gatewayProgram = "../../target/release/svc-gateway"

// gateway is a running svc-gateway.
type gateway struct {
	address string
	lines   *bufio.Scanner
}

func startGateway(t *testing.T) *gateway {
	t.Helper()
	command := exec.Command(gatewayProgram)
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
	g.address = strings.TrimPrefix(g.line(t), "listening on ")
	return g
}

func (g *gateway) line(t *testing.T) string {
	t.Helper()
	if !g.lines.Scan() {
		t.Fatal("the gateway says no more: ", g.lines.Err())
	}
	return g.lines.Text()
}

// wantLine wants all parts in the next line.
func (g *gateway) wantLine(t *testing.T, parts ...string) {
	t.Helper()
	line := g.line(t)
	for _, part := range parts {
		if !strings.Contains(line, part) {
			t.Errorf("%q lacks %q", line, part)
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
	g.wantLine(t, "stream ", "verified=1", "status=0", "address="+obj)
	if status := upload(t, g, file, address); status != 1 {
		t.Errorf("another address: status %d", status)
	}
	g.wantLine(t, "verified=0", "status=1")
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
	g.wantLine(t, "reject ", "reason=unknown_envelope", "field=kind", "offset=0", "at=5")
}

func TestTheGatewayTakesAStreamThatIsNoObject(t *testing.T) {
	g, ctx := startGateway(t), deadline(t)
	conn := must(oap.Dial(ctx, "tcp", g.address, nil))
	defer conn.Close()
	err := conn.SendStream(ctx, "notes", bytes.NewReader(make([]byte, 10<<20)), nil)
	if _, _, status, failed := receiveStream(ctx, conn); errors.Join(err, failed) != nil || status != 0 {
		t.Error(status, err, failed)
	}
	g.wantLine(t, `name="notes"`, "objects=0", "bytes=10485760")
}
