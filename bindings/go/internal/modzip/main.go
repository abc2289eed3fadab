//go:build ignore

// modzip FOLDER VERSION COMMIT_TIME writes the Go modules of this repository, from whose root it runs, into a folder that
// is a module proxy: GOPROXY=file:///FOLDER. `bindings/go/pack` calls it; its dependency is in tools.mod.
package main

import (
	"encoding/json"
	"io"
	"log"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// modules are the modules' folders by their paths, in this repository.
var modules = map[string]string{
	"oap.example/oap":               "bindings/go",
	"oap.example/oap/oapprometheus": "bindings/go/oapprometheus",
}

func main() {
	folder, version := os.Args[1], "v"+os.Args[2]
	committed := must(time.Parse(time.RFC3339, os.Args[3]))
	for modulePath, source := range modules {
		publish(filepath.Join(folder, modulePath, "@v"), module.Version{Path: modulePath, Version: version}, source, committed)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func publish(folder string, version module.Version, source string, committed time.Time) {
	must(0, os.MkdirAll(folder, 0o755))
	goMod := released(filepath.Join(source, "go.mod"), version.Version)
	info := must(json.Marshal(map[string]any{"Version": version.Version, "Time": committed.UTC()}))
	base := filepath.Join(folder, version.Version)
	must(0, os.WriteFile(filepath.Join(folder, "list"), []byte(version.Version+"\n"), 0o644))
	must(0, os.WriteFile(base+".info", info, 0o644))
	must(0, os.WriteFile(base+".mod", goMod, 0o644))
	archive := must(os.Create(base + ".zip"))
	must(0, zip.Create(archive, version, filesOf(source, goMod)))
	must(0, archive.Close())
}

// released is a go.mod that needs no neighbour in this repository.
func released(file, version string) []byte {
	parsed := must(modfile.Parse(file, must(os.ReadFile(file)), nil))
	for _, replaced := range parsed.Replace {
		must(0, parsed.AddRequire(replaced.Old.Path, version))
		must(0, parsed.DropReplace(replaced.Old.Path, replaced.Old.Version))
	}
	parsed.Cleanup()
	return must(parsed.Format())
}

// filesOf are what git tracks of the module, and the licences; modules inside it are others.
func filesOf(source string, goMod []byte) []zip.File {
	files := []zip.File{file{name: "go.mod", content: goMod}}
	for _, name := range tracked(source) {
		inside := strings.TrimPrefix(name, source+"/")
		if inside != "go.mod" && !inOther(name, source) {
			files = append(files, file{inside, must(os.ReadFile(name))})
		}
	}
	for _, name := range tracked("LICENSE-*") {
		files = append(files, file{name, must(os.ReadFile(name))})
	}
	return files
}

func inOther(name, source string) bool {
	for _, other := range modules {
		if other != source && strings.HasPrefix(other, source+"/") && strings.HasPrefix(name, other+"/") {
			return true
		}
	}
	return false
}

func tracked(pattern string) []string {
	out := must(exec.Command("git", "ls-files", "-z", "--", pattern).Output())
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 })
}

// file is a file of the archive; its mode is not kept there.
type file struct {
	name    string
	content []byte
}

func (f file) Path() string                { return f.name }
func (f file) Lstat() (os.FileInfo, error) { return f, nil }
func (f file) Open() (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(string(f.content))), nil
}
func (f file) Name() string       { return path.Base(f.name) }
func (f file) Size() int64        { return int64(len(f.content)) }
func (f file) Mode() os.FileMode  { return 0o644 }
func (f file) ModTime() time.Time { return time.Time{} }
func (f file) IsDir() bool        { return false }
func (f file) Sys() any           { return nil }
