package oap_test

import (
	"os"
	"strings"
	"testing"
)

func TestTheGuidesCodeStandsInTheExamples(t *testing.T) {
	guide := string(must(os.ReadFile("../../docs/go.md")))
	host := string(must(os.ReadFile("examples/host/main.go")))
	examples := host
	for _, file := range []string{"example_test.go", "oapprometheus/example_test.go"} {
		examples += string(must(os.ReadFile(file)))
	}
	blocks := strings.Split(guide, "```go\n")[1:]
	if len(blocks) == 0 {
		t.Fatal("the guide has no Go code")
	}
	for _, block := range blocks {
		code, _, _ := strings.Cut(block, "```")
		if !strings.Contains(examples, code) {
			t.Errorf("not in the examples:\n%s", code)
		}
	}
	if !strings.Contains(guide, "```go\n"+host+"```") {
		t.Error("the host is not shown whole")
	}
	if lines := strings.Count(host, "\n"); lines > 42 {
		t.Errorf("the host has %d lines", lines)
	}
}
