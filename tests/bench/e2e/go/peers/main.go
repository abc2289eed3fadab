// One end of the end-to-end benchmark, by what one would otherwise pick in Go:
// `go-e2e-peers PEER (server | client ADDRESS) SCENARIO`.
package main

import (
	"fmt"
	"os"

	"oap.example/oap-e2e/scenario"
)

type peer struct {
	client func() scenario.Client
	serve  func(*scenario.Scenario) error
}

var peers = map[string]peer{
	"grpc":    {func() scenario.Client { return &grpcClient{} }, serveGRPC},
	"gorilla": {func() scenario.Client { return &messagesClient{dial: dialGorilla} }, serveGorilla},
	"coder":   {func() scenario.Client { return &messagesClient{dial: dialCoder} }, serveCoder},
	"hand":    {func() scenario.Client { return &messagesClient{dial: dialHand} }, serveHand},
}

func main() {
	if len(os.Args) < 2 || peers[os.Args[1]].serve == nil {
		fmt.Fprintln(os.Stderr, "go-e2e-peers (grpc | gorilla | coder | hand) (server | client ADDRESS) SCENARIO")
		os.Exit(2)
	}
	chosen := peers[os.Args[1]]
	scenario.Run(chosen.client, chosen.serve)
}
