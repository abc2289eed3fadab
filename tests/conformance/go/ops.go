package main

import (
	"errors"
	"io"

	"oap.example/oap"
)

// step is one of a session: Recv, Send or the end of the input.
type step struct {
	Recv *hexBytes
	Send *outgoing
}

func stepOf(value any) (read step, err error) {
	f := fieldsOf(value)
	if f.has("finish") {
		if !take(f, "finish", flag) {
			f.fail("finish", errUsage)
		}
		return read, f.end()
	}
	read = takeTransfer(f)
	return read, f.end()
}

// takeTransfer takes recv or send.
func takeTransfer(f *fields) step {
	if f.has("recv") {
		return step{Recv: maybe(f, "recv", unhex)}
	}
	sent := take(f, "send", outgoingOf)
	return step{Send: &sent}
}

type usage struct {
	Usage string `json:"usage"`
}

type rejected struct {
	Label string `json:"label"`
	At    int    `json:"at"`
}

type verdict struct {
	Frames []envelope `json:"frames"`
	Reject *rejected  `json:"reject"`
}

// answer answers one line.
func answer(line []byte) any {
	value, err := parse(line)
	if err != nil {
		return usage{err.Error()}
	}
	f := fieldsOf(value)
	run := operation(take(f, "op", text), f)
	if err := f.end(); err != nil {
		return usage{err.Error()}
	}
	given, err := run()
	if err != nil {
		return usage{err.Error()}
	}
	return given
}

// operation takes the fields of a request, and gives what answers it once all of it is understood.
func operation(op string, f *fields) func() (any, error) {
	switch op {
	case "decode":
		config, chunks := take(f, "config", configOf), take(f, "chunks", list(unhex))
		input := &pushed{chunks: chunks, finish: take(f, "finish", flag)}
		return func() (any, error) { return decode(config, input) }
	case "table":
		config, bytes, rows := take(f, "config", configOf), take(f, "bytes", unhex), take(f, "rows", rowsOf)
		return func() (any, error) { return table(config, bytes, make([]oap.Row, rows)) }
	case "encode":
		frames := take(f, "frames", list(outgoingOf))
		return func() (any, error) { return encode(frames) }
	case "session":
		config, steps := take(f, "config", configOf), take(f, "steps", list(stepOf))
		return func() (any, error) { return session(config, steps) }
	case "monitor":
		return monitorOperation(f)
	case "connection":
		config, limits := take(f, "config", configOf), take(f, "options", limitsOf)
		steps := take(f, "steps", list(actionOf))
		return func() (any, error) { return connection(config, limits, steps) }
	case "constants":
		return func() (any, error) { return constants(), nil }
	}
	f.fail("op", errUsage)
	return nil
}

func rowsOf(value any) (uint32, error) {
	rows, err := u32(value)
	if err == nil && rows == 0 {
		err = errors.New("rows is at least 1")
	}
	return rows, err
}

// errNotFinished ends an input without an end.
var errNotFinished = errors.New("not finished")

// pushed reads chunk by chunk, and counts the bytes of those begun.
type pushed struct {
	chunks []hexBytes
	rest   []byte
	count  int
	finish bool
}

func (p *pushed) Read(buf []byte) (int, error) {
	for len(p.rest) == 0 {
		if len(p.chunks) == 0 && p.finish {
			return 0, io.EOF
		}
		if len(p.chunks) == 0 {
			return 0, errNotFinished
		}
		p.rest, p.chunks = p.chunks[0], p.chunks[1:]
		p.count += len(p.rest)
	}
	n := copy(buf, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

func decode(config *oap.Config, input *pushed) (any, error) {
	reader, err := oap.NewReader(input, config)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	given := verdict{Frames: []envelope{}}
	for frame, err := range reader.All() {
		var reject *oap.RejectError
		switch {
		case errors.As(err, &reject):
			given.Reject = &rejected{reject.Reason.Label(), input.count}
		case err == nil:
			given.Frames = append(given.Frames, envelopeOf(frame))
		case err != errNotFinished:
			return nil, err
		}
	}
	return given, nil
}

func table(config *oap.Config, rest []byte, rows []oap.Row) (any, error) {
	decoder, err := oap.NewDecoder(config)
	if err != nil {
		return nil, err
	}
	defer decoder.Close()
	given := verdict{Frames: []envelope{}}
	for all := len(rest); ; {
		n, consumed, err := decoder.Decode(rest, rows)
		var reject *oap.RejectError
		if errors.As(err, &reject) {
			given.Reject = &rejected{reject.Reason.Label(), all}
			return given, nil
		}
		if err != nil {
			return nil, err
		}
		for i := range rows[:n] {
			given.Frames = append(given.Frames, envelopeOf(rows[i].Frame(rest)))
		}
		rest = rest[consumed:]
		if !decoder.More() {
			return given, nil
		}
	}
}

// label gives a refusal's label; another error is the request's or a bug.
func label(err error) (string, error) {
	var refusal *oap.RefusalError
	if errors.As(err, &refusal) {
		return refusal.Reason.Label(), nil
	}
	return "", err
}

func encode(frames []outgoing) (any, error) {
	wire := hexBytes{}
	for _, frame := range frames {
		var err error
		if frame.hasEmptyObj {
			row := oap.Row{Kind: frame.Kind(), Flags: oap.HasObj}
			wire, _, err = oap.AppendRows(wire, []oap.Row{row}, nil)
		} else {
			wire, err = oap.Append(wire, frame.Frame)
		}
		if err != nil {
			refused, err := label(err)
			return map[string]string{"error": refused}, err
		}
	}
	return map[string]hexBytes{"bytes": wire}, nil
}

func session(config *oap.Config, steps []step) (any, error) {
	session, err := oap.NewSession(config)
	if err != nil {
		return nil, err
	}
	defer session.Close()
	outcomes := []any{}
	for _, step := range steps {
		outcome, err := step.outcome(session)
		if err != nil {
			return nil, err
		}
		outcomes = append(outcomes, outcome)
	}
	return map[string][]any{"outcomes": outcomes}, nil
}

func (s *step) outcome(session *oap.Session) (any, error) {
	switch {
	case s.Recv != nil:
		return receive(session, *s.Recv)
	case s.Send != nil:
		return send(session, s.Send.Frame)
	default:
		return received([]envelope{}, session.Finish())
	}
}

func receive(session *oap.Session, chunk []byte) (any, error) {
	frames := []envelope{}
	rows := make([]oap.Row, 64)
	for {
		table, err := session.Recv(chunk, rows)
		if err != nil {
			return received(frames, err)
		}
		for frame := range table.Frames() {
			frames = append(frames, envelopeOf(frame))
		}
		chunk = chunk[table.Consumed:]
		if !table.More {
			return received(frames, nil)
		}
	}
}

func received(frames []envelope, err error) (any, error) {
	var reject *oap.RejectError
	if errors.As(err, &reject) {
		return map[string]any{"frames": frames, "reject": reject.Reason.Label()}, nil
	}
	return map[string]any{"frames": frames}, err
}

func send(session *oap.Session, frame oap.Frame) (any, error) {
	wire, err := session.Send(nil, frame)
	if err != nil {
		refused, err := label(err)
		return map[string]string{"refused": refused}, err
	}
	return map[string]hexBytes{"bytes": wire}, nil
}

func constants() any {
	return map[string]any{
		"max_frame_bytes":    oap.MaxFrameBytes,
		"max_header_bytes":   oap.MaxHeaderBytes,
		"stream_chunk_bytes": oap.StreamChunkBytes,
		"version":            oap.ProtocolVersion,
		"kinds":              names(oap.Kinds(), oap.Kind.String),
		"reject_labels":      names(oap.Reasons(), oap.Reason.Label),
		"metrics":            oap.Metrics(),
		"readiness_keys":     oap.ReadinessKeys(),
	}
}

func names[T any](items []T, name func(T) string) []string {
	var all []string
	for _, item := range items {
		all = append(all, name(item))
	}
	return all
}
