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

// envelope is a frame in JSON, as answers show it.
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

// outgoing is a frame to be encoded.
type outgoing struct {
	oap.Frame
	// hasEmptyObj tells the one envelope that a Data cannot say, but a Row can.
	hasEmptyObj bool
}

func outgoingOf(value any) (read outgoing, err error) {
	f := fieldsOf(value)
	switch kind := take(f, "kind", text); kind {
	case oap.KindHello.String():
		read.Frame = helloOf(f)
	case oap.KindStart.String():
		read.Frame = &oap.Start{Stream: take(f, "stream", text)}
	case oap.KindData.String():
		read = dataOf(f)
	case oap.KindAck.String():
		read.Frame = &oap.Ack{UpTo: take(f, "up_to", u64)}
	case oap.KindEnd.String():
		read.Frame = &oap.End{Seq: take(f, "seq", u64), Status: take(f, "status", u32)}
	case oap.KindError.String():
		read.Frame = &oap.Error{Code: take(f, "code", u32), Reason: take(f, "reason", text)}
	default:
		return read, fmt.Errorf("kind %q", kind)
	}
	return read, f.end()
}

func helloOf(f *fields) *oap.Hello {
	return &oap.Hello{
		Version: take(f, "version", u32), MaxFrame: take(f, "max_frame", u64),
		Features: maybe(f, "features", u64), AckWindow: maybe(f, "ack_window", u32),
	}
}

func dataOf(f *fields) outgoing {
	data := &oap.Data{Seq: take(f, "seq", u64), Body: take(f, "body", unhex)}
	obj := maybe(f, "obj", text)
	set(&data.Obj, obj)
	if take(f, "len", whole) != uint64(len(data.Body)) {
		f.fail("len", errors.New("not the length of body"))
	}
	return outgoing{data, obj != nil && *obj == ""}
}

// configOf reads the fields of a Config; what is left out has its default.
func configOf(value any) (*oap.Config, error) {
	f := fieldsOf(value)
	config := takeConfig(f)
	return config, f.end()
}

func takeConfig(f *fields) *oap.Config {
	config := oap.DefaultConfig()
	set(&config.StrictHeaders, maybe(f, "strict_headers", flag))
	set(&config.EnforceObjHeaderOnObjects, maybe(f, "enforce_obj_header_on_objects", flag))
	set(&config.AllowPQHelloFlags, maybe(f, "allow_pq_hello_flags", flag))
	set(&config.SeqRolloverPolicy, maybe(f, "seq_rollover_policy", policyOf))
	set(&config.AckWindowFrames, maybe(f, "ack_window_frames", whole))
	set(&config.MaxFrame, maybe(f, "max_frame", u64))
	config.Features = maybe(f, "features", u64)
	f.fail("config", config.Validate())
	return config
}

func policyOf(value any) (oap.SeqRolloverPolicy, error) {
	name, err := text(value)
	for _, policy := range []oap.SeqRolloverPolicy{oap.SeqRolloverError, oap.SeqRolloverWrap} {
		if policy.String() == name {
			return policy, err
		}
	}
	return oap.SeqRolloverError, fmt.Errorf("seq_rollover_policy = %q", name)
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}
