// receive HOST PORT DIRECTORY: keeps each stream that ends well as a file of its name.
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

func receive(ctx context.Context, conn *oap.Conn) (err error) {
	name, part := "", new(os.File)
	defer func() { os.Remove(part.Name()) }()
	for frame, failed := range conn.Frames(ctx) {
		switch f := frame.(type) {
		case *oap.Start:
			name = filepath.Base(f.Stream) // the peer chooses no folder
			part, err = os.CreateTemp(os.Args[3], ".part")
		case *oap.Data:
			_, err = part.Write(f.Body)
		case *oap.End:
			if err = part.Close(); err == nil && f.Status == 0 {
				err = os.Rename(part.Name(), filepath.Join(os.Args[3], name))
				fmt.Printf("%s: received\n", name)
			}
		}
		if err = errors.Join(err, failed); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	listener, err := net.Listen("tcp", net.JoinHostPort(os.Args[1], os.Args[2]))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on", listener.Addr())
	log.Fatal(oap.Serve(context.Background(), listener, nil, receive))
}
