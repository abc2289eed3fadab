// The benchmarks of package oap: ns a frame or a call, medians of many rounds with the candidates in turn.
package main

import (
	"flag"
	"os"
	"runtime"
	"runtime/debug"
)

func main() {
	lines := flag.Bool("json", false, "one JSON object a line instead of tables")
	flag.Parse()
	print := printTable
	if *lines {
		print = printLines
	}
	all := groups()
	// A collection slows down what stores pointers, and nothing that is measured makes garbage to speak of.
	runtime.GC()
	debug.SetGCPercent(-1)
	for _, group := range all {
		print(os.Stdout, measure(group))
	}
}

// groups are compared within: the first of each is what the others are compared with.
func groups() [][]candidate {
	tiny := dataWork("tiny", 1000, "", 32)
	ack := ackWork(1000)
	obj := dataWork("obj", 200, object, 4<<10)
	obj64k := dataWork("obj64k", 64, object, 64<<10)
	return [][]candidate{
		decoders(&tiny), decoders(&ack), decoders(&obj), decoders(&obj64k),
		splits(&tiny), encoders(&tiny), calls(&tiny), breakEven(&tiny), breakEven(&obj), hostile(&tiny), hostileSessions(),
	}
}
