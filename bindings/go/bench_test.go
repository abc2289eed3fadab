package oap_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"oap.example/oap"
)

// An op is one frame. "pure" is the opponent of pure_test.go. How to run them: docs/go.md.

var shapes = []struct {
	name string
	kind oap.Kind
	obj  string
	body int
}{
	{"tiny", oap.KindData, "", 32},
	{"ack", oap.KindAck, "", 0},
	{"obj4k", oap.KindData, "b3:" + strings.Repeat("0123456789abcdef", 4), 4096},
}

// frames a round; their seqs take two varint bytes, as in a stream that has run for a while.
const benchFrames, firstSeq = 256, 1000

// sink keeps what is read from being optimized away.
var sink uint64

// benchTable gives a round's frames as rows and the buffer that they count in.
func benchTable(kind oap.Kind, obj string, body int) (rows []oap.Row, wire []byte) {
	for i := range uint64(benchFrames) {
		if kind == oap.KindAck {
			wire = append(wire, wireOf(&oap.Ack{UpTo: firstSeq + i})...)
		} else {
			wire = append(wire, wireOf(&oap.Data{Seq: firstSeq + i, Obj: obj, Body: make([]byte, body)})...)
		}
	}
	rows = make([]oap.Row, benchFrames)
	decoder := must(oap.NewDecoder(nil))
	defer decoder.Close()
	if n, _, err := decoder.Decode(wire, rows); n != benchFrames || err != nil {
		panic(err)
	}
	return rows, wire
}

// rounds runs round until b.N frames are done.
func rounds(b *testing.B, round func()) {
	b.Helper()
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i += benchFrames {
		round()
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, s := range shapes {
		_, wire := benchTable(s.kind, s.obj, s.body)
		b.Run(s.name+"/rows", func(b *testing.B) { benchDecodeRows(b, wire, benchFrames) })
		b.Run(s.name+"/pure", func(b *testing.B) { benchDecodePure(b, wire) })
		b.Run(s.name+"/reader", func(b *testing.B) { benchReader(b, wire) })
		b.Run(s.name+"/session", func(b *testing.B) { benchSessionRecv(b, s.kind, s.obj, s.body) })
	}
}

// BenchmarkBatch shows from how many frames a call on liboap is faster than pure Go.
func BenchmarkBatch(b *testing.B) {
	for _, s := range shapes {
		_, wire := benchTable(s.kind, s.obj, s.body)
		for _, batch := range []int{1, 2, 4, 8, 16, 64} {
			b.Run(fmt.Sprintf("%s/%02d", s.name, batch), func(b *testing.B) { benchDecodeRows(b, wire, batch) })
		}
	}
}

// benchDecodeRows reads kind, seq and body of every row.
func benchDecodeRows(b *testing.B, wire []byte, batch int) {
	decoder, rows := newDecoder(b, nil), make([]oap.Row, batch)
	var sum uint64
	rounds(b, func() {
		for rest := wire; len(rest) > 0; {
			n, consumed, err := decoder.Decode(rest, rows)
			if err != nil {
				b.Fatal(err)
			}
			for i := range rows[:n] {
				row := &rows[i]
				sum += uint64(row.Kind) + row.Seq + touch(row.Body(rest))
			}
			rest = rest[consumed:]
		}
	})
	sink += sum
}

func benchDecodePure(b *testing.B, wire []byte) {
	var sum uint64
	var frame pureFrame
	rounds(b, func() {
		for rest := wire; len(rest) > 0; {
			length, err := pureDecode(rest, &frame)
			if err != nil {
				b.Fatal(err)
			}
			sum += uint64(frame.kind) + frame.seq + touch(frame.body)
			rest = rest[length:]
		}
	})
	sink += sum
}

func benchReader(b *testing.B, wire []byte) {
	reader := must(oap.NewReader(endless{bytes.NewReader(wire)}, nil))
	defer reader.Close()
	var sum uint64
	rounds(b, func() {
		for range benchFrames {
			switch f := must(reader.Next()).(type) {
			case *oap.Data:
				sum += f.Seq + touch(f.Body)
			case *oap.Ack:
				sum += f.UpTo
			}
		}
	})
	sink += sum
}

func touch(body []byte) uint64 {
	if len(body) == 0 {
		return 0
	}
	return uint64(len(body)) + uint64(body[0])
}

// benchSessionRecv has a session judge a round of DATA that a window of credit admits, or the ACKs of one.
func benchSessionRecv(b *testing.B, kind oap.Kind, obj string, body int) {
	config := oap.DefaultConfig()
	config.AckWindowFrames = oap.MaxAckWindow
	sender, receiver := established(b, config, config)
	rows, wire := make([]oap.Row, benchFrames), make([]byte, 0, 2<<20)
	must(receiver.Recv(must(sender.Send(nil, &oap.Start{Stream: "s"})), rows))
	data, ack := oap.Data{Obj: obj, Body: make([]byte, body)}, oap.Ack{}
	var acks []byte
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i += benchFrames {
		b.StopTimer()
		wire, acks = wire[:0], acks[:0]
		for range benchFrames {
			data.Seq++
			wire = must(sender.Send(wire, &data))
		}
		timed := kind == oap.KindData
		recvAll(b, receiver, wire, rows, timed)
		for ack.UpTo < data.Seq {
			ack.UpTo++
			acks = must(receiver.Send(acks, &ack))
		}
		recvAll(b, sender, acks, rows, !timed)
	}
}

func recvAll(b *testing.B, session *oap.Session, wire []byte, rows []oap.Row, timed bool) {
	b.Helper()
	if timed {
		b.StartTimer()
		defer b.StopTimer()
	}
	table, err := session.Recv(wire, rows)
	if err != nil || table.Consumed != len(wire) {
		b.Fatal(table.Consumed, err)
	}
	for i := range table.Rows {
		sink += table.Rows[i].Seq + touch(table.Rows[i].Body(table.Bytes))
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, s := range shapes {
		rows, wire := benchTable(s.kind, s.obj, s.body)
		out := make([]byte, 0, 2*len(wire))
		b.Run(s.name+"/rows", func(b *testing.B) {
			rounds(b, func() {
				if _, n, err := oap.AppendRows(out, rows, wire); n != benchFrames || err != nil {
					b.Fatal(n, err)
				}
			})
		})
		b.Run(s.name+"/append", func(b *testing.B) { benchAppend(b, rows, wire, out) })
		b.Run(s.name+"/writer", func(b *testing.B) { benchWriter(b, rows, wire) })
		b.Run(s.name+"/pure", func(b *testing.B) { benchAppendPure(b, rows, wire, out) })
		b.Run(s.name+"/session", func(b *testing.B) { benchSessionSend(b, s.kind, s.obj, s.body) })
	}
}

func benchAppend(b *testing.B, rows []oap.Row, wire, out []byte) {
	data, ack := oap.Data{Obj: string(rows[0].Text(wire))}, oap.Ack{}
	rounds(b, func() {
		dst, err := out, error(nil)
		for i := range rows {
			if rows[i].Kind == oap.KindAck {
				ack.UpTo = rows[i].Seq
				dst, err = oap.Append(dst, &ack)
			} else {
				data.Seq, data.Body = rows[i].Seq, rows[i].Body(wire)
				dst, err = oap.Append(dst, &data)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

func benchWriter(b *testing.B, rows []oap.Row, wire []byte) {
	writer := oap.NewWriter(io.Discard, nil)
	data, ack := oap.Data{Obj: string(rows[0].Text(wire))}, oap.Ack{}
	rounds(b, func() {
		var err error
		for i := range rows {
			if rows[i].Kind == oap.KindAck {
				ack.UpTo = rows[i].Seq
				err = writer.Write(&ack)
			} else {
				data.Seq, data.Body = rows[i].Seq, rows[i].Body(wire)
				err = writer.Write(&data)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

func benchAppendPure(b *testing.B, rows []oap.Row, wire, out []byte) {
	frame := pureFrame{kind: byte(rows[0].Kind), obj: rows[0].Text(wire)}
	rounds(b, func() {
		dst, err := out, error(nil)
		for i := range rows {
			frame.seq, frame.body = rows[i].Seq, rows[i].Body(wire)
			if dst, err = pureAppend(dst, &frame); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// benchSessionSend sends rounds that the peer acknowledges in between.
func benchSessionSend(b *testing.B, kind oap.Kind, obj string, body int) {
	config := oap.DefaultConfig()
	config.AckWindowFrames = oap.MaxAckWindow
	sender, receiver := established(b, config, config)
	rows, wire, acks := make([]oap.Row, benchFrames), make([]byte, 0, 2<<20), make([]byte, 0, 1<<16)
	must(receiver.Recv(must(sender.Send(nil, &oap.Start{Stream: "s"})), rows))
	data, ack := oap.Data{Obj: obj, Body: make([]byte, body)}, oap.Ack{}
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i += benchFrames {
		timed := kind == oap.KindData
		wire = sendAll(b, sender, wire[:0], timed, func() oap.Frame { data.Seq++; return &data })
		must(receiver.Recv(wire, rows))
		acks = sendAll(b, receiver, acks[:0], !timed, func() oap.Frame { ack.UpTo++; return &ack })
		must(sender.Recv(acks, rows))
	}
}

func sendAll(b *testing.B, session *oap.Session, dst []byte, timed bool, next func() oap.Frame) []byte {
	b.Helper()
	if !timed {
		b.StopTimer()
		defer b.StartTimer()
	}
	for range benchFrames {
		dst = must(session.Send(dst, next()))
	}
	return dst
}

// BenchmarkSendStream is bytes a second from a Conn to another over loopback TCP.
func BenchmarkSendStream(b *testing.B) {
	ctx, cancel := context.WithCancel(context.Background())
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	served := make(chan error)
	go func() {
		served <- oap.Serve(ctx, listener, nil, func(ctx context.Context, conn *oap.Conn) {
			for {
				if _, err := conn.Recv(ctx); err != nil {
					return
				}
			}
		})
	}()
	conn := must(oap.Dial(ctx, "tcp", listener.Addr().String(), nil))
	source := bytes.NewReader(make([]byte, 64<<20))
	b.SetBytes(source.Size())
	b.ResetTimer()
	for range b.N {
		_, _ = source.Seek(0, io.SeekStart)
		if err := conn.SendStream(ctx, "s", source, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	_ = conn.Close()
	cancel()
	<-served
}
