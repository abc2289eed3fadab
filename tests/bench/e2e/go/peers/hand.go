package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"

	"oap.example/oap-e2e/scenario"
)

// byHand is a length of four bytes and the message, through bufio.
type byHand struct {
	net.Conn
	reader *bufio.Reader
	writer *bufio.Writer
	body   []byte
}

func newByHand(conn net.Conn) *byHand {
	const size = 64 << 10
	return &byHand{Conn: conn, reader: bufio.NewReaderSize(conn, size), writer: bufio.NewWriterSize(conn, size)}
}

func (h *byHand) Send(body []byte) error {
	var head [4]byte
	binary.BigEndian.PutUint32(head[:], uint32(len(body)))
	if _, err := h.writer.Write(head[:]); err != nil {
		return err
	}
	_, err := h.writer.Write(body)
	return err
}

func (h *byHand) Flush() error { return h.writer.Flush() }

const mostBytes = 1 << 20

func (h *byHand) Receive() ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(h.reader, head[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size > mostBytes {
		return nil, fmt.Errorf("a message of %d bytes", size)
	}
	if int(size) > cap(h.body) {
		h.body = make([]byte, size)
	}
	h.body = h.body[:size]
	_, err := io.ReadFull(h.reader, h.body)
	return h.body, err
}

func dialHand(address string) (messages, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return newByHand(conn), nil
}

func serveHand(s *scenario.Scenario) error {
	listener, err := listen()
	if err != nil {
		return err
	}
	server := newServer(s)
	for range s.Connections {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		go server.attend(newByHand(conn))
	}
	return server.wait()
}
