package pure

// Section 4 as a table: where a direction stands, and what the next frame in it does.

type state uint8

const (
	// silent: no HELLO yet.
	silent state = iota
	// greeted: has sent its HELLO, and has not had the other's.
	greeted
	// idle: both HELLOs have passed, no stream is open.
	idle
	// opened: a stream is open.
	opened
	// rejected: a frame that this side received was rejected. One state for both directions.
	rejected
	// ended: an ERROR has passed, either way. One state for both directions.
	ended
)

// cell is the effect of a frame in a state: it leads there, if the rule of its kind holds, or it is a breach.
type cell struct {
	to     state
	breach *Fault
}

func to(next state) cell { return cell{to: next} }

func breach(code uint32, field, detail string) cell { return cell{breach: fault(code, field, detail)} }

var (
	first    = breach(StatusBadHello, "the first frame", "is neither HELLO nor ERROR")
	again    = breach(StatusBadHello, "HELLO", "was sent before")
	early    = breach(StatusBadHello, "the handshake", "is not complete")
	noStream = breach(StatusCreditViolation, "stream", "is not open")
	twice    = breach(StatusCreditViolation, "stream", "is open already")
	over     = breach(StatusCreditViolation, "session", "has ended")
)

// states has a row a state, a column a kind: rules 4.1, 4.2, 4.6, 4.12 and 4.16. Where the other side has greeted, a HELLO
// leads both directions to idle.
var states = [ended + 1][KindError]cell{
	//         HELLO        START       DATA        ACK         END       ERROR
	silent:   {to(greeted), first, first, first, first, to(ended)},
	greeted:  {again, early, early, early, early, to(ended)},
	idle:     {again, to(opened), noStream, to(idle), noStream, to(ended)},
	opened:   {again, twice, to(opened), to(opened), to(idle), to(ended)},
	rejected: {over, over, over, over, over, to(ended)},
	ended:    {over, over, over, over, over, over},
}
