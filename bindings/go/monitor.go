//go:build cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64))

package oap

// #include <oap.h>
import "C"

import (
	"bytes"
	"runtime"
	"strconv"
	"time"
	"unsafe"
)

// Monitor counts what the decoders and sessions do that have it ([Config.Monitor]), and judges whether the process is fit
// to serve: the telemetry contract of docs/telemetry.md. One a process is usual.
//
// Any goroutine, at any time. There is nothing to close: it is freed when neither the host nor a decoder or session
// has it.
type Monitor struct {
	_      noCopy
	native *C.oap_monitor
	timing bool
}

// MonitorConfig holds the settings of a monitor. Start with [DefaultMonitorConfig]. Where a *MonitorConfig is taken, nil
// means the defaults. No value of a limit is out of range.
type MonitorConfig struct {
	// RejectLimitPermille: rejects a thousand frames, over the window of 5 minutes, from which oap_reject_rate_ok is
	// false. Default 10.
	RejectLimitPermille uint64
	// RejectMinEvents: frames and rejects in the window below which oap_reject_rate_ok is always true. Default 100.
	RejectMinEvents uint64
	// AckStarvationLimitNS: nanoseconds of starvation in the window above which oap_ack_window_ok is false. Default
	// 5,000,000,000.
	AckStarvationLimitNS uint64
	// InflightCapacity: DATA frames in flight that are full load. Default 1024.
	InflightCapacity uint64
	// BackpressureHighPercent of the capacity and of full load: above it oap_backpressure_ok turns false. Default 80.
	BackpressureHighPercent uint64
	// BackpressureLowPercent of the capacity and of full load: at it oap_backpressure_ok turns true again. Default 60.
	BackpressureLowPercent uint64
	// Timing: each decode call and each encode call is timed by the monotonic clock. False: no clock is read. Default
	// true.
	Timing bool
}

// DefaultMonitorConfig returns the defaults, for changing.
func DefaultMonitorConfig() *MonitorConfig {
	var limits C.oap_monitor_limits
	mustHold(C.oap_monitor_default_limits(&limits))
	return &MonitorConfig{
		RejectLimitPermille:     uint64(limits.reject_limit_permille),
		RejectMinEvents:         uint64(limits.reject_min_events),
		AckStarvationLimitNS:    uint64(limits.ack_starvation_limit_ns),
		InflightCapacity:        uint64(limits.inflight_capacity),
		BackpressureHighPercent: uint64(limits.backpressure_high_percent),
		BackpressureLowPercent:  uint64(limits.backpressure_low_percent),
		Timing:                  true,
	}
}

// NewMonitor makes a monitor; nil means the defaults.
func NewMonitor(config *MonitorConfig) *Monitor {
	if config == nil {
		config = DefaultMonitorConfig()
	}
	limits := C.oap_monitor_limits{
		reject_limit_permille:     C.uint64_t(config.RejectLimitPermille),
		reject_min_events:         C.uint64_t(config.RejectMinEvents),
		ack_starvation_limit_ns:   C.uint64_t(config.AckStarvationLimitNS),
		inflight_capacity:         C.uint64_t(config.InflightCapacity),
		backpressure_high_percent: C.uint64_t(config.BackpressureHighPercent),
		backpressure_low_percent:  C.uint64_t(config.BackpressureLowPercent),
	}
	m := &Monitor{timing: config.Timing}
	mustHold(C.oap_monitor_new(&limits, &m.native))
	liveHandles.Add(1)
	runtime.AddCleanup(m, freeMonitor, m.native)
	return m
}

func freeMonitor(native *C.oap_monitor) {
	C.oap_monitor_free(native)
	liveHandles.Add(-1)
}

// mustHold is for calls that only a bug can fail.
func mustHold(status C.oap_status) {
	if status != C.OAP_STATUS_OK {
		panic(StatusError(status))
	}
}

// timer is the address of what times go to: 0 where none are taken.
func (m *Monitor) timer() C.uintptr_t {
	if m == nil || !m.timing {
		return 0
	}
	return address(unsafe.Pointer(m.native))
}

// SetParserReady sets the key oap_parser_ready: true from the start. A host that is draining, or whose new configuration
// is bad, sets it false.
func (m *Monitor) SetParserReady(ready bool) {
	defer runtime.KeepAlive(m)
	mustHold(C.oap_monitor_set_parser_ready(m.native, C.bool(ready)))
}

// SetLoad sets how full the fullest of the host's own queues and budgets is, in thousandths; over 1,000 counts as 1,000.
// It starts as 0. A tick judges the key oap_backpressure_ok by it.
func (m *Monitor) SetLoad(permille uint32) {
	defer runtime.KeepAlive(m)
	mustHold(C.oap_monitor_set_load(m.native, C.uint32_t(permille)))
}

// CountFrame counts a frame of so many bytes that the host encoded or decoded apart from what has the monitor, such as
// by [Append]. The error is a [*ConfigError] where there is no such kind.
func (m *Monitor) CountFrame(kind Kind, bytes uint64) error {
	defer runtime.KeepAlive(m)
	status := C.oap_monitor_count_frame(m.native, C.uint8_t(kind), C.size_t(bytes))
	return outOfRange(status, "kind", uint64(kind), len(kindNames))
}

// CountReject counts a reject that the host gave apart from what has the monitor. The error is a [*ConfigError] where
// there is no such reason.
func (m *Monitor) CountReject(reason Reason) error {
	defer runtime.KeepAlive(m)
	return outOfRange(C.oap_monitor_count_reject(m.native, C.uint32_t(reason)), "reason", uint64(reason), len(rejectLabels))
}

func outOfRange(status C.oap_status, field string, value uint64, most int) error {
	if status == C.OAP_STATUS_OUT_OF_RANGE {
		return &ConfigError{Field: field, Value: value, Min: 1, Max: uint64(most)}
	}
	return statusError(status)
}

// ObserveRead observes a decode call that the host timed itself: oap_read_frame_seconds. A negative time counts as 0.
func (m *Monitor) ObserveRead(took time.Duration) {
	defer runtime.KeepAlive(m)
	mustHold(C.oap_monitor_observe_read(m.native, C.uint64_t(max(took, 0))))
}

// ObserveWrite observes an encode call that the host timed itself: oap_write_frame_seconds. A negative time counts as 0.
func (m *Monitor) ObserveWrite(took time.Duration) {
	defer runtime.KeepAlive(m)
	mustHold(C.oap_monitor_observe_write(m.native, C.uint64_t(max(took, 0))))
}

// started is where the package's own time begins.
var started = time.Now()

func ownTime() uint64 { return uint64(time.Since(started)) }

// Tick samples the state now. A host ticks at least once a second; [Monitor.Readiness] ticks too.
func (m *Monitor) Tick() { m.TickAt(ownTime()) }

// TickAt is Tick at a time of the host's: nanoseconds of a monotonic clock that may start anywhere. Time that goes
// backwards is taken as standing still. A monitor has one clock: don't mix TickAt and ReadinessAt with Tick and
// Readiness.
func (m *Monitor) TickAt(now uint64) {
	defer runtime.KeepAlive(m)
	mustHold(C.oap_monitor_tick(m.native, C.uint64_t(now)))
}

// Readiness is whether a process is fit to serve, and the answer of its host on /readyz.
type Readiness struct {
	// Ready is whether all keys hold.
	Ready bool
	// Keys are the readiness keys in the contract's order.
	Keys []ReadinessKey
	// Missing names those that do not hold.
	Missing []string
	// Status is the HTTP status: 200 or 503.
	Status int
	// Headers are Content-Type and, with 503, Retry-After.
	Headers map[string]string
	// Body is JSON.
	Body []byte
}

// ReadinessKey is a condition of readiness.
type ReadinessKey struct {
	// Name is the key's name in the contract, such as "oap_parser_ready".
	Name string
	// Holds is whether it is true.
	Holds bool
}

// Readiness ticks, and judges whether the process is fit to serve now.
func (m *Monitor) Readiness() Readiness { return m.ReadinessAt(ownTime()) }

// ReadinessAt is Readiness at a time of the host's: see [Monitor.TickAt].
func (m *Monitor) ReadinessAt(now uint64) Readiness {
	defer runtime.KeepAlive(m)
	var native C.oap_readiness
	mustHold(C.oap_monitor_readiness(m.native, C.uint64_t(now), &native))
	json := unsafe.Slice((*byte)(unsafe.Pointer(&native.json)), len(native.json))
	readiness := Readiness{
		Ready:   bool(native.ready),
		Status:  int(native.http_status),
		Headers: readyzHeaders(uint32(native.retry_after)),
		Body:    bytes.Clone(json[:native.json_len]),
	}
	for i, name := range readinessKeys {
		key := ReadinessKey{Name: name, Holds: bool(native.keys[i])}
		readiness.Keys = append(readiness.Keys, key)
		if !key.Holds {
			readiness.Missing = append(readiness.Missing, name)
		}
	}
	return readiness
}

func readyzHeaders(retryAfter uint32) map[string]string {
	headers := map[string]string{"Content-Type": "application/json"}
	if retryAfter > 0 {
		headers["Retry-After"] = strconv.FormatUint(uint64(retryAfter), 10)
	}
	return headers
}

// Text returns the page that a Prometheus server scrapes, of the content type [TextContentType].
func (m *Monitor) Text() []byte {
	defer runtime.KeepAlive(m)
	var page []byte
	for {
		var size C.size_t
		status := C.oap_monitor_text(m.native, (*C.char)(unsafe.Pointer(unsafe.SliceData(page))), C.size_t(len(page)), &size)
		if status != C.OAP_STATUS_BUFFER_TOO_SMALL {
			mustHold(status)
			return page[:size]
		}
		page = make([]byte, size+64) // with room for what counts meanwhile
	}
}

// TextContentType returns the content type of [Monitor.Text].
func TextContentType() string { return C.GoString(C.oap_text_content_type()) }
