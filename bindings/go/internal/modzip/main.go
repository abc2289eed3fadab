//go:build ignore

// modzip writes Go modules into a folder that is a module proxy, GOPROXY=file:///FOLDER, from the root of this repository.
// `bindings/go/pack` calls it; its dependency is in tools.mod.
//
//	modzip FOLDER VERSION TIME PATH archive PLATFORM FILE   the module that brings liboap for a platform of tools/dist/platforms
//	modzip FOLDER VERSION TIME PATH package PLATFORM…       the modules of the package, which link the archives of these platforms
//
// PATH is the path that the package is published as, whatever this repository calls it.
package main

import (
	"bytes"
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

// here is the package's path in this repository.
const here = "oap.example/oap"

// release is what all modules of a run share.
type release struct {
	proxy, version, path string
	committed            time.Time
}

func main() {
	proxy, version, committed, path, what := os.Args[1], "v"+os.Args[2], os.Args[3], os.Args[4], os.Args[5]
	r := release{proxy, version, path, must(time.Parse(time.RFC3339, committed))}
	if what == "archive" {
		p := platformOf(os.Args[6])
		r.publish(p.module(path), p.goMod(path), p.files(os.Args[7]))
		return
	}
	platforms := make([]platform, len(os.Args[6:]))
	for i, name := range os.Args[6:] {
		platforms[i] = platformOf(name)
	}
	r.publishPackage(platforms)
	r.publishSource(path+"/oapprometheus", "bindings/go/oapprometheus", nil, nil)
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

// publishPackage adds what makes a released package link an archive.
func (r *release) publishPackage(platforms []platform) {
	var links []zip.File
	var needs []string
	for _, p := range platforms {
		links = append(links, file{"link_" + p.folder() + ".go", p.link(r.path)})
		needs = append(needs, p.module(r.path))
	}
	r.publishSource(r.path, "bindings/go", links, needs)
}

func (r *release) publishSource(path, source string, more []zip.File, needs []string) {
	goMod := r.released(filepath.Join(source, "go.mod"), path, needs)
	r.publish(path, goMod, append(r.filesOf(source), more...))
}

func (r *release) publish(modulePath string, goMod []byte, files []zip.File) {
	folder := filepath.Join(r.proxy, modulePath, "@v")
	must(0, os.MkdirAll(folder, 0o755))
	info := must(json.Marshal(map[string]any{"Version": r.version, "Time": r.committed.UTC()}))
	base := filepath.Join(folder, r.version)
	must(0, os.WriteFile(filepath.Join(folder, "list"), []byte(r.version+"\n"), 0o644))
	must(0, os.WriteFile(base+".info", info, 0o644))
	must(0, os.WriteFile(base+".mod", goMod, 0o644))
	archive := must(os.Create(base + ".zip"))
	files = append(files, file{"go.mod", goMod})
	for _, name := range tracked("LICENSE-*") {
		files = append(files, file{name, must(os.ReadFile(name))})
	}
	must(0, zip.Create(archive, module.Version{Path: modulePath, Version: r.version}, files))
	must(0, archive.Close())
}

// released is a go.mod that needs no neighbour in this repository.
func (r *release) released(name, path string, needs []string) []byte {
	parsed := must(modfile.Parse(name, must(os.ReadFile(name)), nil))
	must(0, parsed.AddModuleStmt(path))
	for _, replaced := range parsed.Replace {
		must(0, parsed.DropRequire(replaced.Old.Path))
		must(0, parsed.DropReplace(replaced.Old.Path, replaced.Old.Version))
		needs = append(needs, r.path)
	}
	for _, need := range needs {
		must(0, parsed.AddRequire(need, r.version))
	}
	parsed.Cleanup()
	return must(parsed.Format())
}

// filesOf are what git tracks of the module; modules inside it are others.
func (r *release) filesOf(source string) (files []zip.File) {
	for _, name := range tracked(source) {
		inside := strings.TrimPrefix(name, source+"/")
		if inside != "go.mod" && inside != "link_clone.go" && !inOther(name, source) {
			files = append(files, file{inside, r.renamed(name)})
		}
	}
	return files
}

// renamed is a file whose imports name the published path.
func (r *release) renamed(name string) []byte {
	content := must(os.ReadFile(name))
	if path.Ext(name) != ".go" {
		return content
	}
	content = bytes.ReplaceAll(content, []byte(`"`+here+`"`), []byte(`"`+r.path+`"`))
	return bytes.ReplaceAll(content, []byte(`"`+here+`/`), []byte(`"`+r.path+`/`))
}

func inOther(name, source string) bool {
	other := "bindings/go/oapprometheus/"
	return source+"/" != other && strings.HasPrefix(name, other)
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
	return io.NopCloser(bytes.NewReader(f.content)), nil
}
func (f file) Name() string       { return path.Base(f.name) }
func (f file) Size() int64        { return int64(len(f.content)) }
func (f file) Mode() os.FileMode  { return 0o644 }
func (f file) ModTime() time.Time { return time.Time{} }
func (f file) IsDir() bool        { return false }
func (f file) Sys() any           { return nil }
