package pure

import (
	"math"
	"strings"
)

// Section 4: the rules of a session. One rule book serves both directions: no rule asks whose frame it is.

// sender is the side that sends a frame.
type sender uint8

const (
	own sender = iota
	peer
	nobody
)

// limits are what a HELLO advertises: they bind what the other side sends (4.3).
type limits struct {
	maxFrame  uint64
	ackWindow uint32
}

// event is a frame, as far as the rules ask.
type event struct {
	kind   kind
	seq    uint64
	hasObj bool
	// objects: a START of an object stream (4.13).
	objects bool
	limits  limits
}

func eventOf(row *Row, bytes []byte) event {
	e := event{kind: row.Kind, seq: row.Seq, hasObj: row.has(HasObj)}
	switch row.Kind {
	case KindHello:
		e.limits = limitsOf(uint64(row.Value), row.has(HasAckWindow), uint32(row.AckWindow))
	case KindStart:
		name, _ := row.text(bytes)
		e.objects = isObjects(string(name))
	}
	return e
}

func eventOfFrame(frame *Frame) event {
	e := event{kind: frame.Kind, seq: frame.Seq, hasObj: frame.HasText}
	switch frame.Kind {
	case KindHello:
		window := frame.Hello.AckWindow
		e.limits = limitsOf(frame.Hello.MaxFrame, false, 0)
		if window != nil {
			e.limits.ackWindow = uint32(*window)
		}
	case KindStart:
		e.objects = isObjects(string(frame.Text))
	}
	return e
}

func limitsOf(maxFrame uint64, hasWindow bool, window uint32) limits {
	if !hasWindow {
		window = DefaultAckWindow
	}
	return limits{maxFrame, window}
}

func isObjects(name string) bool { return name == "objects" || strings.HasPrefix(name, "objects/") }

// direction is the frames that one side has sent, as far as the rules ask.
type direction struct {
	// state is silent, greeted, idle or opened.
	state   state
	objects bool
	// carried: the open stream has carried DATA, the direction's last one is its own.
	carried bool
	hasLast bool
	last    uint64
	// inFlight is DATA not yet acknowledged: the last inFlight seqs up to last.
	inFlight uint32
	// limits are what its HELLO advertised.
	limits limits
}

// endSeq is rule 4.7: the seq that an END has to say, that of the stream's last DATA, or 0.
func (d *direction) endSeq() uint64 {
	if d.carried {
		return d.last
	}
	return 0
}

// inFlightAfter is rule 4.11: DATA that stay in flight once upTo is acknowledged, modulo 2^64 (4.17).
func (d *direction) inFlightAfter(upTo uint64) uint32 {
	behind := uint64(math.MaxUint64)
	if d.hasLast {
		behind = d.last - upTo
	}
	return uint32(min(behind, uint64(d.inFlight)))
}

// nextSeq is the seq of its next DATA; 1 where the choice is free (4.8).
func (d *direction) nextSeq() uint64 {
	if !d.hasLast {
		return 1
	}
	return d.last + 1
}

// sessionState is where a session stands: all that the frames sent and received have changed.
type sessionState struct {
	directions [2]direction
	// endedBy is the side that sent the ERROR that ended it.
	endedBy sender
}

func newState() sessionState { return sessionState{endedBy: nobody} }

// discards: what still arrives is discarded, an ERROR has been sent (4.12).
func (s *sessionState) discards() bool { return s.endedBy == own }

// check judges the next frame of a direction and changes nothing.
func (s *sessionState) check(config *Config, isRejected bool, by sender, e *event) (next state, broken *Fault) {
	from, to := &s.directions[by], &s.directions[1-by]
	at := from.state
	if s.endedBy != nobody {
		at = ended
	} else if isRejected {
		at = rejected
	}
	does := &states[at][e.kind-1]
	if does.breach != nil {
		return 0, does.breach
	}
	switch e.kind {
	case KindData:
		broken = checkData(config, from, to, e)
	case KindAck:
		broken = checkAck(to, e.seq)
	case KindEnd:
		broken = checkEnd(from, e.seq)
	}
	return does.to, broken
}

// apply takes the step of a frame that check has passed.
func (s *sessionState) apply(by sender, e *event, next state) {
	from, to := &s.directions[by], &s.directions[1-by]
	switch e.kind {
	case KindHello:
		from.limits = e.limits
	case KindStart:
		from.objects, from.carried = e.objects, false
	case KindData:
		from.hasLast, from.last, from.carried = true, e.seq, true
		from.inFlight++
	case KindAck:
		to.inFlight = to.inFlightAfter(e.seq)
	}
	switch {
	case next == ended:
		s.endedBy = by
	case next == greeted && to.state == greeted:
		from.state, to.state = idle, idle
	default:
		from.state = next
	}
}

// checkData is rule 4.13: obj, seq, credit, in this order; the table has seen to the open stream.
func checkData(config *Config, from, to *direction, e *event) *Fault {
	if from.objects && !e.hasObj && config.EnforceObjHeaderOnObjects {
		return fault(StatusMissingObj, "DATA.obj", "is required on an object stream")
	}
	if broken := checkSeq(config, from, e.seq); broken != nil {
		return broken
	}
	if window := to.limits.ackWindow; from.inFlight >= window {
		return limited(StatusCreditViolation, "DATA", "has no credit", uint64(window))
	}
	return nil
}

// checkSeq is rules 4.8 and 4.9.
func checkSeq(config *Config, from *direction, seq uint64) *Fault {
	switch {
	case !from.hasLast:
		return nil
	case from.last == math.MaxUint64 && config.SeqRolloverPolicy == SeqRolloverError:
		return limited(StatusCreditViolation, "DATA.seq", "is used up", math.MaxUint64)
	case seq != from.last+1:
		return limited(StatusCreditViolation, "DATA.seq", "is not the next one", from.last+1)
	}
	return nil
}

// checkAck is rule 4.11.
func checkAck(acked *direction, upTo uint64) *Fault {
	if acked.inFlightAfter(upTo) < acked.inFlight {
		return nil
	}
	return fault(StatusCreditViolation, "ACK.up_to", "names no DATA in flight")
}

// checkEnd is rule 4.7.
func checkEnd(from *direction, seq uint64) *Fault {
	if last := from.endSeq(); seq != last {
		return limited(StatusCreditViolation, "END.seq", "is not that of the stream's last DATA", last)
	}
	return nil
}
