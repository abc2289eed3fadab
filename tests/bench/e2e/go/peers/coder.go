package main

import (
	"context"
	"net/http"

	"github.com/coder/websocket"
	"oap.example/oap-e2e/scenario"
)

// coder is a WebSocket of coder's: it writes each message by itself.
type coder struct{ conn *websocket.Conn }

var always = context.Background()

func (c coder) Send(body []byte) error { return c.conn.Write(always, websocket.MessageBinary, body) }

func (c coder) Flush() error { return nil }

func (c coder) Receive() ([]byte, error) {
	_, body, err := c.conn.Read(always)
	return body, err
}

func (c coder) Close() error { return c.conn.CloseNow() }

// mostBytes is more than the 32 KiB that it takes by default.
func newCoder(conn *websocket.Conn, err error) (messages, error) {
	if err == nil {
		conn.SetReadLimit(mostBytes)
	}
	return coder{conn}, err
}

func dialCoder(address string) (messages, error) {
	conn, _, err := websocket.Dial(always, "ws://"+address+"/", nil)
	return newCoder(conn, err)
}

func serveCoder(s *scenario.Scenario) error {
	return serveHTTP(s, func(w http.ResponseWriter, r *http.Request) (messages, error) {
		return newCoder(websocket.Accept(w, r, nil))
	})
}
