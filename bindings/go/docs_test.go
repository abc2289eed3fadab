package oap_test

import (
	"os"
	"strings"
	"testing"
)

func TestTheGuidesCodeStandsInTheExamples(t *testing.T) {
	guide := string(must(os.ReadFile("../../docs/go.md")))
	examples := ""
	for _, file := range []string{"example_test.go", "oapprometheus/example_test.go", "../../examples/go/metrics_host/main.go"} {
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
}
