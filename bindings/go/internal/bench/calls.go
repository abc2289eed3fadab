package main

// static void oap_bench_empty(void) {}
import "C"

import (
	"fmt"

	"oap.example/oap"
)

// calls is the price of a crossing: an empty one, with one frame, with 64; and what Frame objects cost on top.
func calls(w *work) []candidate {
	return []candidate{
		{"empty", "an empty cgo call", isFloor, "call", 1, func() { C.oap_bench_empty() }},
		{"one", "Decoder.Decode, one tiny frame", isOap, "call", w.frames, w.table(1, nil)},
		{"one", "Decoder.Decode, one tiny frame, monitored", isOap, "call", w.frames, w.table(1, untimed())},
		{"one", "Decoder.Decode, one tiny frame, timed", isOap, "call", w.frames, w.table(1, oap.NewMonitor(nil))},
		{"one", "pure Go: one tiny frame", isPeer, "call", w.frames, w.pure()},
		{"sixtyfour", "Decoder.Decode, 64 tiny frames", isOap, "call", (w.frames + 63) / 64, w.table(64, nil)},
		{"object", "Table.Frames, 64 tiny frames", isOap, "call", 1, w.objectsOnTop(64)},
	}
}

// objectsOnTop gives decoded rows as Frame objects.
func (w *work) objectsOnTop(frames int) func() {
	rows := w.rows()[:frames]
	want := sumRows(rows, w.wire)
	return func() {
		var sum uint64
		for frame := range (oap.Table{Rows: rows, Bytes: w.wire}).Frames() {
			sum += sumFrame(frame)
		}
		check(sum, want)
	}
}

// breakEven shows from how many frames a call on liboap is faster than pure Go.
func breakEven(w *work) []candidate {
	candidates := []candidate{{"few", w.name + ": pure Go", isPeer, "frame", w.frames, w.pure()}}
	for _, frames := range []int{1, 2, 4, 8, 16, 32, 64} {
		what := fmt.Sprintf("%s: frames a call: %d", w.name, frames)
		candidates = append(candidates, candidate{"few", what, isOap, "frame", w.frames, w.table(frames, nil)})
	}
	return candidates
}
