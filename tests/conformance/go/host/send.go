package main

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"

	"oap.example/oap"
)

// period is that of the bytes sent: byte i is i mod period.
const period = 251

// pattern reads as so many bytes.
type pattern struct{ at, size int }

func (p *pattern) Read(buf []byte) (int, error) {
	if p.at == p.size {
		return 0, io.EOF
	}
	n := min(len(buf), p.size-p.at)
	for i := range buf[:n] {
		buf[i] = byte((p.at + i) % period)
	}
	p.at += n
	return n, nil
}

func send(args arguments, port, stream, size string) (int, error) {
	bytes, err := strconv.ParseUint(size, 10, 40)
	if err != nil {
		return 0, err
	}
	ctx := context.Background()
	options := args.options()
	if err := options.Validate(); err != nil {
		return 0, err
	}
	conn, err := oap.Dial(ctx, "tcp", "127.0.0.1:"+port, options)
	if err != nil {
		return failed("refused", 0), nil
	}
	sums := &summed{chunks: []int{}}
	err = sendStream(ctx, args, conn, stream, io.TeeReader(&pattern{size: int(bytes)}, sums))
	var refused *oap.RefusalError
	if closed := conn.Close(); err == nil {
		err = closed
	}
	if errors.As(err, &refused) {
		return 0, err
	}
	if err != nil {
		return failed(conn.End().Word(), sums.acknowledged(conn.Outbound())), nil
	}
	fmt.Printf("delivered %d %08x\n", bytes, sums.crc)
	return 0, nil
}

func failed(reason string, acknowledged int) int {
	fmt.Printf("failed %s acknowledged %d\n", reason, acknowledged)
	return 1
}

// summed notes the lengths of the messages, and the sum of all their bytes.
type summed struct {
	chunks []int
	crc    uint32
}

func (s *summed) Write(message []byte) (int, error) {
	s.chunks = append(s.chunks, len(message))
	s.crc = crc32.Update(s.crc, crc32.IEEETable, message)
	return len(message), nil
}

// acknowledged are the body bytes of the DATA that were acknowledged.
func (s *summed) acknowledged(flow oap.Flow) (bytes int) {
	frames := int(flow.LastSeq) - flow.InFlight
	for _, size := range s.chunks[:min(frames, len(s.chunks))] {
		bytes += size
	}
	return bytes
}

func sendStream(ctx context.Context, args arguments, conn *oap.Conn, stream string, source io.Reader) error {
	if err := conn.SendStream(ctx, stream, source, nil); err != nil {
		return err
	}
	if args["nowait"] == 0 {
		if err := conn.Delivered(ctx); err != nil {
			return err
		}
	}
	if args["echo"] == 0 {
		return nil
	}
	return printReceipt(ctx, conn)
}

// printReceipt waits for the peer's receipt.
func printReceipt(ctx context.Context, conn *oap.Conn) error {
	text := ""
	for frame, err := range conn.Frames(ctx) {
		switch f := frame.(type) {
		case *oap.Data:
			text += string(f.Body)
		case *oap.End:
			fmt.Println(text)
			return nil
		}
		if err != nil {
			return err
		}
	}
	return io.ErrUnexpectedEOF
}
