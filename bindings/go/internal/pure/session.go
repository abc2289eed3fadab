package pure

// Session is one side of a session.
type Session struct {
	config  Config
	state   sessionState
	parser  parser
	partial partial
	// rules judge what the peer sends, by the configuration that governs. They stand here so that no call makes them anew.
	rules peerRules
}

// Flow is one direction of a session at a glance.
type Flow struct {
	LastSeq                  uint64
	HasLastSeq               bool
	InFlight, Window, Credit uint32
	Open, Objects            bool
}

// NewSession makes a session in which neither side has spoken.
func NewSession(config Config) *Session { return &Session{config: config, state: newState()} }

// Reset goes back to that.
func (s *Session) Reset() { *s = Session{config: s.config, state: newState()} }

// Hello gives the HELLO that the configuration makes.
func (s *Session) Hello() Hello {
	window := s.config.AckWindowFrames
	return Hello{ProtocolVersion, s.config.MaxFrame, s.config.Features, &window}
}

// govern sets the configuration that judges what is received: the HELLO sent governs, the configuration before it (4.5).
func (s *Session) govern() *peerRules {
	s.rules.config, s.rules.state = s.config, &s.state
	if s.state.directions[own].state != silent {
		s.rules.config.MaxFrame = min(s.config.MaxFrame, s.state.directions[own].limits.maxFrame)
	}
	return &s.rules
}

// peerRules are those for what the peer sends.
type peerRules struct {
	config Config
	state  *sessionState
}

func (r *peerRules) judge(row *Row, bytes []byte, whole bool) *Fault {
	e := eventOf(row, bytes)
	next, broken := r.state.check(&r.config, false, peer, &e)
	if broken == nil && whole {
		r.state.apply(peer, &e, next)
	}
	return broken
}

// Receive takes received bytes, in any split, and gives the next frames, as many as there are rows.
func (s *Session) Receive(chunk []byte, rows []Row) (Progress, *Reject) {
	if s.state.discards() {
		return Progress{Consumed: len(chunk), Need: PrefixBytes}, nil
	}
	judges := s.govern()
	return s.partial.feed(&s.parser, &judges.config, judges, chunk, rows)
}

// Staged is what rows that are Staged count in. It stays for good.
func (s *Session) Staged() []byte { return s.partial.bytes }

// Finish ends the peer's bytes (3.4).
func (s *Session) Finish() *Reject {
	if s.state.discards() {
		return nil
	}
	return s.partial.finish(&s.parser)
}

// Append encodes a frame behind dst; from then on it counts as sent. A refused frame changes nothing.
func (s *Session) Append(dst []byte, frame *Frame) ([]byte, *Fault) {
	if frame.Kind == KindAck || frame.Kind == KindData && frame.isPlain() {
		return s.appendPlain(dst, frame)
	}
	e, broken := frame.encode()
	var next state
	var sent event
	if broken == nil {
		sent = eventOfFrame(frame)
		next, broken = s.checkSend(e.length, &sent)
	}
	if broken != nil {
		return dst, broken
	}
	s.state.apply(own, &sent, next)
	if sent.kind == KindHello && s.parser.verdict == nil {
		s.parser.resumeAt = 0 // a frame that has begun is judged anew by its next byte (4.5)
	}
	if s.state.discards() {
		s.partial = partial{}
	}
	return e.append(dst), nil
}

// appendPlain is Append for a DATA without obj or an ACK, which break no rule of sections 1 and 2.
func (s *Session) appendPlain(dst []byte, frame *Frame) ([]byte, *Fault) {
	sent := event{kind: frame.Kind, seq: frame.Seq}
	body := frame.Body
	if frame.Kind == KindAck {
		body = nil
	}
	next, broken := s.checkSend(fastLen(frame.Seq, "", body), &sent)
	if broken != nil {
		return dst, broken
	}
	s.state.apply(own, &sent, next)
	dst, _ = AppendFast(dst, frame.Kind, frame.Seq, "", body)
	return dst, nil
}

// checkSend is rule 4.14, behind the frame's fields and the 1 MiB.
func (s *Session) checkSend(length int, e *event) (state, *Fault) {
	if to := &s.state.directions[peer]; to.state != silent && uint64(length) > to.limits.maxFrame {
		return 0, oversize(to.limits.maxFrame)
	}
	next, broken := s.state.check(&s.config, s.parser.verdict != nil, own, e)
	if broken == nil && e.kind == KindHello {
		broken = s.checkLimits(e.limits)
	}
	return next, broken
}

// checkLimits is rule 4.4: a host may advertise less than its configuration, never more.
func (s *Session) checkLimits(said limits) *Fault {
	const more = "advertises more than the configuration"
	if said.maxFrame > s.config.MaxFrame {
		return limited(StatusBadHello, "HELLO.max_frame", more, s.config.MaxFrame)
	}
	if uint64(said.ackWindow) > s.config.AckWindowFrames {
		return limited(StatusBadHello, "HELLO.ack_window", more, s.config.AckWindowFrames)
	}
	return nil
}

// Outbound is the flow of what this side has sent, Inbound that of what the peer has sent.
func (s *Session) Outbound() Flow { return s.state.flow(own) }

// Inbound is the flow of what the peer has sent.
func (s *Session) Inbound() Flow { return s.state.flow(peer) }

func (s *sessionState) flow(by sender) Flow {
	from, window := &s.directions[by], s.directions[1-by].limits.ackWindow
	open := from.state == opened
	return Flow{
		LastSeq:    from.last,
		HasLastSeq: from.hasLast,
		InFlight:   from.inFlight,
		Window:     window,
		Credit:     window - min(window, from.inFlight),
		Open:       open,
		Objects:    open && from.objects,
	}
}

// Established is whether both HELLOs have passed.
func (s *Session) Established() bool {
	return s.state.directions[own].state != silent && s.state.directions[peer].state != silent
}

// Ended is whether an ERROR has passed, either way.
func (s *Session) Ended() bool { return s.state.endedBy != nobody }

// PeerMaxFrame is the largest frame that the peer takes, in bytes; 0 before its HELLO.
func (s *Session) PeerMaxFrame() uint64 { return s.state.directions[peer].limits.maxFrame }
