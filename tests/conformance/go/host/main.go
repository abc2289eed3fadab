// The host program of the conformance suite: `serve [options]`, `send PORT STREAM BYTES [options]`.
package main

import (
	"fmt"
	"os"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 2
	}
	os.Exit(code)
}

func run(words []string) (int, error) {
	args, words, err := parse(words)
	switch {
	case err != nil:
		return 0, err
	case len(words) == 1 && words[0] == "serve":
		return serve(args)
	case len(words) == 4 && words[0] == "send":
		return send(args, words[1], words[2], words[3])
	}
	return 0, fmt.Errorf("usage: serve [options] | send PORT STREAM BYTES [options]")
}
