//go:build !(cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64)))

package oap

import "oap.example/oap/internal/pure"

type nativeSession struct{ session *pure.Session }

func openSession(owner *Session, config *Config) error {
	settings, err := config.pure()
	if err == nil {
		owner.native.session = pure.NewSession(settings)
	}
	return err
}

func (n *nativeSession) close() { n.session = nil }

func (n *nativeSession) recv(_ *Session, chunk []byte, rows []Row) (Table, error) {
	if n.session == nil {
		return Table{}, ErrClosed
	}
	got, reject := n.session.Receive(chunk, rowsOf(rows))
	if reject != nil {
		return Table{}, rejectOf(reject)
	}
	table := Table{Rows: rows[:got.Rows], Bytes: chunk, Consumed: got.Consumed, More: got.More, Need: got.Need}
	if got.Staged {
		table.Bytes = n.session.Staged()
	}
	return table, nil
}

func (n *nativeSession) finish(*Session) error {
	if n.session == nil {
		return ErrClosed
	}
	return maybeReject(n.session.Finish())
}

func (n *nativeSession) reset(*Session) error {
	if n.session == nil {
		return ErrClosed
	}
	n.session.Reset()
	return nil
}

func (n *nativeSession) hello(*Session) (*Hello, error) {
	if n.session == nil {
		return nil, ErrClosed
	}
	said := n.session.Hello()
	window := uint32(*said.AckWindow)
	return &Hello{Version: said.Version, MaxFrame: said.MaxFrame, Features: said.Features, AckWindow: &window}, nil
}

func (n *nativeSession) send(_ *Session, dst []byte, frame Frame) ([]byte, error) {
	if n.session == nil {
		return dst, ErrClosed
	}
	native := nativeFrame(frame)
	dst, broken := n.session.Append(dst, &native)
	if broken != nil {
		return dst, refusalOf(broken)
	}
	return dst, nil
}

func (n *nativeSession) outbound(*Session) Flow {
	if n.session == nil {
		return Flow{}
	}
	return flowOf(n.session.Outbound())
}

func (n *nativeSession) inbound(*Session) Flow {
	if n.session == nil {
		return Flow{}
	}
	return flowOf(n.session.Inbound())
}

func (n *nativeSession) established(*Session) bool {
	return n.session != nil && n.session.Established()
}

func (n *nativeSession) ended(*Session) bool { return n.session != nil && n.session.Ended() }

func (n *nativeSession) peerMaxFrame(*Session) int {
	if n.session == nil {
		return 0
	}
	return int(n.session.PeerMaxFrame())
}

func flowOf(flow pure.Flow) Flow {
	return Flow{
		LastSeq:    flow.LastSeq,
		HasLastSeq: flow.HasLastSeq,
		InFlight:   int(flow.InFlight),
		Window:     int(flow.Window),
		Credit:     int(flow.Credit),
		Open:       flow.Open,
		Objects:    flow.Objects,
	}
}
