package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"oap.example/oap"
)

type request struct {
	Op     string      `json:"op"`
	Config settings    `json:"config"`
	Chunks *[]hexBytes `json:"chunks"`
	Finish bool        `json:"finish"`
	Bytes  *hexBytes   `json:"bytes"`
	Rows   int         `json:"rows"`
	Frames *[]envelope `json:"frames"`
	Steps  *[]step     `json:"steps"`
	Events *[]event    `json:"events"`
}

type step struct {
	Recv   *hexBytes `json:"recv"`
	Send   *envelope `json:"send"`
	Finish bool      `json:"finish"`
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

var errUsage = errors.New("the request can't be understood")

// answer answers one line.
func answer(line []byte) any {
	var r request
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return usage{err.Error()}
	}
	given, err := r.answer()
	if err != nil {
		return usage{err.Error()}
	}
	return given
}

func (r *request) answer() (any, error) {
	config, err := r.Config.config()
	if err != nil {
		return nil, err
	}
	switch {
	case r.Op == "decode" && r.Chunks != nil:
		return decode(config, &pushed{chunks: *r.Chunks, finish: r.Finish})
	case r.Op == "table" && r.Bytes != nil && r.Rows > 0:
		return table(config, *r.Bytes, make([]oap.Row, r.Rows))
	case r.Op == "encode" && r.Frames != nil:
		return encode(*r.Frames)
	case r.Op == "session" && r.Steps != nil:
		return session(config, *r.Steps)
	case r.Op == "monitor" && r.Events != nil:
		return monitor(config, &r.Config.limits, *r.Events)
	case r.Op == "constants":
		return constants(), nil
	default:
		return nil, errUsage
	}
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
		if decoder.Need() > 0 {
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

func encode(envelopes []envelope) (any, error) {
	wire := hexBytes{}
	for i := range envelopes {
		frame, err := envelopes[i].frame()
		if err != nil {
			return nil, err
		}
		if envelopes[i].hasEmptyObj() {
			row := oap.Row{Kind: frame.Kind(), Flags: oap.HasObj}
			wire, _, err = oap.AppendRows(wire, []oap.Row{row}, nil)
		} else {
			wire, err = oap.Append(wire, frame)
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
		return send(session, s.Send)
	case s.Finish:
		return received([]envelope{}, session.Finish())
	default:
		return nil, errUsage
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
		if len(chunk) == 0 && table.Need > 0 {
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

func send(session *oap.Session, e *envelope) (any, error) {
	frame, err := e.frame()
	if err != nil {
		return nil, err
	}
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
