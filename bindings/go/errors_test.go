package oap_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"oap.example/oap"
)

func TestRejectErrorSaysAllThatLiboapSays(t *testing.T) {
	wire := append(wireOf(&oap.Ack{UpTo: 7}), 0, 0x10, 0, 1)
	decoder, rows := newDecoder(t, nil), make([]oap.Row, 1)
	_, consumed, _ := decoder.Decode(wire, rows)
	_, _, err := decoder.Decode(wire[consumed:], rows)
	var reject *oap.RejectError
	if !errors.As(fmt.Errorf("wrapped: %w", err), &reject) {
		t.Fatal(err)
	}
	if reject.Reason != oap.ErrFrameOversize || reject.Code() != 3 || reject.Field != "length" || reject.Detail == "" ||
		reject.Limit == nil || *reject.Limit != oap.MaxFrameBytes || reject.Offset != 10 || reject.At != 14 {
		t.Errorf("%+v", reject)
	}
	for _, part := range []string{"frame_oversize", "length", "1048576", "10", "14"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %s", err, part)
		}
	}
}

func TestEveryLabelHasASentinel(t *testing.T) {
	sentinels := []oap.Reason{oap.ErrBadHello, oap.ErrBadHelloPQ, oap.ErrFrameOversize, oap.ErrUnknownEnvelope,
		oap.ErrHeaderMalformed, oap.ErrMissingObj, oap.ErrCreditViolation, oap.ErrTruncated}
	reasons := oap.Reasons()
	if len(reasons) != len(sentinels) {
		t.Fatalf("%d labels, %d sentinels", len(reasons), len(sentinels))
	}
	for i, reason := range reasons {
		if reason != sentinels[i] || reason.Label() == "" || reason.Error() != reason.Label() {
			t.Errorf("%d: %q", i, reason.Label())
		}
		for _, other := range reasons {
			if errors.Is(&oap.RejectError{Reason: reason}, other) != (reason == other) ||
				errors.Is(&oap.RefusalError{Reason: reason}, other) != (reason == other) {
				t.Errorf("%v is mistaken for %v", reason, other)
			}
		}
	}
	if oap.Reason(0).Label() != "" || oap.Reason(9).Label() != "" || oap.Kind(0).String() != "" || oap.Kind(7).String() != "" {
		t.Error("a name for a number that has none")
	}
}

func TestASessionsRefusalSaysTheField(t *testing.T) {
	a, _ := established(t, nil, nil)
	_, err := a.Send(nil, &oap.Data{Seq: 1})
	var refusal *oap.RefusalError
	if !errors.As(err, &refusal) || refusal.Reason != oap.ErrCreditViolation || refusal.Field == "" || refusal.Detail == "" {
		t.Errorf("%+v", err)
	}
	// The session stays as it was.
	must(a.Send(nil, &oap.Start{Stream: "s"}))
	must(a.Send(nil, &oap.Data{Seq: 1}))
}
