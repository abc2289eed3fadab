//go:build ignore

package main

import (
	"bytes"
	"log"
	"os"
	"strings"
	"text/template"

	"golang.org/x/mod/zip"
)

// platform is one for which a release has an archive of liboap.
type platform struct {
	goos, goarch string
	musl         bool
}

// platformOf reads a platform's line of tools/dist/platforms.
func platformOf(name string) platform {
	for line := range strings.Lines(string(must(os.ReadFile("tools/dist/platforms")))) {
		if columns := strings.Fields(line); len(columns) == 6 && columns[0] == name {
			return platform{columns[4], columns[5], strings.HasSuffix(name, "-musl")}
		}
	}
	log.Fatal("tools/dist/platforms has no platform ", name)
	return platform{}
}

func (p platform) folder() string {
	if p.musl {
		return p.goos + "_" + p.goarch + "_musl"
	}
	return p.goos + "_" + p.goarch
}

func (p platform) module(path string) string { return path + "/liboap/" + p.folder() }

// constraint is for which builds the archive is.
func (p platform) constraint() string {
	constraint := p.goos + " && " + p.goarch
	switch {
	case p.musl:
		return constraint + " && musl && !android"
	case p.goos == "linux":
		return constraint + " && !musl && !android"
	case p.goos == "darwin":
		return constraint + " && !ios"
	}
	return constraint
}

// libraries are what the archive needs of the system beside libc: an unwinder, which zig takes by the same name, and on
// Windows a part of the kernel's library. Apple's libc has its own, and so has an archive for musl.
func (p platform) libraries() string {
	switch {
	case p.goos == "windows":
		return " -lgcc_eh -lntdll"
	case p.goos == "linux" && !p.musl:
		return " -lgcc_eh"
	}
	return ""
}

func (p platform) goMod(path string) []byte {
	return []byte("module " + p.module(path) + "\n\ngo 1.24\n")
}

// files are those of the module beside its go.mod.
func (p platform) files(archive string) []zip.File {
	return []zip.File{
		file{"liboap.go", p.source(archiveSource, "")},
		file{"liboap.a", must(os.ReadFile(archive))},
	}
}

// link is the file of the package that has the archive linked.
func (p platform) link(path string) []byte { return p.source(linkSource, path) }

const archiveSource = `//go:build {{.Constraint}}

// Package {{.Folder}} is liboap for {{.Folder}}, a static library: it is linked where this is imported, as package oap does.
package {{.Folder}}

// #cgo LDFLAGS: ${SRCDIR}/liboap.a{{.Libraries}}
import "C"
`

const linkSource = `//go:build cgo && !oap_system && {{.Constraint}}

package oap

// #cgo CFLAGS: -I${SRCDIR}
import "C"

import _ "{{.Module}}"
`

func (p platform) source(text, path string) []byte {
	var out bytes.Buffer
	must(0, template.Must(template.New("").Parse(text)).Execute(&out, map[string]string{
		"Constraint": p.constraint(), "Folder": p.folder(), "Libraries": p.libraries(), "Module": p.module(path),
	}))
	return out.Bytes()
}
