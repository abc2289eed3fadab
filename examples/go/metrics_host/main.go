// metrics_host HOST PORT PAGES: takes streams on PORT, and answers /readyz and /metrics on PAGES. SIGTERM: it drains.
package main

import (
	"context"
	"fmt"
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

func take(ctx context.Context, conn *oap.Conn) error {
	for _, err := range conn.Frames(ctx) {
		if err != nil {
			return err
		}
	}
	return nil
}

func watch(monitor *oap.Monitor) {
	draining := make(chan os.Signal, 1)
	signal.Notify(draining, syscall.SIGTERM)
	for second := time.Tick(time.Second); ; {
		select {
		case <-second:
			monitor.Tick()
		case <-draining:
			monitor.SetParserReady(false) // a balancer sends no more
		}
	}
}

func main() {
	config := oap.DefaultConfig()
	config.Monitor = oap.NewMonitor(nil)
	go watch(config.Monitor)
	http.Handle("/readyz", oaphttp.Readyz(config.Monitor))
	http.Handle("/metrics", oaphttp.Metrics(config.Monitor))
	go func() { log.Fatal(http.ListenAndServe(net.JoinHostPort(os.Args[1], os.Args[3]), nil)) }()
	listener, err := net.Listen("tcp", net.JoinHostPort(os.Args[1], os.Args[2]))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on", listener.Addr())
	log.Fatal(oap.Serve(context.Background(), listener, &oap.ConnOptions{Config: config}, take))
}
