package main

import (
	"bufio"
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"oap.example/oap"
)

// shutdownTime is how long a shutdown may take: open streams may finish.
const shutdownTime = 20 * time.Second

func serve(args arguments) (int, error) {
	terminated, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", args["port"]))
	if err != nil {
		return 0, err
	}
	server := &oap.Server{
		Handler:  func(ctx context.Context, conn *oap.Conn) error { return attend(ctx, args, conn) },
		Options:  args.options(),
		MaxConns: int(args["max-connections"]),
	}
	if err := server.Options.Validate(); err != nil {
		return 0, err
	}
	fmt.Printf("listening %d\n", listener.Addr().(*net.TCPAddr).Port)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return 0, err
	case <-terminated.Done():
	case <-shutdownIsAskedFor():
	}
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	_ = server.Shutdown(ctx) // what is left then was aborted
	return 0, nil
}

// shutdownIsAskedFor by a line. The end of standard input asks for nothing.
func shutdownIsAskedFor() <-chan struct{} {
	asked := make(chan struct{})
	go func() {
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			if strings.TrimSpace(lines.Text()) == "shutdown" {
				close(asked)
				return
			}
		}
	}()
	return asked
}

func attend(ctx context.Context, args arguments, conn *oap.Conn) error {
	err := giveReceipts(ctx, args, conn)
	_ = conn.Close()
	fmt.Printf("ended %s\n", conn.End().Word())
	return err
}

func giveReceipts(ctx context.Context, args arguments, conn *oap.Conn) error {
	var name string
	var size int
	var crc uint32
	for {
		frame, err := conn.Recv(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch f := frame.(type) {
		case *oap.Start:
			name, size, crc = f.Stream, 0, 0
		case *oap.Data:
			size += len(f.Body)
			crc = crc32.Update(crc, crc32.IEEETable, f.Body)
			if pace := args["slow"]; pace > 0 {
				time.Sleep(time.Duration(float64(len(f.Body)) / float64(pace) * float64(time.Second)))
			}
		case *oap.End:
			receipt := fmt.Sprintf("%s %d %08x %d", name, size, crc, f.Status)
			if err := conn.SendStream(ctx, "receipt", strings.NewReader(receipt), nil); err != nil {
				return err
			}
		}
	}
}
