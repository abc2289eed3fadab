package main

import (
	"testing"

	"oap.example/oap"
)

// The opponent is honest only if it takes and refuses what oap does: strict DATA and ACK.
func FuzzPureJudgesAsOapDoes(f *testing.F) {
	for _, frame := range []oap.Frame{&oap.Data{Seq: 300, Obj: object, Body: []byte("abc")}, &oap.Data{}, &oap.Ack{UpTo: 1 << 63}} {
		f.Add(must(oap.Append(nil, frame)))
	}
	decoder, rows := must(oap.NewDecoder(nil)), make([]oap.Row, 1)
	f.Fuzz(func(t *testing.T, buf []byte) {
		must(0, decoder.Reset())
		n, _, err := decoder.Decode(buf, rows)
		if n == 1 && rows[0].Kind != oap.KindData && rows[0].Kind != oap.KindAck {
			return
		}
		kind, seq, obj, body, length, pureErr := pureDecode(buf)
		if (length > 0) != (n == 1) || err == nil && n == 1 && pureErr != nil {
			t.Fatalf("%x: oap %d %v, pure %d %v", buf, n, err, length, pureErr)
		}
		if row := rows[0]; n == 1 && (kind != byte(row.Kind) || seq != row.Seq || length != row.Len() ||
			body != int(row.BodyOffset) || obj != 0 && obj != int(row.TextOffset)) {
			t.Fatalf("%x: oap %v, pure %d %d %d %d %d", buf, row, kind, seq, obj, body, length)
		}
	})
}
