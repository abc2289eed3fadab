package main

import (
	"errors"
	"fmt"
	"math"
	"time"

	"oap.example/oap"
)

// action is a step of the operation connection, and its time.
type action struct {
	at  uint64
	run func(*oap.Engine, uint64) (map[string]any, error)
}

func actionOf(value any) (read action, err error) {
	f := fieldsOf(value)
	read.at = take(f, "at", whole)
	read.run = takeAction(f)
	return read, f.end()
}

func takeAction(f *fields) func(*oap.Engine, uint64) (map[string]any, error) {
	switch {
	case f.has("receive"):
		chunk := take(f, "receive", unhex)
		return func(e *oap.Engine, at uint64) (map[string]any, error) { return receiveFrames(e, at, chunk) }
	case f.has("write"):
		most := take(f, "write", whole)
		return func(e *oap.Engine, at uint64) (map[string]any, error) { return write(e, at, most) }
	case f.has("close"):
		within := take(f, "close", withinOf)
		return plain(func(e *oap.Engine, at uint64) { e.Close(at, within) })
	case f.has("take"):
		count := take(f, "take", whole)
		return plain(func(e *oap.Engine, at uint64) { e.Take(at, int(min(count, math.MaxInt32))) })
	}
	if sends := takeSend(f); sends != nil {
		return func(e *oap.Engine, at uint64) (map[string]any, error) { return sent(sends(e, at)) }
	}
	return takePlain(f)
}

func takeSend(f *fields) func(*oap.Engine, uint64) error {
	switch {
	case f.has("start"):
		name := take(f, "start", text)
		return func(e *oap.Engine, at uint64) error { return e.Start(at, name) }
	case f.has("data"):
		body := take(f, "data", unhex)
		return func(e *oap.Engine, at uint64) error { return e.Data(at, "", body) }
	case f.has("end"):
		status := take(f, "end", u32)
		return func(e *oap.Engine, at uint64) error { return e.EndStream(at, status) }
	case f.has("ack"):
		upTo := take(f, "ack", u64)
		return func(e *oap.Engine, at uint64) error { return e.Acknowledge(at, upTo) }
	}
	return nil
}

// takePlain takes an action that has no value but true.
func takePlain(f *fields) func(*oap.Engine, uint64) (map[string]any, error) {
	for name, run := range map[string]func(*oap.Engine, uint64){
		"receive_end": (*oap.Engine).ReceiveEnd,
		"timeout":     (*oap.Engine).HandleTimeout,
		"cancel":      func(e *oap.Engine, _ uint64) { e.CancelSend() },
		"abort":       func(e *oap.Engine, _ uint64) { e.Abort() },
		"fail":        func(e *oap.Engine, _ uint64) { e.TransportFailed() },
	} {
		if f.has(name) {
			if !take(f, name, flag) {
				f.fail(name, errUsage)
			}
			return plain(run)
		}
	}
	f.fail("action", errUsage)
	return nil
}

func plain(run func(*oap.Engine, uint64)) func(*oap.Engine, uint64) (map[string]any, error) {
	return func(e *oap.Engine, at uint64) (map[string]any, error) {
		run(e, at)
		return map[string]any{}, nil
	}
}

// withinOf reads true as what the options say.
func withinOf(value any) (time.Duration, error) {
	if as, ok := value.(bool); ok {
		if !as {
			return 0, errUsage
		}
		return -1, nil
	}
	ns, err := whole(value)
	return time.Duration(min(ns, math.MaxInt64)), err
}

// limitsOf reads options by their names; what is left out has its default.
func limitsOf(value any) (*oap.ConnOptions, error) {
	f, limits := fieldsOf(value), &oap.ConnOptions{}
	for name, limit := range map[string]*time.Duration{
		"handshake_timeout_ns": &limits.HandshakeTimeout,
		"idle_timeout_ns":      &limits.IdleTimeout,
		"stall_timeout_ns":     &limits.StallTimeout,
		"close_timeout_ns":     &limits.CloseTimeout,
	} {
		set(limit, maybe(f, name, limitOf[time.Duration](name == "idle_timeout_ns")))
	}
	for name, limit := range map[string]*uint64{
		"receive_buffer": &limits.ReceiveBuffer,
		"receive_limit":  &limits.ReceiveLimit,
		"send_buffer":    &limits.SendBuffer,
	} {
		set(limit, maybe(f, name, limitOf[uint64](false)))
	}
	if auto := maybe(f, "auto_ack", flag); auto != nil {
		limits.ManualAck = !*auto
	}
	f.fail("options", limits.Validate())
	return limits, f.end()
}

// limitOf reads a limit. 0 means the default in Go, which a request does not mean by it.
func limitOf[T ~int64 | ~uint64](mayBeZero bool) func(any) (T, error) {
	return func(value any) (T, error) {
		limit, err := whole(value)
		if err == nil && (limit == 0 && !mayBeZero || limit > math.MaxInt64) {
			err = errors.New("not in its range")
		}
		return T(limit), err
	}
}

func connection(config *oap.Config, limits *oap.ConnOptions, steps []action) (any, error) {
	limits.Config = config
	engine, err := oap.NewEngine(limits, 0)
	if err != nil {
		return nil, err
	}
	defer engine.Free()
	outcomes := []any{}
	for _, step := range steps {
		outcome, err := step.run(engine, step.at)
		if err != nil {
			return nil, err
		}
		outcomes = append(outcomes, withState(engine, outcome))
	}
	return map[string]any{"outcomes": outcomes}, nil
}

func withState(engine *oap.Engine, outcome map[string]any) map[string]any {
	outcome["state"] = engine.State().String()
	outcome["wants_read"], outcome["wants_write"] = engine.WantsRead(), engine.WantsWrite()
	if at, runs := engine.NextTimeout(); runs {
		outcome["timeout"] = at
	}
	if end := engine.End(); end != nil {
		outcome["ended"] = end.Word()
	}
	return outcome
}

func receiveFrames(engine *oap.Engine, at uint64, chunk []byte) (map[string]any, error) {
	rows, frames := make([]oap.Row, 16), []envelope{}
	for len(chunk) > 0 {
		table := engine.Receive(at, chunk, rows)
		for frame := range table.Frames() {
			frames = append(frames, envelopeOf(frame))
		}
		chunk = chunk[table.Consumed:]
	}
	return map[string]any{"frames": frames}, nil
}

func write(engine *oap.Engine, at, most uint64) (map[string]any, error) {
	out := engine.AppendOutput(make([]byte, 0, min(most, 64<<20)), at)
	engine.Transmitted(at, len(out))
	return map[string]any{"bytes": hexBytes(out)}, nil
}

func sent(err error) (map[string]any, error) {
	var wait oap.Wait
	switch {
	case err == nil:
		return map[string]any{}, nil
	case errors.As(err, &wait):
		return map[string]any{"waits": wait.String()}, nil
	case errors.Is(err, oap.ErrClosed):
		return map[string]any{"refused": "closed"}, nil
	}
	refused, err := label(err)
	if err != nil {
		return nil, fmt.Errorf("a send: %w", err)
	}
	return map[string]any{"refused": refused}, nil
}
