package oap

import (
	"fmt"
	"io"
	"log/slog"
)

// Payload and feature bits are never printed: not by a verb of package fmt, not by package slog.

// String returns all but the feature bits.
func (h Hello) String() string {
	if h.AckWindow == nil {
		return fmt.Sprintf("%s version=%d max_frame=%d", KindHello, h.Version, h.MaxFrame)
	}
	return fmt.Sprintf("%s version=%d max_frame=%d ack_window=%d", KindHello, h.Version, h.MaxFrame, *h.AckWindow)
}

// String names the stream.
func (s Start) String() string { return fmt.Sprintf("%s stream=%q", KindStart, s.Stream) }

// String returns all but the body.
func (d Data) String() string {
	if d.Obj == "" {
		return fmt.Sprintf("%s seq=%d len=%d", KindData, d.Seq, len(d.Body))
	}
	return fmt.Sprintf("%s seq=%d obj=%s len=%d", KindData, d.Seq, d.Obj, len(d.Body))
}

// String returns up_to.
func (a Ack) String() string { return fmt.Sprintf("%s up_to=%d", KindAck, a.UpTo) }

// String returns seq and status.
func (e End) String() string { return fmt.Sprintf("%s seq=%d status=%d", KindEnd, e.Seq, e.Status) }

// String returns code and reason.
func (e Error) String() string {
	return fmt.Sprintf("%s code=%d reason=%q", KindError, e.Code, e.Reason)
}

// String returns all but HELLO's feature bits.
func (r Row) String() string {
	seq := r.Seq
	if r.Kind == KindHello {
		seq = 0
	}
	return fmt.Sprintf("%s row seq=%d value=%d ack_window=%d flags=%d text=%d+%d body=%d+%d",
		r.Kind, seq, r.Value, r.AckWindow, r.Flags, r.TextOffset, r.TextLen, r.BodyOffset, r.BodyLen)
}

// String returns all but the feature bits.
func (c Config) String() string {
	return fmt.Sprintf("strict_headers=%t enforce_obj_header_on_objects=%t allow_pq_hello_flags=%t "+
		"seq_rollover_policy=%s ack_window_frames=%d max_frame=%d", c.StrictHeaders, c.EnforceObjHeaderOnObjects,
		c.AllowPQHelloFlags, c.SeqRolloverPolicy, c.AckWindowFrames, c.MaxFrame)
}

// Error returns code and reason.
func (e *Error) Error() string { return "oap: the peer sent " + e.String() }

// Format prints as String does, whatever the verb.
func (h Hello) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, h.String()) }

// Format prints as String does, whatever the verb.
func (d Data) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, d.String()) }

// Format prints as String does, whatever the verb.
func (r Row) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, r.String()) }

// Format prints as String does, whatever the verb.
func (c Config) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, c.String()) }

// LogValue logs what String returns.
func (h Hello) LogValue() slog.Value { return slog.StringValue(h.String()) }

// LogValue logs what String returns.
func (d Data) LogValue() slog.Value { return slog.StringValue(d.String()) }

// LogValue logs what String returns.
func (r Row) LogValue() slog.Value { return slog.StringValue(r.String()) }

// LogValue logs what String returns.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }
