package oap_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"oap.example/oap"
)

const address = "b3:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// must gives the value of a call that cannot fail here.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func wireOf(frames ...oap.Frame) []byte {
	var wire []byte
	for _, frame := range frames {
		wire = must(oap.Append(wire, frame))
	}
	return wire
}

func ptr[T any](value T) *T { return &value }

// everyKind is a frame of each kind.
func everyKind() []oap.Frame {
	return []oap.Frame{
		&oap.Hello{Version: 1, MaxFrame: 4096, Features: ptr(uint64(0xfea7)), AckWindow: ptr(uint32(7))},
		&oap.Start{Stream: "objects/v1"},
		&oap.Data{Seq: 1, Obj: address, Body: []byte("secret")},
		&oap.Ack{UpTo: 1},
		&oap.End{Seq: 1, Status: 3},
		&oap.Error{Code: 5, Reason: "header_malformed"},
	}
}

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func newDecoder(t testing.TB, config *oap.Config) *oap.Decoder {
	t.Helper()
	decoder := must(oap.NewDecoder(config))
	t.Cleanup(func() { _ = decoder.Close() })
	return decoder
}

func newSession(t testing.TB, config *oap.Config) *oap.Session {
	t.Helper()
	session := must(oap.NewSession(config))
	t.Cleanup(func() { _ = session.Close() })
	return session
}

// vector is a case of the shared vectors, as far as these tests read it.
type vector struct {
	Name    string `json:"name"`
	Request struct {
		Op     string            `json:"op"`
		Chunks []json.RawMessage `json:"chunks"`
		Bytes  json.RawMessage   `json:"bytes"`
	} `json:"request"`
}

// vectorInputs gives the byte streams of the shared vectors, those without repeated parts.
func vectorInputs(t testing.TB) [][]byte {
	t.Helper()
	files := must(filepath.Glob("../../tests/vectors/oap1/*.json"))
	if len(files) == 0 {
		t.Fatal("the shared vectors are not there")
	}
	var inputs [][]byte
	for _, file := range files {
		var vectors []json.RawMessage
		if err := json.Unmarshal(must(os.ReadFile(file)), &vectors); err != nil {
			t.Fatal(file, err)
		}
		for _, raw := range vectors {
			var v vector
			if json.Unmarshal(raw, &v) == nil {
				if input := v.input(); len(input) > 0 {
					inputs = append(inputs, input)
				}
			}
		}
	}
	return inputs
}

func (v *vector) input() []byte {
	var digits strings.Builder
	parts := v.Request.Chunks
	if v.Request.Op == "table" {
		parts = []json.RawMessage{v.Request.Bytes}
	}
	for _, part := range parts {
		var text string
		if json.Unmarshal(part, &text) != nil {
			return nil
		}
		digits.WriteString(text)
	}
	input, _ := hex.DecodeString(digits.String())
	return input
}
