// A host that takes streams on the first address, and says on the second how it is: /readyz and /metrics.
package main

import (
	"context"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"oap.example/oap"
	"oap.example/oap/oaphttp"
)

func main() {
	config := oap.DefaultConfig()
	config.Monitor = oap.NewMonitor(nil)
	http.Handle("/readyz", oaphttp.Readyz(config.Monitor))
	http.Handle("/metrics", oaphttp.Metrics(config.Monitor))
	go func() { log.Fatal(http.ListenAndServe(os.Args[2], nil)) }()
	go func() {
		for range time.Tick(time.Second) {
			config.Monitor.Tick()
		}
	}()
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	ctx, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	context.AfterFunc(ctx, func() { config.Monitor.SetParserReady(false) })
	options := &oap.ConnOptions{Config: config}
	log.Print(oap.Serve(ctx, listener, options, func(ctx context.Context, conn *oap.Conn) (err error) {
		for ; err == nil; _, err = conn.Recv(ctx) {
		}
		return err
	}))
	time.Sleep(5 * time.Second) // until who asks for /readyz has seen that this host drains
}
