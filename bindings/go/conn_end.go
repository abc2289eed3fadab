package oap

import (
	"fmt"

	"oap.example/oap/internal/pure"
)

// EndReason is why a connection ended: the first reason is kept, and every later call tells it.
type EndReason uint8

const (
	// EndClean: everything that was sent is acknowledged, and the peer's input ended between streams.
	EndClean EndReason = pure.EndClean
	// EndIncomplete: the peer's input ended inside its stream.
	EndIncomplete EndReason = pure.EndIncomplete
	// EndUnacknowledged: the peer closed before it took all that was sent.
	EndUnacknowledged EndReason = pure.EndUnacknowledged
	// EndReject: the peer broke a rule.
	EndReject EndReason = pure.EndReject
	// EndPeerError: the peer sent an ERROR.
	EndPeerError EndReason = pure.EndPeerError
	// EndHandshakeTimeout: the peer sent no HELLO in time.
	EndHandshakeTimeout EndReason = pure.EndHandshakeTimeout
	// EndIdleTimeout: no byte passed for too long.
	EndIdleTimeout EndReason = pure.EndIdleTimeout
	// EndStalled: both sides waited for each other's credit. The cure is to receive while you send.
	EndStalled EndReason = pure.EndStalled
	// EndCloseTimeout: the close took too long.
	EndCloseTimeout EndReason = pure.EndCloseTimeout
	// EndReset: the transport failed.
	EndReset EndReason = pure.EndReset
	// EndAborted: this side gave up.
	EndAborted EndReason = pure.EndAborted
)

// String returns the reason's name, such as "peer_error".
func (r EndReason) String() string { return at(endReasons, uint32(r)) }

var endWords = map[EndReason]string{
	EndClean:            "the connection ended cleanly",
	EndIncomplete:       "the peer's input ended inside a stream",
	EndUnacknowledged:   "the peer closed before it took all that was sent",
	EndReject:           "the peer broke a rule",
	EndPeerError:        "the peer sent an ERROR",
	EndHandshakeTimeout: "the peer sent no HELLO in time",
	EndIdleTimeout:      "no byte passed for longer than the idle timeout",
	EndStalled:          "both sides wait for each other's credit: receive while you send",
	EndCloseTimeout:     "the close took longer than its timeout",
	EndReset:            "the transport failed",
	EndAborted:          "the connection was aborted",
}

// EndError is why a connection ended, in an object of its own for each call. It unwraps to Reject or Transport.
type EndError struct {
	// Reason is the first reason.
	Reason EndReason
	// Reject says more of EndReject; nil else.
	Reject *RejectError
	// PeerCode is the code of the peer's ERROR, for EndPeerError.
	PeerCode uint32
	// PeerText is the peer's own text with it. It stands in no message: keep it out of logs.
	PeerText string
	// Transport is what the net.Conn said, for EndReset; it may be nil.
	Transport error
}

// Word returns the reason with its detail: "clean", "reject:truncated", "peer_error:7".
func (e *EndError) Word() string {
	switch e.Reason {
	case EndReject:
		return e.Reason.String() + ":" + e.Reject.Reason.Label()
	case EndPeerError:
		return fmt.Sprintf("%s:%d", e.Reason, e.PeerCode)
	default:
		return e.Reason.String()
	}
}

func (e *EndError) Error() string {
	said := "oap: " + endWords[e.Reason]
	switch {
	case e.Reject != nil:
		return said + ": " + e.Reject.Error()
	case e.Reason == EndPeerError:
		return fmt.Sprintf("%s of code %d", said, e.PeerCode)
	default:
		return said
	}
}

// Unwrap returns the reject, or what the transport said.
func (e *EndError) Unwrap() error {
	if e.Reject != nil {
		return e.Reject
	}
	return e.Transport
}

// Is reports an aborted connection as [ErrClosed], too.
func (e *EndError) Is(target error) bool { return target == ErrClosed && e.Reason == EndAborted }
