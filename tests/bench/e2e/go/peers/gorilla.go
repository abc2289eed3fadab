package main

import (
	"net/http"

	"github.com/gorilla/websocket"
	"oap.example/oap-e2e/scenario"
)

// gorilla is a WebSocket of gorilla's: it writes each message by itself.
type gorilla struct{ *websocket.Conn }

func (g gorilla) Send(body []byte) error { return g.WriteMessage(websocket.BinaryMessage, body) }

func (g gorilla) Flush() error { return nil }

func (g gorilla) Receive() ([]byte, error) {
	_, body, err := g.ReadMessage()
	return body, err
}

func dialGorilla(address string) (messages, error) {
	conn, _, err := websocket.DefaultDialer.Dial("ws://"+address+"/", nil)
	return gorilla{conn}, err
}

func serveGorilla(s *scenario.Scenario) error {
	var upgrader websocket.Upgrader
	return serveHTTP(s, func(w http.ResponseWriter, r *http.Request) (messages, error) {
		conn, err := upgrader.Upgrade(w, r, nil)
		return gorilla{conn}, err
	})
}

// serveHTTP serves connections that begin as requests.
func serveHTTP(s *scenario.Scenario, accept func(http.ResponseWriter, *http.Request) (messages, error)) error {
	listener, err := listen()
	if err != nil {
		return err
	}
	server := newServer(s)
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if m, err := accept(w, r); err == nil {
			server.attend(m)
		}
	}))
	return server.wait()
}
