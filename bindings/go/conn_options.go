package oap

import (
	"time"

	"oap.example/oap/internal/pure"
)

// DefaultConnWindow is the ack_window, in DATA frames, of a connection whose host gives no Config.
const DefaultConnWindow = pure.ConnectionWindow

// directBytes is from where on a body is written from where it lies, not copied behind its head.
const directBytes = 16 << 10

// ConnOptions are the limits of a connection: docs/connection.md. A zero field means its default, and nil the zero value.
type ConnOptions struct {
	// Config holds the settings of the session; nil means the defaults with an ack_window of 1,024 frames.
	Config *Config
	// HandshakeTimeout is how long the peer may take to send its HELLO. Default 10 s.
	HandshakeTimeout time.Duration
	// IdleTimeout is how long no byte may pass either way. Default for ever; in a [Server] 5 min, and for ever where it is
	// negative.
	IdleTimeout time.Duration
	// StallTimeout is how long both sides may wait for each other's credit. Default 30 s.
	StallTimeout time.Duration
	// CloseTimeout is how long a close may take. Default 10 s.
	CloseTimeout time.Duration
	// ReceiveBuffer is how many bytes may wait to be taken before no more are read. Default 1 MiB.
	ReceiveBuffer uint64
	// ReceiveLimit is the same while a send waits for credit. Default 64 MiB.
	ReceiveLimit uint64
	// SendBuffer is how many bytes may wait to be written before a send waits. Default 256 KiB.
	SendBuffer uint64
	// ManualAck leaves acknowledging to [Conn.Acknowledge].
	ManualAck bool
	// Chunk is the size of the largest body that SendStream makes, in bytes. Default 65,536.
	Chunk int
}

// Validate returns a [*ConfigError] where a setting is out of its range.
func (o *ConnOptions) Validate() error {
	if err := o.config().Validate(); err != nil {
		return err
	}
	_, err := o.native()
	return err
}

func (o *ConnOptions) config() *Config {
	if o == nil || o.Config == nil {
		config := DefaultConfig()
		config.AckWindowFrames = DefaultConnWindow
		return config
	}
	return o.Config
}

func (o *ConnOptions) chunk() int {
	if o == nil || o.Chunk <= 0 {
		return StreamChunkBytes
	}
	return min(o.Chunk, MaxFrameBytes)
}
