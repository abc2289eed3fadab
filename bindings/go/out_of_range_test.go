package oap_test

import (
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"oap.example/oap"
)

// outOfRange is the table of docs/go.md: what is given, and what is said of it.
func outOfRange(t *testing.T) [][2]string {
	t.Helper()
	var rows [][2]string
	add := func(given string, err error) {
		if err == nil {
			t.Errorf("%s is taken", given)
			return
		}
		rows = append(rows, [2]string{given, err.Error()})
	}
	config := func(change func(*oap.Config)) error {
		config := oap.DefaultConfig()
		change(config)
		return config.Validate()
	}
	add("`new(Config)`", new(oap.Config).Validate())
	add("`AckWindowFrames: math.MaxUint64`", config(func(c *oap.Config) { c.AckWindowFrames = math.MaxUint64 }))
	add("`MaxFrame: 4095`", config(func(c *oap.Config) { c.MaxFrame = 4095 }))
	add("`SeqRolloverPolicy: 2`", config(func(c *oap.Config) { c.SeqRolloverPolicy = 2 }))
	add("`SeqRolloverPolicy: -1`", config(func(c *oap.Config) { c.SeqRolloverPolicy = -1 }))
	add("`HandshakeTimeout: -1`", (&oap.ConnOptions{HandshakeTimeout: -1}).Validate())
	add("`CloseTimeout: math.MaxInt64`", (&oap.ConnOptions{CloseTimeout: math.MaxInt64 * time.Nanosecond}).Validate())
	add("`SendBuffer: math.MaxUint64`", (&oap.ConnOptions{SendBuffer: math.MaxUint64}).Validate())
	session := newSession(t, nil)
	refused := func(given string, frame oap.Frame) {
		_, err := session.Send(nil, frame)
		add(given, err)
	}
	refused("`&Hello{Version: 2, MaxFrame: 4096}`", &oap.Hello{Version: 2, MaxFrame: 4096})
	refused("`&Hello{Version: 1}`", &oap.Hello{Version: 1})
	refused("`&Start{}`", &oap.Start{})
	refused("`&Start{Stream: \"\\xff\"}`", &oap.Start{Stream: "\xff"})
	refused("`Start` of 1,025 bytes", &oap.Start{Stream: strings.Repeat("x", 1025)})
	refused("`&Data{Obj: \"b3:\"}`", &oap.Data{Obj: "b3:"})
	refused("`Data` of 1 MiB", &oap.Data{Body: make([]byte, 1<<20)})
	refused("`&End{Status: 65536}`", &oap.End{Status: 65536})
	refused("`&Error{Code: math.MaxUint32}`", &oap.Error{Code: math.MaxUint32})
	return rows
}

func TestTheGuidesTableOfWhatIsOutOfRangeIsWhatIsSaid(t *testing.T) {
	guide := string(must(os.ReadFile("../../docs/go.md")))
	for _, row := range outOfRange(t) {
		if line := "| " + row[0] + " | `" + row[1] + "` |\n"; !strings.Contains(guide, line) {
			t.Errorf("docs/go.md lacks %s", line)
		}
	}
}
