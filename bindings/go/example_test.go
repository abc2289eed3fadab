//go:build cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64))

package oap_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"strings"

	"oap.example/oap"
)

// Two sides, one process: the server takes streams and says what came.
func Example() {
	ctx := context.Background()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := &oap.Server{Handler: func(ctx context.Context, conn *oap.Conn) error {
		for frame, err := range conn.Frames(ctx) {
			if err != nil {
				return err
			}
			fmt.Println(frame)
		}
		return nil
	}}
	go server.Serve(listener)

	conn, err := oap.Dial(ctx, "tcp", listener.Addr().String(), nil)
	if err != nil {
		log.Fatal(err)
	}
	err = conn.SendStream(ctx, "notes", strings.NewReader("hello"), nil)
	if err != nil {
		log.Fatal(err)
	}
	err = conn.Close() // nil: the server has taken all that was sent
	if err != nil {
		log.Fatal(err)
	}
	err = server.Shutdown(ctx)
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// START stream="notes"
	// DATA seq=1 len=5
	// END seq=1 status=0
}

func ExampleDecoder() {
	buf := encodedAcks()

	decoder, err := oap.NewDecoder(nil)
	if err != nil {
		log.Fatal(err)
	}
	defer decoder.Close()
	rows := make([]oap.Row, 256)
	for more := true; more; more = decoder.More() {
		n, consumed, err := decoder.Decode(buf, rows)
		if err != nil {
			log.Fatal(err)
		}
		for i := range rows[:n] {
			row := &rows[i]
			fmt.Println(row.Kind, row.Seq, len(row.Body(buf)))
		}
		buf = buf[consumed:]
	}
	// now read on, decoder.Need() bytes at least, behind what is left in buf
	// Output:
	// ACK 1 0
	// ACK 2 0
}

func encodedAcks() []byte {
	buf, _ := oap.Append(nil, &oap.Ack{UpTo: 1})
	buf, _ = oap.Append(buf, &oap.Ack{UpTo: 2})
	return buf
}

func ExampleReader() {
	source := bytes.NewReader(encodedAcks())

	reader, err := oap.NewReader(source, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer reader.Close()
	for frame, err := range reader.All() {
		if err != nil {
			log.Fatal(err)
		}
		switch f := frame.(type) {
		case *oap.Data:
			fmt.Println("data", f.Seq, len(f.Body))
		case *oap.Ack:
			fmt.Println("ack", f.UpTo)
		}
	}
	// Output:
	// ack 1
	// ack 2
}

func ExampleWriter() {
	var target bytes.Buffer

	writer := oap.NewWriter(&target, nil)
	for seq := uint64(1); seq <= 3; seq++ {
		if err := writer.Write(&oap.Data{Seq: seq, Body: []byte("abc")}); err != nil {
			log.Fatal(err)
		}
	}
	if err := writer.Flush(); err != nil {
		log.Fatal(err)
	}

	fmt.Println(target.Len(), "bytes")
	// Output: 39 bytes
}

func ExampleMonitor() {
	config := oap.DefaultConfig()
	config.Monitor = oap.NewMonitor(nil)
	decoder, err := oap.NewDecoder(config)
	if err != nil {
		log.Fatal(err)
	}
	defer decoder.Close()
	if _, _, err := decoder.Decode(encodedAcks(), make([]oap.Row, 8)); err != nil {
		log.Fatal(err)
	}

	snapshot := config.Monitor.Snapshot()
	fmt.Println(snapshot.Frames[oap.KindAck], snapshot.FrameBytes, snapshot.Read.Count())
	readiness := config.Monitor.Readiness()
	fmt.Println(readiness.Status, string(readiness.Body))
	// Output:
	// 2 20 1
	// 200 {"degraded":false,"missing":[],"retry_after":0}
}

func ExampleAppend() {
	wire, err := oap.Append(nil, &oap.Data{Seq: 1, Body: []byte("abc")})
	fmt.Printf("%x %v\n", wire, err)
	// Output: 0000000d030000020801616263 <nil>
}

func ExampleAppendRows() {
	buf := []byte("onetwo")
	rows := []oap.Row{
		{Kind: oap.KindData, Seq: 1, BodyOffset: 0, BodyLen: 3},
		{Kind: oap.KindData, Seq: 2, BodyOffset: 3, BodyLen: 3},
	}
	wire, n, err := oap.AppendRows(nil, rows, buf)
	fmt.Println(n, len(wire), err)
	// Output: 2 26 <nil>
}

func ExampleSession() {
	session, err := oap.NewSession(nil)
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()
	hello, err := session.Hello()
	if err != nil {
		log.Fatal(err)
	}
	wire, err := session.Send(nil, hello)
	if err != nil {
		log.Fatal(err)
	}

	_, err = session.Send(wire, &oap.Start{Stream: "too soon"})
	fmt.Println(len(wire), err)
	// Output: 16 oap: refused as bad_hello: the handshake is not complete
}

func ExampleSession_Recv() {
	session, _ := oap.NewSession(nil)
	defer session.Close()
	chunk, _ := oap.Append(nil, &oap.Hello{Version: oap.ProtocolVersion, MaxFrame: 8192})

	rows := make([]oap.Row, 64)
	for more := true; more; {
		table, err := session.Recv(chunk, rows)
		if err != nil {
			log.Fatal(err)
		}
		for frame := range table.Frames() {
			fmt.Println(frame)
		}
		chunk, more = chunk[table.Consumed:], table.More
	}
	// now read the next chunk
	// Output: HELLO version=1 max_frame=8192
}

func ExampleNewConn() {
	ours, theirs := net.Pipe()
	ctx := context.Background()
	go func() {
		conn, err := oap.NewConn(theirs, nil)
		if err != nil {
			log.Fatal(err)
		}
		defer conn.Close()
		err = conn.SendStream(ctx, "greeting", strings.NewReader("hello"), nil)
		if err != nil {
			log.Fatal(err)
		}
	}()

	conn, err := oap.NewConn(ours, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	for {
		frame, err := conn.Recv(ctx)
		if err == io.EOF {
			return
		}
		if err != nil {
			log.Fatal(err)
		}
		if data, ok := frame.(*oap.Data); ok {
			fmt.Printf("%s\n", data.Body)
		}
	}
	// Output: hello
}

func ExampleRejectError() {
	wire := []byte{0, 0x10, 0, 1} // a frame that promises 1,048,577 bytes

	reader, _ := oap.NewReader(bytes.NewReader(wire), nil)
	defer reader.Close()
	_, err := reader.Next()
	if errors.Is(err, oap.ErrFrameOversize) {
		fmt.Println("too large")
	}
	var reject *oap.RejectError
	if errors.As(err, &reject) {
		fmt.Println(reject.Reason.Label(), reject.Field, *reject.Limit, reject.Offset, reject.At)
	}
	// Output:
	// too large
	// frame_oversize length 1048576 0 4
}

func ExampleConfig() {
	config := oap.DefaultConfig()
	config.AckWindowFrames = 2000
	err := config.Validate()
	fmt.Println(err)

	var wrong *oap.ConfigError
	if errors.As(err, &wrong) {
		fmt.Println(wrong.Field, wrong.Value, wrong.Min, wrong.Max)
	}
	// Output:
	// oap: ack_window_frames = 2000 is not in 1..=1024
	// ack_window_frames 2000 1 1024
}
