package pure

import "math"

// quietNs is how long a peer that has acknowledged everything may say nothing before a close stops waiting for it (C.11).
const quietNs = 1_000_000_000

// later is a time so long after another; at most the last one.
func later(since, ns uint64) uint64 {
	if since > math.MaxUint64-ns {
		return math.MaxUint64
	}
	return since + ns
}

// deadline is one that runs, and when it is due.
type deadline struct {
	runs bool
	at   uint64
}

func (d deadline) isDue(now uint64) bool { return d.runs && d.at <= now }

// deadlines are those of a quiet peer and of a close (C.11), handshake (C.1), idle (C.12) and stall (C.4).
func (c *Connection) deadlines() (quiet, closing, handshake, idling, stall deadline) {
	running := c.state <= ConnectionPeerClosed
	ending := c.state == ConnectionClosing || c.state == ConnectionShut
	done := c.session.Outbound().InFlight == 0 || c.session.Ended()
	options, t := &c.options, &c.times
	return deadline{c.state == ConnectionShut && done, later(max(t.heard, t.shut), quietNs)},
		deadline{ending, t.closeAt},
		deadline{c.state == ConnectionHandshake, later(t.opened, options.HandshakeTimeoutNs)},
		deadline{running && options.IdleTimeoutNs > 0, later(t.active, options.IdleTimeoutNs)},
		deadline{running && t.isStalled, later(t.stalled, options.StallTimeoutNs)}
}

func (c *Connection) nextTimeout() (at uint64, runs bool) {
	quiet, closing, handshake, idling, stall := c.deadlines()
	at = math.MaxUint64
	for _, d := range [...]deadline{quiet, closing, handshake, idling, stall} {
		if d.runs {
			at, runs = min(at, d.at), true
		}
	}
	if !runs {
		return 0, false
	}
	return at, true
}

// HandleTimeout ends what has run out of time by now. Early calls do nothing.
func (c *Connection) HandleTimeout(now uint64) {
	quiet, closing, handshake, idling, stall := c.deadlines()
	switch {
	case quiet.isDue(now):
		c.end(EndClean)
	case closing.isDue(now):
		c.endAs(c.allIsAcknowledged(), EndCloseTimeout)
	case handshake.isDue(now):
		c.end(EndHandshakeTimeout)
	case idling.isDue(now):
		c.end(EndIdleTimeout)
	case stall.isDue(now):
		c.fail(now, EndStalled)
	}
}

// updateStall is C.4: whether both sides wait for each other's credit, with DATA here that is not taken.
func (c *Connection) updateStall(now uint64) {
	stalled := c.waitsForCredit() && c.untaken.data > 0 && c.session.Inbound().Credit == 0
	if stalled && !c.times.isStalled {
		c.times.stalled = now
	}
	c.times.isStalled = stalled
}

func (c *Connection) checkReceiveLimit(now uint64) {
	c.updateStall(now)
	if c.waitsForCredit() && c.untaken.bytes >= c.receiveLimit() {
		c.fail(now, EndStalled)
	}
}

func (c *Connection) waitsForCredit() bool {
	return c.waits == StatusWaitsCredit && c.session.Outbound().Credit == 0
}

func (c *Connection) receiveLimit() uint64 {
	return max(c.options.ReceiveLimit, c.options.ReceiveBuffer)
}
