package oap_test

import (
	"bytes"
	"errors"
	"testing"

	"oap.example/oap"
)

// received gives what a session that has greeted says to the frames of its peer.
func received(config *oap.Config, frames ...oap.Frame) func(*testing.T) error {
	return func(t *testing.T) error {
		session := newSession(t, config)
		must(session.Send(nil, must(session.Hello())))
		wire, rows := wireOf(frames...), make([]oap.Row, 8)
		for {
			table, err := session.Recv(wire, rows)
			if wire = wire[table.Consumed:]; err != nil || !table.More {
				return err
			}
		}
	}
}

// decoded gives what a decoder says to the bytes, and to their end.
func decoded(wire ...byte) func(*testing.T) error {
	return func(t *testing.T) error {
		decoder := newDecoder(t, nil)
		if _, _, err := decoder.Decode(wire, make([]oap.Row, 1)); err != nil {
			return err
		}
		return decoder.Finish(wire)
	}
}

// sent gives the refusal of the last of the frames that an established session sends.
func sent(frames ...oap.Frame) func(*testing.T) error {
	return func(t *testing.T) (err error) {
		session, _ := established(t, nil, nil)
		for _, frame := range frames {
			_, err = session.Send(nil, frame)
		}
		return err
	}
}

func appended(frame oap.Frame) func(*testing.T) error {
	return func(*testing.T) error {
		_, err := oap.Append(nil, frame)
		return err
	}
}

func TestEveryRejectIsGivenForWhatIsReceived(t *testing.T) {
	noPQ := oap.DefaultConfig()
	noPQ.AllowPQHelloFlags = false
	hello := &oap.Hello{Version: oap.ProtocolVersion, MaxFrame: oap.MaxFrameBytes}
	for reason, give := range map[oap.Reason]func(*testing.T) error{
		oap.ErrBadHello:        received(nil, &oap.Start{Stream: "s"}),
		oap.ErrBadHelloPQ:      received(noPQ, &oap.Hello{Version: 1, MaxFrame: 4096, Features: ptr(uint64(1))}),
		oap.ErrFrameOversize:   decoded(0, 0x10, 0, 1),
		oap.ErrUnknownEnvelope: decoded(0, 0, 0, 8, 0x99, 0, 0, 0),
		oap.ErrHeaderMalformed: decoded(0, 0, 0, 10, 4, 0, 0, 2, 9, 1),
		oap.ErrMissingObj:      received(nil, hello, &oap.Start{Stream: "objects"}, &oap.Data{Seq: 1}),
		oap.ErrCreditViolation: received(nil, hello, &oap.Data{Seq: 1}),
		oap.ErrTruncated:       decoded(0, 0, 0, 10, 4, 0, 0, 2, 8),
	} {
		var reject *oap.RejectError
		if err := give(t); !errors.As(err, &reject) || reject.Reason != reason || reject.Field == "" || reject.Detail == "" {
			t.Errorf("%s: %v", reason.Label(), err)
		}
	}
}

// The other three are not refusals of a Frame: bad_hello_pq is policy for what is received, unknown_envelope needs a kind
// that no Frame has (a Row can: see TestAppendRowsIsTheInverseOfDecode), truncated an end of input.
func TestEveryReasonThatAFrameCanHaveRefusesItToo(t *testing.T) {
	objects := &oap.Start{Stream: "objects"}
	for reason, gives := range map[oap.Reason][]func(*testing.T) error{
		oap.ErrBadHello:        {appended(&oap.Hello{Version: 2, MaxFrame: 4096}), sent(&oap.Hello{Version: 1, MaxFrame: 4096})},
		oap.ErrFrameOversize:   {appended(&oap.Data{Body: make([]byte, oap.MaxFrameBytes)})},
		oap.ErrHeaderMalformed: {appended(&oap.Start{}), appended(&oap.Data{Obj: "b3:"}), appended(&oap.End{Status: 1 << 16}), sent(&oap.Start{})},
		oap.ErrMissingObj:      {sent(objects, &oap.Data{Seq: 1})},
		oap.ErrCreditViolation: {sent(&oap.Data{Seq: 1}), sent(objects, &oap.Ack{UpTo: 1})},
	} {
		for i, give := range gives {
			var refusal *oap.RefusalError
			if err := give(t); !errors.As(err, &refusal) || refusal.Reason != reason {
				t.Errorf("%s, %d: %v", reason.Label(), i, err)
			}
		}
	}
}

// The faults of a call that Go can make; its types rule out the others but a bug in liboap.
func TestEveryMisuseHasItsStatus(t *testing.T) {
	wire := wireOf(&oap.Ack{UpTo: 1})
	rows := make([]oap.Row, 1)
	if n, _, err := newDecoder(t, nil).Decode(wire, rows); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	shared := make([]byte, 200)
	copy(shared, wire)
	_, _, overlap := oap.AppendRows(shared[:0], rows, shared)
	_, _, outside := oap.AppendRows(nil, []oap.Row{{Kind: oap.KindData, BodyOffset: 10, BodyLen: 1}}, wire)
	for want, err := range map[string]error{
		"oap: OAP_STATUS_OVERLAP":       overlap,
		"oap: OAP_STATUS_OUT_OF_BOUNDS": outside,
	} {
		var status oap.StatusError
		if !errors.As(err, &status) || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if !bytes.Equal(shared[:len(wire)], wire) {
		t.Error("what failed has written")
	}
}
