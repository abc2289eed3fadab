package main

import (
	"strings"

	"oap.example/oap"
)

// work is a buffer of frames that all candidates get.
type work struct {
	name   string
	frames int
	wire   []byte
}

const object = "b3:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// chunkBytes is what a TCP segment carries over Ethernet.
const chunkBytes = 1460

// must gives the value of a call that cannot fail here.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// dataWork has so many DATA, with seq from 1 on.
func dataWork(name string, frames int, obj string, bodyBytes int) work {
	data := oap.Data{Obj: obj, Body: []byte(strings.Repeat("Z", bodyBytes))}
	var wire []byte
	for range frames {
		data.Seq++
		wire = must(oap.Append(wire, &data))
	}
	return work{name, frames, wire}
}

func ackWork(frames int) work {
	var wire []byte
	for upTo := range uint64(frames) {
		wire = must(oap.Append(wire, &oap.Ack{UpTo: upTo + 1}))
	}
	return work{"ack", frames, wire}
}

func endWork(frames int) work {
	var wire []byte
	for seq := range uint64(frames) {
		wire = must(oap.Append(wire, &oap.End{Seq: seq + 1}))
	}
	return work{"end", frames, wire}
}

// chunks cuts the work as TCP would.
func (w *work) chunks(size int) (chunks [][]byte) {
	for rest := w.wire; len(rest) > 0; rest = rest[len(chunks[len(chunks)-1]):] {
		chunks = append(chunks, rest[:min(size, len(rest))])
	}
	return chunks
}

// rows gives the work as rows that count in its wire.
func (w *work) rows() []oap.Row {
	decoder := must(oap.NewDecoder(nil))
	defer decoder.Close()
	rows := make([]oap.Row, w.frames)
	if n, _, err := decoder.Decode(w.wire, rows); n != w.frames || err != nil {
		panic(err)
	}
	return rows
}
