package main

import (
	"encoding/hex"
	"errors"
	"fmt"

	"oap.example/oap"
)

// hexBytes are lowercase hex in JSON.
type hexBytes []byte

func (h hexBytes) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h), nil }

func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.AppendDecode([]byte{}, text)
	return err
}

// envelope is a frame in JSON, received or to be sent.
type envelope struct {
	Kind      string    `json:"kind"`
	Version   *uint32   `json:"version,omitempty"`
	MaxFrame  *uint64   `json:"max_frame,omitempty,string"`
	Features  *uint64   `json:"features,omitempty,string"`
	AckWindow *uint32   `json:"ack_window,omitempty"`
	Stream    *string   `json:"stream,omitempty"`
	Seq       *uint64   `json:"seq,omitempty,string"`
	Obj       *string   `json:"obj,omitempty"`
	Len       *int      `json:"len,omitempty"`
	Body      *hexBytes `json:"body,omitempty"`
	UpTo      *uint64   `json:"up_to,omitempty,string"`
	Status    *uint32   `json:"status,omitempty"`
	Code      *uint32   `json:"code,omitempty"`
	Reason    *string   `json:"reason,omitempty"`
}

func envelopeOf(frame oap.Frame) envelope {
	e := envelope{Kind: frame.Kind().String()}
	switch f := frame.(type) {
	case *oap.Hello:
		hello := *f
		e.Version, e.MaxFrame, e.Features, e.AckWindow = &hello.Version, &hello.MaxFrame, hello.Features, hello.AckWindow
	case *oap.Start:
		e.Stream = &[]string{f.Stream}[0]
	case *oap.Data:
		body := append(hexBytes{}, f.Body...)
		seq, length := f.Seq, len(body)
		e.Seq, e.Len, e.Body = &seq, &length, &body
		if obj := f.Obj; obj != "" {
			e.Obj = &obj
		}
	case *oap.Ack:
		ack := *f
		e.UpTo = &ack.UpTo
	case *oap.End:
		end := *f
		e.Seq, e.Status = &end.Seq, &end.Status
	case *oap.Error:
		failed := *f
		e.Code, e.Reason = &failed.Code, &failed.Reason
	}
	return e
}

// hasEmptyObj tells the one envelope that a Data cannot say, but a Row can.
func (e *envelope) hasEmptyObj() bool { return e.Obj != nil && *e.Obj == "" }

func (e *envelope) frame() (oap.Frame, error) {
	missing := errors.New("an envelope lacks a field")
	switch e.Kind {
	case oap.KindHello.String():
		if e.Version != nil && e.MaxFrame != nil {
			return &oap.Hello{Version: *e.Version, MaxFrame: *e.MaxFrame, Features: e.Features, AckWindow: e.AckWindow}, nil
		}
	case oap.KindStart.String():
		if e.Stream != nil {
			return &oap.Start{Stream: *e.Stream}, nil
		}
	case oap.KindData.String():
		if e.Seq != nil && e.Body != nil {
			data := &oap.Data{Seq: *e.Seq, Body: *e.Body}
			set(&data.Obj, e.Obj)
			return data, nil
		}
	case oap.KindAck.String():
		if e.UpTo != nil {
			return &oap.Ack{UpTo: *e.UpTo}, nil
		}
	case oap.KindEnd.String():
		if e.Seq != nil && e.Status != nil {
			return &oap.End{Seq: *e.Seq, Status: *e.Status}, nil
		}
	case oap.KindError.String():
		if e.Code != nil && e.Reason != nil {
			return &oap.Error{Code: *e.Code, Reason: *e.Reason}, nil
		}
	default:
		return nil, fmt.Errorf("kind %q", e.Kind)
	}
	return nil, missing
}

// settings are a Config in JSON; what is left out has its default.
type settings struct {
	StrictHeaders             *bool   `json:"strict_headers"`
	EnforceObjHeaderOnObjects *bool   `json:"enforce_obj_header_on_objects"`
	AllowPQHelloFlags         *bool   `json:"allow_pq_hello_flags"`
	SeqRolloverPolicy         *string `json:"seq_rollover_policy"`
	AckWindowFrames           *uint64 `json:"ack_window_frames"`
	MaxFrame                  *uint64 `json:"max_frame,string"`
	Features                  *uint64 `json:"features,string"`
	limits
}

func (s *settings) config() (*oap.Config, error) {
	config := oap.DefaultConfig()
	set(&config.StrictHeaders, s.StrictHeaders)
	set(&config.EnforceObjHeaderOnObjects, s.EnforceObjHeaderOnObjects)
	set(&config.AllowPQHelloFlags, s.AllowPQHelloFlags)
	set(&config.AckWindowFrames, s.AckWindowFrames)
	set(&config.MaxFrame, s.MaxFrame)
	config.Features = s.Features
	if s.SeqRolloverPolicy == nil {
		return config, nil
	}
	for _, policy := range []oap.SeqRolloverPolicy{oap.SeqRolloverError, oap.SeqRolloverWrap} {
		if policy.String() == *s.SeqRolloverPolicy {
			config.SeqRolloverPolicy = policy
			return config, nil
		}
	}
	return nil, fmt.Errorf("seq_rollover_policy = %q", *s.SeqRolloverPolicy)
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}
