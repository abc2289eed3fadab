package main

import "oap.example/oap"

// limits are the settings of a monitor; what is left out has its default.
type limits struct {
	RejectLimitPermille     *uint64 `json:"reject_limit_permille"`
	RejectMinEvents         *uint64 `json:"reject_min_events"`
	AckStarvationLimitNS    *uint64 `json:"ack_starvation_limit_ns"`
	InflightCapacity        *uint64 `json:"inflight_capacity"`
	BackpressureHighPercent *uint64 `json:"backpressure_high_percent"`
	BackpressureLowPercent  *uint64 `json:"backpressure_low_percent"`
}

func (l *limits) config() *oap.MonitorConfig {
	config := oap.DefaultMonitorConfig()
	set(&config.RejectLimitPermille, l.RejectLimitPermille)
	set(&config.RejectMinEvents, l.RejectMinEvents)
	set(&config.AckStarvationLimitNS, l.AckStarvationLimitNS)
	set(&config.InflightCapacity, l.InflightCapacity)
	set(&config.BackpressureHighPercent, l.BackpressureHighPercent)
	set(&config.BackpressureLowPercent, l.BackpressureLowPercent)
	return config
}

type event struct {
	Tick    *uint64   `json:"tick"`
	Recv    *hexBytes `json:"recv"`
	Send    *envelope `json:"send"`
	Session *uint64   `json:"session"`
	Close   *uint64   `json:"close"`
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

func monitor(config *oap.Config, limits *limits, events []event) (any, error) {
	config.Monitor = oap.NewMonitor(limits.config())
	host := &host{config: config, sessions: make(map[uint64]*oap.Session), readiness: []ready{}}
	defer host.close()
	if err := config.Validate(); err != nil {
		return nil, err
	}
	for i := range events {
		if err := host.take(&events[i]); err != nil {
			return nil, err
		}
	}
	return map[string]any{"readiness": host.readiness, "metrics": metrics(config.Monitor.Snapshot())}, nil
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
	case e.Close != nil:
		if session := h.sessions[*e.Close]; session != nil {
			delete(h.sessions, *e.Close)
			return session.Close()
		}
		return nil
	case e.Session != nil && (e.Recv != nil) != (e.Send != nil):
		session, err := h.session(*e.Session)
		if err != nil {
			return err
		}
		step := step{Recv: e.Recv, Send: e.Send}
		_, err = step.outcome(session)
		return err
	default:
		return errUsage
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
	}
}
