//go:build cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64))

package oap_test

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"oap.example/oap"
)

// stagedBody is long enough that malloc gives its memory to the next who asks.
var stagedBody = bytes.Repeat([]byte{0xb0}, 100_000)

// cutFrame has a session receive a DATA in two chunks: its body stood in memory of liboap.
func cutFrame(t testing.TB, receiver *oap.Session, sender *oap.Session) oap.Table {
	t.Helper()
	wire := must(sender.Send(nil, &oap.Start{Stream: "s"}))
	wire = must(sender.Send(wire, &oap.Data{Seq: 1, Body: stagedBody}))
	rows := make([]oap.Row, 2)
	must(receiver.Recv(wire[:5000], rows))
	table := must(receiver.Recv(wire[5000:], rows))
	if len(table.Rows) != 1 {
		t.Fatal(table.Rows)
	}
	return table
}

// reuse has liboap stage other bytes, where those of a freed session stood.
func reuse(t testing.TB) {
	t.Helper()
	junk := wireOf(&oap.Hello{Version: 1, MaxFrame: oap.MaxFrameBytes}, &oap.Start{Stream: "s"})
	before := len(junk)
	junk = append(junk, wireOf(&oap.Data{Seq: 1, Body: make([]byte, len(stagedBody))})...)
	for range 8 {
		session := newSession(t, nil)
		must(session.Send(nil, must(session.Hello())))
		must(session.Recv(junk[:before+5000], make([]oap.Row, 4)))
		must(session.Recv(junk[before+5000:len(junk)-1], make([]oap.Row, 4)))
	}
}

func TestATableOutlivesWhatTheSessionDoesNext(t *testing.T) {
	runtime.LockOSThread() // malloc keeps what is freed for the thread that had it
	defer runtime.UnlockOSThread()
	for name, next := range map[string]func(*oap.Session){
		"forgotten":  func(*oap.Session) {},
		"Close":      func(s *oap.Session) { must(0, s.Close()) },
		"Reset":      func(s *oap.Session) { must(0, s.Reset()) },
		"Finish":     func(s *oap.Session) { must(0, s.Finish()) },
		"an ERROR":   func(s *oap.Session) { must(s.Send(nil, &oap.Error{Code: 1})) },
		"Recv":       func(s *oap.Session) { must(s.Recv([]byte{0, 0}, make([]oap.Row, 1))) },
		"Recv twice": func(s *oap.Session) { cutAgain(t, s) },
	} {
		table := tableOfAForgottenSession(t, next)
		for range 3 {
			collected()
		}
		reuse(t)
		for frame := range table.Frames() {
			if data := frame.(*oap.Data); !bytes.Equal(data.Body, stagedBody) {
				t.Errorf("%s: the body is not what was received", name)
			}
		}
	}
}

// tableOfAForgottenSession is a function of its own, so that no frame of the stack keeps the session.
//
//go:noinline
func tableOfAForgottenSession(t testing.TB, next func(*oap.Session)) oap.Table {
	receiver, sender := must(oap.NewSession(nil)), newSession(t, nil)
	rows := make([]oap.Row, 1)
	must(receiver.Recv(must(sender.Send(nil, must(sender.Hello()))), rows))
	must(sender.Recv(must(receiver.Send(nil, must(receiver.Hello()))), rows))
	table := cutFrame(t, receiver, sender)
	next(receiver)
	return table
}

// cutAgain receives another frame in two chunks.
func cutAgain(t testing.TB, session *oap.Session) {
	t.Helper()
	wire := wireOf(&oap.Data{Seq: 2, Body: make([]byte, len(stagedBody))})
	rows := make([]oap.Row, 1)
	must(session.Recv(wire[:5000], rows))
	must(session.Recv(wire[5000:], rows))
}

// The runtime aborts where it moves a stack that holds a pointer such as 1.
func TestAnEmptyChunkLeavesNoPointer(t *testing.T) {
	_, session := established(t, nil, nil)
	rows := make([]oap.Row, 1)
	for _, chunk := range [][]byte{nil, {}} {
		if pointer := oap.StagedPointer(session, chunk, rows); pointer != 0 {
			t.Errorf("%#x", pointer)
		}
	}
}

// A call that hands a handle to C keeps it from being freed until C is done, on every path.
func TestWhateverGivesCAHandleKeepsItAlive(t *testing.T) {
	files := must(filepath.Glob("*.go"))
	checked := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed := must(parser.ParseFile(token.NewFileSet(), file, nil, 0))
		for _, declared := range parsed.Decls {
			function, ok := declared.(*ast.FuncDecl)
			if !ok || function.Recv == nil {
				continue
			}
			for owner := range handlesGivenToC(function) {
				checked++
				if !keeps(function, owner) {
					t.Errorf("%s: %s gives C %s.native without a deferred runtime.KeepAlive(%s)", file, function.Name.Name, owner, owner)
				}
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d methods give C a handle: does this test still read them?", checked)
	}
}

// handlesGivenToC names whose handle a method gives C: what stands before .native, or the owner that is passed beside
// .handle.
func handlesGivenToC(function *ast.FuncDecl) map[string]bool {
	calls, owners := false, make(map[string]bool)
	ast.Inspect(function, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if name, ok := selector.X.(*ast.Ident); ok && name.Name == "C" && strings.HasPrefix(selector.Sel.Name, "oap_") {
			calls = true
		}
		if selector.Sel.Name == "native" {
			owners[textOf(selector.X)] = true
		}
		if owner := firstParameter(function); selector.Sel.Name == "handle" && owner != "" {
			owners[owner] = true
		}
		return true
	})
	if !calls {
		return nil
	}
	return owners
}

// firstParameter names that of a *Decoder or *Session.
func firstParameter(function *ast.FuncDecl) string {
	if len(function.Type.Params.List) == 0 {
		return ""
	}
	first := function.Type.Params.List[0]
	star, ok := first.Type.(*ast.StarExpr)
	if !ok || len(first.Names) == 0 || textOf(star.X) != "Decoder" && textOf(star.X) != "Session" {
		return ""
	}
	return first.Names[0].Name
}

func keeps(function *ast.FuncDecl, owner string) (found bool) {
	for _, statement := range function.Body.List {
		deferred, ok := statement.(*ast.DeferStmt)
		if ok && textOf(deferred.Call.Fun) == "runtime.KeepAlive" {
			kept := textOf(deferred.Call.Args[0])
			found = found || owner == kept || strings.HasPrefix(owner, kept+".")
		}
	}
	return found
}

// textOf gives a chain of selectors as it is written.
func textOf(expression ast.Expr) string {
	switch e := expression.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return textOf(e.X) + "." + e.Sel.Name
	default:
		return ""
	}
}

// A copy would outlive the cleanup of what it was copied from.
func TestVetSeesACopy(t *testing.T) {
	said, err := exec.Command("go", "vet", "./testdata/copies").CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Fatalf("%v\n%s", err, said)
	}
	for _, handle := range []string{"Decoder", "Session", "Reader", "Writer", "Monitor", "Conn", "Engine"} {
		if !strings.Contains(string(said), "oap.example/oap."+handle+" contains oap.example/oap.noCopy") {
			t.Errorf("a copied %s passes go vet:\n%s", handle, said)
		}
	}
}
