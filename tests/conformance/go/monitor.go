//go:build cgo

package main

import (
	"math"

	"oap.example/oap"
)

func monitorOperation(f *fields) func() (any, error) {
	settings, events := take(f, "config", settingsOf), take(f, "events", list(eventOf))
	return func() (any, error) { return monitor(settings, events) }
}

// settings are a Config and the limits of a monitor, side by side.
type settings struct {
	config *oap.Config
	limits *oap.MonitorConfig
}

func settingsOf(value any) (settings, error) {
	f := fieldsOf(value)
	read := settings{takeConfig(f), takeLimits(f)}
	return read, f.end()
}

func takeLimits(f *fields) *oap.MonitorConfig {
	config := oap.DefaultMonitorConfig()
	set(&config.RejectLimitPermille, maybe(f, "reject_limit_permille", whole))
	set(&config.RejectMinEvents, maybe(f, "reject_min_events", whole))
	set(&config.AckStarvationLimitNS, maybe(f, "ack_starvation_limit_ns", whole))
	set(&config.InflightCapacity, maybe(f, "inflight_capacity", whole))
	set(&config.BackpressureHighPercent, maybe(f, "backpressure_high_percent", whole))
	set(&config.BackpressureLowPercent, maybe(f, "backpressure_low_percent", whole))
	return config
}

// event has one of Tick, Load and Close, or a step of a session.
type event struct {
	Tick, Load, Close *uint64
	step              step
	session           uint64
}

func eventOf(value any) (read event, err error) {
	f := fieldsOf(value)
	switch {
	case f.has("tick"):
		read.Tick = maybe(f, "tick", whole)
	case f.has("load"):
		read.Load = maybe(f, "load", whole)
	case f.has("close"):
		read.Close = maybe(f, "close", whole)
	default:
		read.step, read.session = takeTransfer(f), take(f, "session", whole)
	}
	return read, f.end()
}

type ready struct {
	Ready   bool     `json:"ready"`
	Missing []string `json:"missing"`
}

// host has a monitor and the sessions in use, by number.
type host struct {
	config    *oap.Config
	sessions  map[uint64]*oap.Session
	readiness []ready
}

func monitor(settings settings, events []event) (any, error) {
	config := settings.config
	config.Monitor = oap.NewMonitor(settings.limits)
	host := &host{config: config, sessions: make(map[uint64]*oap.Session), readiness: []ready{}}
	defer host.close()
	for i := range events {
		if err := host.take(&events[i]); err != nil {
			return nil, err
		}
	}
	snapshot := config.Monitor.Snapshot()
	return map[string]any{
		"readiness": host.readiness, "metrics": metrics(snapshot),
		"load_permille": snapshot.HostLoadPermille, "starved_ns": snapshot.AckStarved.Nanoseconds(),
	}, nil
}

func (h *host) close() {
	for _, session := range h.sessions {
		_ = session.Close()
	}
}

func (h *host) take(e *event) error {
	switch {
	case e.Tick != nil:
		readiness := h.config.Monitor.ReadinessAt(*e.Tick)
		h.readiness = append(h.readiness, ready{readiness.Ready, append([]string{}, readiness.Missing...)})
		return nil
	case e.Load != nil:
		h.config.Monitor.SetLoad(uint32(min(*e.Load, math.MaxUint32)))
		return nil
	case e.Close != nil:
		if session := h.sessions[*e.Close]; session != nil {
			delete(h.sessions, *e.Close)
			return session.Close()
		}
		return nil
	default:
		session, err := h.session(e.session)
		if err != nil {
			return err
		}
		_, err = e.step.outcome(session)
		return err
	}
}

// session gives the session of that number, made on first use.
func (h *host) session(number uint64) (session *oap.Session, err error) {
	if session = h.sessions[number]; session != nil {
		return session, nil
	}
	if session, err = oap.NewSession(h.config); err == nil {
		h.sessions[number] = session
	}
	return session, err
}

func metrics(snapshot oap.Snapshot) map[string]any {
	frames, rejects := make(map[string]uint64), make(map[string]uint64)
	for kind, count := range snapshot.Frames {
		frames[kind.String()] = count
	}
	for reason, count := range snapshot.Rejects {
		rejects[reason.Label()] = count
	}
	return map[string]any{
		"oap_frames_total":      frames,
		"oap_rejects_total":     rejects,
		"oap_frame_bytes_total": snapshot.FrameBytes,
		"oap_ack_window":        snapshot.AckWindow,
		"oap_inflight_frames":   snapshot.InflightFrames,
		"oap_inflight_capacity": snapshot.InflightCapacity,
	}
}
