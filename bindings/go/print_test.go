package oap_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"oap.example/oap"
)

// The forms that a payload or a feature bit would take in any of the ways to print one.
var leaks = []string{"secret", "736563726574", "115", "fea7", "FEA7", "65191", "177247", "c2VjcmV0"}

func wantNoLeak(t *testing.T, how, printed string) {
	t.Helper()
	for _, leak := range leaks {
		if strings.Contains(printed, leak) {
			t.Errorf("%s: %s", how, printed)
		}
	}
}

func TestNoVerbPrintsPayloadOrFeatureBits(t *testing.T) {
	config := *oap.DefaultConfig()
	config.Features = ptr(uint64(0xfea7))
	things := []any{config, &config}
	for _, frame := range everyKind() {
		things = append(things, frame)
		switch f := frame.(type) {
		case *oap.Hello:
			things = append(things, *f)
		case *oap.Data:
			things = append(things, *f)
		}
	}
	wire, rows := wireOf(everyKind()...), make([]oap.Row, 8)
	n, _, _ := newDecoder(t, nil).Decode(wire, rows)
	for _, row := range rows[:n] {
		things = append(things, row, &row)
	}
	for _, thing := range things {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%o"} {
			wantNoLeak(t, fmt.Sprintf("%T %s", thing, verb), fmt.Sprintf(verb, thing))
		}
		var text, object bytes.Buffer
		slog.New(slog.NewTextHandler(&text, nil)).Info("", "thing", thing)
		slog.New(slog.NewJSONHandler(&object, nil)).Info("", "thing", thing)
		_, printed, _ := strings.Cut(text.String(), "thing=")
		wantNoLeak(t, "slog text", printed)
		_, printed, _ = strings.Cut(object.String(), "thing")
		wantNoLeak(t, "slog JSON", printed)
	}
}

func TestFramesPrintAllElse(t *testing.T) {
	want := []string{
		"HELLO version=1 max_frame=4096 ack_window=7",
		`START stream="objects/v1"`,
		"DATA seq=1 obj=" + address + " len=6",
		"ACK up_to=1",
		"END seq=1 status=3",
		`ERROR code=5 reason="header_malformed"`,
	}
	for i, frame := range everyKind() {
		if frame.String() != want[i] {
			t.Errorf("%s, want %s", frame, want[i])
		}
	}
	if got := (&oap.Hello{Version: 1, MaxFrame: 4096}).String(); got != "HELLO version=1 max_frame=4096" {
		t.Error(got)
	}
	if got := (&oap.Data{Seq: 2}).String(); got != "DATA seq=2 len=0" {
		t.Error(got)
	}
}
