package pure

import "math"

// Connection is one end of a connection, without its transport: docs/connection.md. The host moves bytes and says the time,
// in nanoseconds of a monotonic clock.
type Connection struct {
	session  *Session
	options  ConnectionOptions
	state    uint8
	reason   uint8
	reject   *Reject
	peer     PeerError
	untaken  untaken
	outgoing outgoing
	// taken DATA are not yet acknowledged; takenTo is the seq of the last of them.
	taken   uint32
	takenTo uint64
	// ackIsDue: the acknowledgement goes at once, not with the next bytes (C.3).
	ackIsDue   bool
	peerClosed bool
	// waits is what the application's last send waits for: a status, or 0.
	waits int32
	times times
}

// PeerError is an ERROR that the peer sent.
type PeerError struct {
	Code   uint32
	Reason string
}

// times are when something happened that a deadline counts from.
type times struct {
	opened, active, heard, closeAt, shut uint64
	// stalled is since when both sides wait for each other's credit, if isStalled.
	stalled   uint64
	isStalled bool
}

// allowed are the calls that a state allows: frames may be queued; received frames reach the application; bytes are read;
// bytes are written.
var allowed = [ConnectionEnded + 1]struct{ sends, delivers, reads, writes bool }{
	ConnectionHandshake:  {false, true, true, true},
	ConnectionOpen:       {true, true, true, true},
	ConnectionPeerClosed: {false, true, false, true},
	ConnectionClosing:    {false, false, true, true},
	ConnectionShut:       {false, false, true, false},
	ConnectionEnded:      {false, false, false, false},
}

// NewConnection makes one whose transport has just been opened; its HELLO is queued (C.1).
func NewConnection(config Config, options ConnectionOptions, now uint64) *Connection {
	c := &Connection{session: NewSession(config), options: options}
	c.times = times{opened: now, active: now, heard: now}
	hello := c.session.Hello()
	c.queue(&Frame{Kind: KindHello, Hello: hello})
	return c
}

// Info is a connection at a glance.
type Info struct {
	State, EndReason                     uint8
	WantsRead, WantsWrite, WantsShutdown bool
	HasTimeout                           bool
	Timeout, Queued, Untaken, MaxBody    uint64
	Outbound, Inbound                    Flow
}

// Info tells all that a host asks between two calls.
func (c *Connection) Info() Info {
	timeout, runs := c.nextTimeout()
	return Info{
		State:         c.state,
		EndReason:     c.reason,
		WantsRead:     c.wantsRead(),
		WantsWrite:    allowed[c.state].writes && (c.ackIsDue || !c.outgoing.isEmpty()),
		WantsShutdown: c.state == ConnectionShut,
		HasTimeout:    runs,
		Timeout:       timeout,
		Queued:        uint64(c.outgoing.len()),
		Untaken:       c.untaken.bytes,
		MaxBody:       c.maxBody(),
		Outbound:      c.session.Outbound(),
		Inbound:       c.session.Inbound(),
	}
}

// Reject is why it ended, where that is a reject; PeerError where it is the peer's ERROR.
func (c *Connection) Reject() *Reject { return c.reject }

// PeerError is the peer's ERROR that ended it.
func (c *Connection) PeerError() PeerError { return c.peer }

func (c *Connection) wantsRead() bool {
	if c.peerClosed || !allowed[c.state].reads {
		return false
	}
	if c.waitsForCredit() {
		return c.untaken.bytes < c.receiveLimit()
	}
	return c.untaken.bytes < c.options.ReceiveBuffer
}

func (c *Connection) maxBody() uint64 {
	if c.session.state.directions[peer].state == silent {
		return 0
	}
	head := PrefixBytes + 1 + varintLen(c.session.state.directions[own].nextSeq())
	return c.session.PeerMaxFrame() - uint64(head)
}

// Receive takes received bytes, in any split, and gives the START, DATA and END that they complete (C.2). Once the
// connection closes or has ended, nothing is given and the bytes are dealt with.
func (c *Connection) Receive(now uint64, chunk []byte, rows []Row) Progress {
	nothing := Progress{Consumed: len(chunk)}
	if len(chunk) == 0 || c.peerClosed || !allowed[c.state].reads {
		return nothing
	}
	c.times.active, c.times.heard = now, now
	received, reject := c.session.Receive(chunk, rows)
	if reject != nil {
		c.rejectPeer(now, reject)
		return nothing
	}
	bytes := chunk
	if received.Staged {
		bytes = c.session.Staged()
	}
	received.Rows = c.sort(now, bytes, rows[:received.Rows])
	if c.session.parser.verdict != nil {
		c.rejectPeer(now, c.session.parser.verdict)
	}
	c.checkReceiveLimit(now)
	c.settle(now)
	return received
}

// Staged is what rows that are Staged count in.
func (c *Connection) Staged() []byte { return c.session.Staged() }

// sort keeps HELLO, ACK and ERROR here and moves what is the application's to the front (C.2).
func (c *Connection) sort(now uint64, bytes []byte, rows []Row) (kept int) {
	for place := range rows {
		row := &rows[place]
		switch row.Kind {
		case KindHello:
			if c.state == ConnectionHandshake {
				c.state = ConnectionOpen
			}
		case KindError:
			reason, _ := row.text(bytes)
			c.endByPeer(PeerError{row.Value, string(reason)})
		case KindAck:
			c.updateStall(now)
		default:
			if allowed[c.state].delivers {
				c.untaken.push(row)
				rows[kept] = *row
				kept++
			}
		}
	}
	return kept
}

// ReceiveEnd notes that the peer's input has ended (C.8).
func (c *Connection) ReceiveEnd(now uint64) {
	if c.peerClosed || c.state == ConnectionEnded {
		return
	}
	c.peerClosed = true
	if allowed[c.state].delivers {
		c.judgeEndOfInput(now)
	}
	c.settle(now)
}

func (c *Connection) judgeEndOfInput(now uint64) {
	if reject := c.session.Finish(); reject != nil {
		c.rejectPeer(now, reject)
		return
	}
	if c.session.Inbound().Open {
		c.fail(now, EndIncomplete)
		return
	}
	if out := c.session.Outbound(); out.InFlight > 0 || out.Open || c.waits != 0 {
		c.keepReason(EndUnacknowledged)
	}
	c.state = ConnectionPeerClosed
}

// Take notes that the application has taken so many of the frames given (C.2, C.3).
func (c *Connection) Take(now uint64, frames int) {
	if !allowed[c.state].delivers {
		return
	}
	data, ends := c.untaken.take(frames)
	in := c.session.Inbound()
	if !c.options.ManualAck {
		if data > 0 && in.HasLastSeq {
			c.taken += data
			c.takenTo = in.LastSeq - uint64(c.untaken.data)
		}
		half := (in.Window + 1) / 2
		c.ackIsDue = c.ackIsDue || c.taken > 0 && (c.taken >= half || ends > 0 || c.untaken.isEmpty())
	}
	c.settle(now)
}

// Outcome is what became of a send: StatusOk, one of StatusWaits…, StatusClosed, or the code of a Fault.
type Outcome struct {
	Status int32
	Fault  *Fault
}

func refusedBy(broken *Fault) Outcome { return Outcome{int32(broken.Code), broken} }

// Acknowledge acknowledges the DATA of that seq and all before it.
func (c *Connection) Acknowledge(now, upTo uint64) Outcome {
	if !allowed[c.state].delivers {
		return Outcome{Status: StatusClosed}
	}
	if !c.hasRoom() {
		return Outcome{Status: StatusWaitsRoom}
	}
	if broken := c.queue(&Frame{Kind: KindAck, Seq: upTo}); broken != nil {
		return refusedBy(broken)
	}
	c.updateStall(now)
	return Outcome{}
}

// Start queues a START.
func (c *Connection) Start(now uint64, stream string) Outcome {
	return c.send(now, &Frame{Kind: KindStart, Text: []byte(stream)})
}

// Data queues a DATA of the open stream with a copy of its body.
func (c *Connection) Data(now uint64, obj string, body []byte) Outcome {
	frame := Frame{Kind: KindData, Seq: c.session.state.directions[own].nextSeq(), Body: body}
	frame.Text, frame.HasText = []byte(obj), obj != ""
	return c.send(now, &frame)
}

// DataHead queues a DATA whose body stays with the host until it is written (C.5).
func (c *Connection) DataHead(now uint64, obj string, bodyLen int) Outcome {
	frame := Frame{Kind: KindData, Seq: c.session.state.directions[own].nextSeq(), bodyLen: bodyLen}
	frame.Text, frame.HasText = []byte(obj), obj != ""
	sent := c.send(now, &frame)
	if sent.Status == StatusOk {
		c.outgoing.pushBody(bodyLen)
	}
	return sent
}

// DataAll queues bodies that stand one behind the other, and tells how many went.
func (c *Connection) DataAll(now uint64, packed []byte, lens []uint32) (sent int, last Outcome) {
	for _, size := range lens {
		if last = c.Data(now, "", packed[:size]); last.Status != StatusOk {
			return sent, last
		}
		packed = packed[size:]
		sent++
	}
	return sent, Outcome{}
}

// EndStream queues an END of the open stream.
func (c *Connection) EndStream(now uint64, status uint32) Outcome {
	return c.send(now, &Frame{Kind: KindEnd, Seq: c.session.state.directions[own].endSeq(), Value: status})
}

// CancelSend notes that the application no longer waits to send.
func (c *Connection) CancelSend() {
	c.waits, c.times.isStalled = 0, false
}

func (c *Connection) send(now uint64, frame *Frame) Outcome {
	if c.state == ConnectionHandshake {
		// A frame that can never be sent is refused at once, not when the peer has greeted.
		bodiless := *frame
		bodiless.Body, bodiless.bodyLen = nil, 0
		if _, broken := bodiless.encode(); broken != nil {
			return refusedBy(broken)
		}
		return c.wait(now, StatusWaitsHandshake)
	}
	if !allowed[c.state].sends {
		return Outcome{Status: StatusClosed}
	}
	if !c.hasRoom() {
		c.waits = StatusWaitsRoom
		return Outcome{Status: StatusWaitsRoom}
	}
	broken := c.queue(frame)
	switch {
	case broken == nil:
		c.CancelSend()
		return Outcome{}
	case broken.Code == StatusCreditViolation && broken.Field == "DATA":
		return c.wait(now, StatusWaitsCredit)
	}
	return refusedBy(broken)
}

func (c *Connection) wait(now uint64, on int32) Outcome {
	c.waits = on
	c.updateStall(now)
	c.checkReceiveLimit(now)
	return Outcome{Status: on}
}

func (c *Connection) hasRoom() bool { return uint64(c.outgoing.len()) < c.options.SendBuffer }

func (c *Connection) queue(frame *Frame) (broken *Fault) {
	c.outgoing.bytes, broken = c.session.Append(c.outgoing.bytes, frame)
	return broken
}

// Transmit gives what is to be written now, in order; an acknowledgement that is due goes with it (C.3).
func (c *Connection) Transmit(now uint64, yield func(Piece) bool) {
	if allowed[c.state].writes {
		c.queueAck(now)
	}
	c.outgoing.pieces(yield)
}

// queueAck queues one ACK for all that was taken. It waits for room like everything else, so that a peer that reads
// nothing gets no credit (C.5).
func (c *Connection) queueAck(now uint64) {
	wanted := c.ackIsDue || c.taken > 0 && !c.outgoing.isEmpty()
	if !wanted || !c.hasRoom() {
		return
	}
	_ = c.queue(&Frame{Kind: KindAck, Seq: c.takenTo}) // refused only where the session is over
	c.taken, c.ackIsDue = 0, false
	c.updateStall(now)
}

// Transmitted notes that the transport has taken so many bytes.
func (c *Connection) Transmitted(now uint64, bytes int) {
	if bytes > 0 {
		c.times.active = now
	}
	c.outgoing.advance(bytes)
	c.settle(now)
}

// Close ends the connection in good order (C.11), within so many nanoseconds or, for CloseTimeout, as the options say.
func (c *Connection) Close(now, within uint64) {
	if within == math.MaxUint64 {
		within = c.options.CloseTimeoutNs
	}
	closeAt := later(now, within)
	switch c.state {
	case ConnectionEnded:
	case ConnectionClosing, ConnectionShut:
		c.times.closeAt = min(c.times.closeAt, closeAt)
	default:
		c.beginClose(now, closeAt)
	}
}

func (c *Connection) beginClose(now, closeAt uint64) {
	if direction := &c.session.state.directions[own]; direction.state == opened {
		_ = c.queue(&Frame{Kind: KindEnd, Seq: direction.endSeq(), Value: StreamAborted}) // refused only where the session is over
	}
	c.ackIsDue = c.ackIsDue || c.taken > 0
	c.state = ConnectionClosing
	c.times.closeAt = closeAt
	c.times.isStalled = false
	c.waits = 0
	c.untaken = untaken{}
	c.settle(now)
}

// Abort ends the connection at once.
func (c *Connection) Abort() { c.end(EndAborted) }

// TransportFailed notes that the transport failed.
func (c *Connection) TransportFailed() {
	clean := false
	switch c.state {
	case ConnectionPeerClosed:
		clean = c.session.Outbound().InFlight == 0 // the peer said all it had to, and knows that it has all of ours
	case ConnectionClosing, ConnectionShut:
		clean = c.allIsAcknowledged()
	}
	c.endAs(clean, EndReset)
}

func (c *Connection) rejectPeer(now uint64, reject *Reject) {
	label := RejectLabels[reject.Code-1]
	_ = c.queue(&Frame{Kind: KindError, Value: reject.Code, Text: []byte(label)}) // may always go after a reject (4.16)
	if c.reason == EndNone {
		c.reject = reject
	}
	c.fail(now, EndReject)
}

// fail ends in good order, for that reason.
func (c *Connection) fail(now uint64, reason uint8) {
	c.keepReason(reason)
	c.Close(now, math.MaxUint64)
}

// keepReason keeps the first reason (C.13).
func (c *Connection) keepReason(reason uint8) {
	if c.reason == EndNone {
		c.reason = reason
	}
}

func (c *Connection) endByPeer(said PeerError) {
	if c.reason == EndNone {
		c.peer = said
	}
	c.end(EndPeerError)
}

func (c *Connection) endAs(clean bool, other uint8) {
	if clean {
		other = EndClean
	}
	c.end(other)
}

func (c *Connection) end(reason uint8) {
	c.keepReason(reason)
	c.state = ConnectionEnded
	c.outgoing, c.untaken, c.waits = outgoing{}, untaken{}, 0
}

// settle moves on where nothing is left to do in a state.
func (c *Connection) settle(now uint64) {
	written := c.outgoing.isEmpty() && !c.ackIsDue
	switch c.state {
	case ConnectionPeerClosed:
		if written && c.untaken.isEmpty() && c.taken == 0 {
			c.end(EndClean)
		}
	case ConnectionClosing:
		if c.peerClosed && (written || c.writesInVain()) {
			c.answerClose()
		} else if written {
			c.state, c.times.shut = ConnectionShut, now
		}
	case ConnectionShut:
		if c.peerClosed {
			c.answerClose()
		}
	}
}

// writesInVain: nobody can acknowledge what a peer that has closed has not; but an ERROR goes out all the same (C.10).
func (c *Connection) writesInVain() bool {
	return c.session.Outbound().InFlight > 0 && c.reason != EndReject
}

func (c *Connection) allIsAcknowledged() bool {
	return c.session.Outbound().InFlight == 0 && c.outgoing.isEmpty()
}

func (c *Connection) answerClose() { c.endAs(c.session.Outbound().InFlight == 0, EndUnacknowledged) }
