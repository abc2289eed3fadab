//go:build cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64))

package oap

/*
#include <oap.h>

typedef struct {
	uint64_t ns;
	uint32_t bytes;
	uint8_t kind; // 0 where the frame was refused
} oap_go_append;

static void oap_go_publish(const oap_monitor *monitor, const oap_go_append *appends, size_t count, bool timed) {
	for (size_t i = 0; i < count; i++) {
		if (appends[i].kind != 0) oap_monitor_count_frame(monitor, appends[i].kind, appends[i].bytes);
		if (timed) oap_monitor_observe_write(monitor, appends[i].ns);
	}
}
*/
import "C"

import (
	"runtime"
	"time"

	"oap.example/oap/internal/pure"
)

// tally keeps what was encoded in Go, and counts many frames in a monitor in one call.
type tally struct {
	monitor *Monitor
	appends [64]C.oap_go_append
	count   int
}

// append is [Append], counted and timed.
func (t *tally) append(dst []byte, frame Frame) ([]byte, error) {
	if t.count == len(t.appends) {
		t.publish()
	}
	next := &t.appends[t.count]
	t.count++
	*next = C.oap_go_append{}
	var start time.Time
	if t.monitor.timing {
		start = time.Now()
	}
	out, err := Append(dst, frame)
	if t.monitor.timing {
		next.ns = C.uint64_t(time.Since(start))
	}
	if err == nil {
		frame := out[len(dst):]
		// To ask the Frame for its kind would move each one to the heap.
		next.kind, next.bytes = C.uint8_t(frame[pure.KindAt]), C.uint32_t(len(frame))
	}
	return out, err
}

func (t *tally) publish() {
	defer runtime.KeepAlive(t.monitor)
	if t.count > 0 {
		C.oap_go_publish(t.monitor.native, &t.appends[0], C.size_t(t.count), C.bool(t.monitor.timing))
		t.count = 0
	}
}
