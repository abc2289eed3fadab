package oap_test

import (
	"go/build/constraint"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// constraintOf reads a file's build constraint; nil where it has none.
func constraintOf(t *testing.T, file string) constraint.Expr {
	t.Helper()
	for line := range strings.Lines(string(must(os.ReadFile(file)))) {
		if constraint.IsGoBuild(line) {
			return must(constraint.Parse(strings.TrimSpace(line)))
		}
	}
	return nil
}

// build has these tags on.
func build(tags ...string) func(string) bool {
	return func(tag string) bool { return slices.Contains(tags, tag) }
}

func TestThePackageLinksLiboapWhereThereIsAnArchive(t *testing.T) {
	table, err := os.ReadFile("../../tools/dist/platforms")
	if err != nil {
		t.Skip("not in its repository: ", err)
	}
	var archives []string
	for line := range strings.Lines(string(table)) {
		if columns := strings.Fields(line); len(columns) == 6 && columns[0] != "#" {
			archives = append(archives, columns[4]+"/"+columns[5])
		}
	}
	linked := constraintOf(t, "handles_liboap.go")
	for _, goos := range []string{"linux", "darwin", "windows", "freebsd"} {
		for _, goarch := range []string{"amd64", "arm64", "arm", "386", "riscv64"} {
			if got, want := linked.Eval(build("cgo", goos, goarch)), slices.Contains(archives, goos+"/"+goarch); got != want {
				t.Errorf("%s/%s links an archive: %v, there is one: %v", goos, goarch, got, want)
			}
			if !linked.Eval(build("cgo", "oap_system", goos, goarch)) || linked.Eval(build("oap_system", goos, goarch)) {
				t.Errorf("%s/%s: oap_system needs cgo, and nothing else", goos, goarch)
			}
		}
	}
	for _, like := range [][]string{{"cgo", "android", "linux", "arm64"}, {"cgo", "ios", "darwin", "arm64"}} {
		if linked.Eval(build(like...)) {
			t.Error(like, "links an archive that is not for it")
		}
	}
}

// One condition, written in each file, chooses between liboap and Go.
func TestEachFileIsForLiboapOrForGoOrForBoth(t *testing.T) {
	linked := constraintOf(t, "handles_liboap.go").String()
	for _, file := range must(filepath.Glob("*.go")) {
		if strings.HasPrefix(file, "link_") {
			continue
		}
		got, want := "", ""
		if found := constraintOf(t, file); found != nil {
			got = found.String()
		}
		switch text := string(must(os.ReadFile(file))); {
		case strings.HasSuffix(file, "_pure.go"):
			want = "!(" + linked + ")"
		case strings.Contains(text, "\nimport \"C\"\n") || strings.HasSuffix(file, "_test.go") && got != "":
			want = linked
		}
		if got != want {
			t.Errorf("%s is for %q, not %q", file, got, want)
		}
	}
}
