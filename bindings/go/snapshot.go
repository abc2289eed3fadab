//go:build cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64))

package oap

// #include <oap.h>
import "C"

import (
	"math"
	"runtime"
	"time"
)

// Snapshot holds the numbers of a [Monitor] at one time.
type Snapshot struct {
	// Frames is oap_frames_total: frames delivered to the host or encoded for it. All kinds are there.
	Frames map[Kind]uint64
	// Rejects is oap_rejects_total: rejects of what was received. All reasons are there.
	Rejects map[Reason]uint64
	// FrameBytes is oap_frame_bytes_total: bytes of those frames.
	FrameBytes uint64
	// AckWindow is oap_ack_window: credit that is advertised now, in DATA frames, where a stream is open.
	AckWindow uint64
	// InflightFrames is oap_inflight_frames: DATA frames received and not yet acknowledged.
	InflightFrames uint64
	// AckStarved is oap_ack_starved_seconds_total: the time starved, as ticks saw it.
	AckStarved time.Duration
	// InflightCapacity is oap_inflight_capacity: the limit of that name, in DATA frames.
	InflightCapacity uint64
	// HostLoadPermille is oap_host_load_ratio, in thousandths: what [Monitor.SetLoad] set last.
	HostLoadPermille uint32
	// Read is oap_read_frame_seconds, Write oap_write_frame_seconds: the times of decode and of encode calls.
	Read, Write Timing
}

// Timing is a histogram of the times of calls.
type Timing struct {
	// Bounds are the buckets' upper bounds. The last bucket has none.
	Bounds []time.Duration
	// Counts is how many calls fell into each bucket, and into it alone: one more than there are Bounds.
	Counts []uint64
	// Sum is the time of all calls.
	Sum time.Duration
}

// Count is how many calls there were.
func (t *Timing) Count() (calls uint64) {
	for _, count := range t.Counts {
		calls += count
	}
	return calls
}

// Snapshot returns all numbers as they are now.
func (m *Monitor) Snapshot() Snapshot {
	defer runtime.KeepAlive(m)
	var native C.oap_snapshot
	mustHold(C.oap_monitor_snapshot(m.native, &native))
	snapshot := Snapshot{
		Frames:           make(map[Kind]uint64),
		Rejects:          make(map[Reason]uint64),
		FrameBytes:       uint64(native.frame_bytes),
		AckWindow:        uint64(native.ack_window),
		InflightFrames:   uint64(native.inflight_frames),
		AckStarved:       durationOf(native.ack_starved_ns),
		InflightCapacity: uint64(native.inflight_capacity),
		HostLoadPermille: uint32(native.host_load_permille),
		Read:             timingOf(&native.read),
		Write:            timingOf(&native.write),
	}
	for _, kind := range Kinds() {
		snapshot.Frames[kind] = uint64(native.frames[kind-1])
	}
	for _, reason := range Reasons() {
		snapshot.Rejects[reason] = uint64(native.rejects[reason-1])
	}
	return snapshot
}

func timingOf(native *C.oap_timing) Timing {
	timing := Timing{Sum: durationOf(native.sum_ns)}
	for i, count := range native.counts {
		timing.Counts = append(timing.Counts, uint64(count))
		if bound := C.oap_histogram_bound_ns(C.size_t(i)); bound != math.MaxUint64 {
			timing.Bounds = append(timing.Bounds, durationOf(bound))
		}
	}
	return timing
}

// durationOf holds what a Duration can't at its end, after 292 years.
func durationOf(ns C.uint64_t) time.Duration {
	return time.Duration(min(uint64(ns), math.MaxInt64))
}
