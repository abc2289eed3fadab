// send HOST PORT FILE: sends a file as one stream, and waits until all of it is acknowledged.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"

	"oap.example/oap"
)

func send(ctx context.Context, address, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	conn, err := oap.Dial(ctx, "tcp", address, nil)
	if err != nil {
		return err
	}
	err = conn.SendStream(ctx, filepath.Base(path), file, nil)
	return errors.Join(err, conn.Close()) // nil: the peer has taken all of it
}

func main() {
	if err := send(context.Background(), net.JoinHostPort(os.Args[1], os.Args[2]), os.Args[3]); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s: delivered\n", filepath.Base(os.Args[3]))
}
