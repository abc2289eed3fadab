package oap_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"oap.example/oap"
)

// panicOf is what a call panics with, as text; "" where it does not.
func panicOf(call func()) (said string) {
	defer func() {
		if value := recover(); value != nil {
			said = fmt.Sprint(value)
		}
	}()
	call()
	return ""
}

// A nil argument fails where a thing is made, and is named there; not later, where it is used.
func TestANilArgumentFailsAtConstruction(t *testing.T) {
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	defer listener.Close()
	ctx := context.Background()
	for name, call := range map[string]func(){
		"oap: NewReader: source":           func() { _, _ = oap.NewReader(nil, nil) },
		"oap: NewWriter: target":           func() { oap.NewWriter(nil, nil) },
		"oap: NewConn: raw":                func() { _, _ = oap.NewConn(nil, nil) },
		"oap: Serve: listener":             func() { _ = oap.Serve(ctx, nil, nil, func(context.Context, *oap.Conn) error { return nil }) },
		"oap: Serve: listener or h":        func() { _ = oap.Serve(ctx, listener, nil, nil) },
		"oap: Server.Serve: listener":      func() { _ = (&oap.Server{Handler: echo}).Serve(nil) },
		"oap: Server.Serve: listener or H": func() { _ = (&oap.Server{}).Serve(listener) },
		"oap: SendStream: source":          func() { _ = new(oap.Conn).SendStream(ctx, "s", nil, nil) },
	} {
		if said := panicOf(call); !strings.HasPrefix(said, name) || !strings.HasSuffix(said, "is nil") {
			t.Errorf("%s: %q", name, said)
		}
	}
}

func TestASourceThatGivesNothingForEverEndsAStream(t *testing.T) {
	a, b := connected(t, nil, nil)
	ctx := deadline(t)
	go func() { _, _, _, _ = receiveStream(ctx, b) }()
	if err := a.SendStream(ctx, "notes", stalled{}, nil); !errors.Is(err, io.ErrNoProgress) {
		t.Error(err)
	}
}
