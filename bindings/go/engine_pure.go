//go:build !(cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64)))

package oap

import (
	"time"

	"oap.example/oap/internal/pure"
)

// Engine is a connection without its transport: what decides in a [Conn] when to acknowledge, wait, stop and close, for
// hosts with a transport or an event loop of their own. docs/connection.md has its rules. now is the time in nanoseconds
// of a monotonic clock of the host's. Its methods are those of the Engine over liboap, with the same documentation.
//
// One goroutine at a time.
type Engine struct {
	_          noCopy
	connection *pure.Connection
	info       pure.Info
}

// NewEngine makes the engine of a transport that has just been opened; nil means the defaults. The error is a
// [*ConfigError].
func NewEngine(options *ConnOptions, now uint64) (*Engine, error) {
	config, err := options.config().pure()
	if err != nil {
		return nil, err
	}
	limits, err := options.native()
	if err != nil {
		return nil, err
	}
	e := &Engine{connection: pure.NewConnection(config, limits, now)}
	e.look()
	return e, nil
}

// look follows each call.
func (e *Engine) look() { e.info = e.connection.Info() }

// Free does nothing here: it is for the Engine over liboap.
func (e *Engine) Free() {}

// receivedTable is a Table, as with liboap, whose staged bytes move at the next call. Here they stay.
type receivedTable struct {
	Table
	staged bool
}

func (e *Engine) receive(now uint64, chunk []byte, rows []Row) receivedTable {
	got := e.connection.Receive(now, chunk, rowsOf(rows))
	e.look()
	table := Table{Rows: rows[:got.Rows], Bytes: chunk, Consumed: got.Consumed, More: got.Consumed < len(chunk)}
	if got.Staged && got.Rows > 0 {
		table.Bytes = e.connection.Staged()
	}
	return receivedTable{table, got.Staged && got.Rows > 0}
}

func (e *Engine) Receive(now uint64, chunk []byte, rows []Row) Table {
	return e.receive(now, chunk, rows).Table
}

func (e *Engine) ReceiveEnd(now uint64) {
	e.connection.ReceiveEnd(now)
	e.look()
}

func (e *Engine) Take(now uint64, frames int) {
	e.connection.Take(now, frames)
	e.look()
}

func (e *Engine) Acknowledge(now, upTo uint64) error {
	return e.sent(e.connection.Acknowledge(now, upTo))
}

func (e *Engine) Start(now uint64, stream string) error {
	return e.sent(e.connection.Start(now, stream))
}

func (e *Engine) Data(now uint64, obj string, body []byte) error {
	return e.sent(e.connection.Data(now, obj, body))
}

func (e *Engine) dataHead(now uint64, obj string, bodyLen int) error {
	return e.sent(e.connection.DataHead(now, obj, bodyLen))
}

func (e *Engine) dataAll(now uint64, packed []byte, lens []uint32) (int, error) {
	sent, last := e.connection.DataAll(now, packed, lens)
	return sent, e.sent(last)
}

func (e *Engine) EndStream(now uint64, status uint32) error {
	return e.sent(e.connection.EndStream(now, status))
}

// sent is what a call that sends says.
func (e *Engine) sent(outcome pure.Outcome) error {
	e.look()
	switch {
	case outcome.Status == pure.StatusOk:
		return nil
	case outcome.Status == pure.StatusClosed:
		return ErrClosed
	case outcome.Fault != nil:
		return refusalOf(outcome.Fault)
	default:
		return Wait(outcome.Status)
	}
}

func (e *Engine) CancelSend() {
	e.connection.CancelSend()
	e.look()
}

func (e *Engine) AppendOutput(dst []byte, now uint64) []byte {
	var lens [64]uint64
	for _, piece := range e.transmit(now, dst[len(dst):cap(dst)], lens[:]) {
		dst = dst[:len(dst)+int(piece)]
	}
	return dst
}

// transmit copies what is to be written into out, and tells the lengths of the pieces.
func (e *Engine) transmit(now uint64, out []byte, lens []uint64) []uint64 {
	told := lens[:0]
	e.connection.Transmit(now, func(piece pure.Piece) bool {
		if len(told) == cap(told) {
			return false
		}
		if piece.Bytes == nil {
			told = append(told, uint64(piece.Len)|ownBody)
			return true
		}
		n := copy(out, piece.Bytes)
		out = out[n:]
		if n > 0 {
			told = append(told, uint64(n))
		}
		return n == piece.Len
	})
	e.look()
	return told
}

func (e *Engine) Transmitted(now uint64, n int) {
	e.connection.Transmitted(now, n)
	e.look()
}

func (e *Engine) HandleTimeout(now uint64) {
	e.connection.HandleTimeout(now)
	e.look()
}

func (e *Engine) Close(now uint64, within time.Duration) {
	ns := ^uint64(0)
	if within >= 0 {
		ns = uint64(within)
	}
	e.connection.Close(now, ns)
	e.look()
}

func (e *Engine) Abort() {
	e.connection.Abort()
	e.look()
}

func (e *Engine) TransportFailed() {
	e.connection.TransportFailed()
	e.look()
}

func (e *Engine) State() ConnState { return ConnState(e.info.State) }

func (e *Engine) WantsRead() bool { return e.info.WantsRead }

func (e *Engine) WantsWrite() bool { return e.info.WantsWrite }

func (e *Engine) WantsShutdown() bool { return e.info.WantsShutdown }

func (e *Engine) NextTimeout() (at uint64, runs bool) { return e.info.Timeout, e.info.HasTimeout }

func (e *Engine) MaxBody() int { return int(e.info.MaxBody) }

func (e *Engine) queued() int { return int(e.info.Queued) }

func (e *Engine) untaken() int { return int(e.info.Untaken) }

func (e *Engine) Outbound() Flow { return flowOf(e.info.Outbound) }

func (e *Engine) Inbound() Flow { return flowOf(e.info.Inbound) }

func (e *Engine) End() *EndError {
	reason := EndReason(e.info.EndReason)
	if reason == 0 {
		return nil
	}
	end := &EndError{Reason: reason}
	switch reason {
	case EndReject:
		end.Reject = rejectOf(e.connection.Reject())
	case EndPeerError:
		said := e.connection.PeerError()
		end.PeerCode, end.PeerText = said.Code, said.Reason
	}
	return end
}
