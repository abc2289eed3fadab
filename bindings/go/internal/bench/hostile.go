package main

import (
	"encoding/binary"
	"errors"
	"slices"

	"oap.example/oap"
)

var badKind = []byte{0, 0, 0, 8, 0x99, 0, 0, 0}

// hostile is the price of a byte that a peer sends to do harm, beside that of an honest one.
func hostile(w *work) []candidate {
	perByte := func(what string, bytes int, run func()) candidate {
		return candidate{"hostile", what, isOap, "byte", bytes, run}
	}
	ends := endWork(w.frames)
	candidates := []candidate{
		perByte("honest: DATA of 32 bytes", len(w.wire), w.rejected(nil, 0)),
		perByte("honest: END, the dearest a byte", len(ends.wire), ends.rejected(nil, 0)),
	}
	for _, bad := range []struct {
		reason oap.Reason
		bytes  []byte
	}{
		{oap.ErrBadHello, []byte{0, 0, 0, 14, 1, 0, 0, 6, 8, 2, 16, 128, 128, 64}},
		{oap.ErrBadHelloPQ, []byte{0, 0, 0, 16, 1, 0, 0, 8, 8, 1, 16, 128, 128, 64, 24, 1}},
		{oap.ErrFrameOversize, []byte{0, 16, 0, 1}},
		{oap.ErrUnknownEnvelope, badKind},
		{oap.ErrHeaderMalformed, []byte{0, 0, 0, 10, 4, 1, 0, 2, 8, 1}},
		{oap.ErrTruncated, []byte{0, 0, 0, 10, 4, 0, 0, 2, 8}},
	} {
		run := w.rejected(bad.bytes, bad.reason)
		candidates = append(candidates, perByte("reject: "+bad.reason.Label(), len(w.wire)+len(bad.bytes), run))
	}
	short := dataWork("", 50, "", 32) // these take long a frame, and a long run is a disturbed one
	relaxed, junk := w.withUnknown(1), short.withUnknown(500)
	return append(candidates,
		perByte("relaxed: an unknown field a frame", len(relaxed), readRelaxed(relaxed, w)),
		perByte("relaxed: 500 unknown fields a frame", len(junk), readRelaxed(junk, &short)),
		candidate{"hostile", "pure Go, byte by byte", isPeer, "byte", len(short.wire), short.pureChunks(1)},
		perByte("Reader.Next, byte by byte", len(short.wire), short.reader(1)),
		perByte("Decoder, byte by byte: honest DATA", len(short.wire), grown(short.wire, 0)),
		perByte("Decoder, byte by byte: a bad kind at the end", len(short.wire)+5, grown(slices.Concat(short.wire, badKind), oap.ErrUnknownEnvelope)),
		perByte("Session.Recv, byte by byte", len(short.wire), short.session(1)),
	)
}

// rejected decodes the work and what comes behind it, which is rejected for that reason; 0: it is not.
func (w *work) rejected(bad []byte, reason oap.Reason) func() {
	config := oap.DefaultConfig()
	config.AllowPQHelloFlags = false
	decoder, rows := must(oap.NewDecoder(config)), make([]oap.Row, w.frames)
	wire, want := slices.Concat(w.wire, bad), w.expected()
	return func() {
		must(0, decoder.Reset())
		n, consumed, err := decoder.Decode(wire, rows)
		must(n, err)
		check(sumRows(rows[:n], wire), want)
		if _, _, err = decoder.Decode(wire[consumed:], rows); err == nil {
			err = decoder.Finish(wire[consumed:])
		}
		checkReason(err, reason)
	}
}

// grown decodes a buffer that grows byte by byte, and at its end is rejected for that reason; 0: it is not.
func grown(wire []byte, reason oap.Reason) func() {
	decoder, rows := newDecoder(nil), make([]oap.Row, 1)
	return func() {
		must(0, decoder.Reset())
		var err error
		for start, end := 0, 1; end <= len(wire) && err == nil; end++ {
			var consumed int
			_, consumed, err = decoder.Decode(wire[start:end], rows)
			start += consumed
		}
		checkReason(err, reason)
	}
}

func checkReason(err error, reason oap.Reason) {
	var reject *oap.RejectError
	if errors.As(err, &reject) != (reason != 0) || reject != nil && reject.Reason != reason {
		panic(err)
	}
}

// withUnknown gives the work with so many unknown fields in each header: field 15, a varint, 1.
func (w *work) withUnknown(fields int) (wire []byte) {
	rows := w.rows()
	for i := range rows {
		at := rows[i].Offset()
		frame := w.wire[at : at+rows[i].Len()]
		header := slices.Concat(frame[oap.PrefixBytes:oap.PrefixBytes+rows[i].HeaderLen], slices.Repeat([]byte{15 << 3, 1}, fields))
		start := len(wire)
		wire = append(wire, frame[:oap.PrefixBytes]...)
		binary.BigEndian.PutUint16(wire[start+6:], uint16(len(header)))
		wire = append(append(wire, header...), rows[i].Body(w.wire)...)
		binary.BigEndian.PutUint32(wire[start:], uint32(len(wire)-start))
	}
	return wire
}

// readRelaxed reads what has come of the work.
func readRelaxed(wire []byte, w *work) func() {
	config := oap.DefaultConfig()
	config.StrictHeaders = false
	decoder, rows := must(oap.NewDecoder(config)), make([]oap.Row, w.frames)
	want := w.expected()
	return func() {
		n, _, err := decoder.Decode(wire, rows)
		check(sumRows(rows[:must(n, err)], wire), want)
	}
}

// hostileSessions are the rejects that only a session gives.
func hostileSessions() []candidate {
	plain, objects := dataWork("", 1000, "", 32), dataWork("", 1000, object, 32)
	bad := must(oap.Append(nil, &oap.Data{Seq: 5000, Body: make([]byte, 32)}))
	perByte := func(what string, w *work, run func()) candidate {
		return candidate{"hostile", what, isOap, "byte", len(w.wire), run}
	}
	return []candidate{
		perByte("session: honest", &plain, plain.sessionRejected("s", nil, 0)),
		perByte("session: credit_violation", &plain, plain.sessionRejected("s", bad, oap.ErrCreditViolation)),
		perByte("session: honest, with obj", &objects, objects.sessionRejected("objects", nil, 0)),
		perByte("session: missing_obj", &objects, objects.sessionRejected("objects", bad, oap.ErrMissingObj)),
	}
}

func (w *work) sessionRejected(stream string, bad []byte, reason oap.Reason) func() {
	config := oap.DefaultConfig()
	config.AckWindowFrames = oap.MaxAckWindow
	session, greeting, out := must(oap.NewSession(config)), greeting(stream), make([]byte, 0, 64)
	wire, rows, want, hello := slices.Concat(w.wire, bad), make([]oap.Row, w.frames), w.expected(), must(session.Hello())
	return func() {
		must(0, session.Reset())
		must(session.Send(out, hello))
		must(session.Recv(greeting, rows))
		table := must(session.Recv(wire, rows))
		check(sumRows(table.Rows, table.Bytes), want)
		_, err := session.Recv(wire[table.Consumed:], rows)
		checkReason(err, reason)
	}
}
