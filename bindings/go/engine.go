package oap

import "oap.example/oap/internal/pure"

// ConnState is where a connection stands.
type ConnState uint8

// The states of docs/connection.md.
const (
	ConnHandshake  ConnState = pure.ConnectionHandshake
	ConnOpen       ConnState = pure.ConnectionOpen
	ConnPeerClosed ConnState = pure.ConnectionPeerClosed
	ConnClosing    ConnState = pure.ConnectionClosing
	ConnShut       ConnState = pure.ConnectionShut
	ConnEnded      ConnState = pure.ConnectionEnded
)

// String returns the state's name, such as "open".
func (s ConnState) String() string { return at(connStates, uint32(s)+1) }

// Wait is why a send of an [Engine] was not queued: not now; try again when that is there.
type Wait int32

const (
	// WaitHandshake: for the peer's HELLO.
	WaitHandshake Wait = pure.StatusWaitsHandshake
	// WaitCredit: for an acknowledgement of the peer.
	WaitCredit Wait = pure.StatusWaitsCredit
	// WaitRoom: for bytes that are queued to be written.
	WaitRoom Wait = pure.StatusWaitsRoom
)

func (w Wait) Error() string { return "oap: the send waits for " + w.String() }

// String returns "handshake", "credit" or "room".
func (w Wait) String() string {
	switch w {
	case WaitHandshake:
		return "handshake"
	case WaitCredit:
		return "credit"
	default:
		return "room"
	}
}

// ownBody marks a piece that stands with the host.
const ownBody = 1 << 63
