package oap

// #include <oap.h>
import "C"

import "time"

// DefaultConnWindow is the ack_window, in DATA frames, of a connection whose host gives no Config.
const DefaultConnWindow = C.OAP_CONNECTION_WINDOW

// directBytes is from where on a body is written from where it lies, not copied behind its head.
const directBytes = 16 << 10

// ConnOptions are the limits of a connection: docs/connection.md. A zero field means its default, and nil the zero value.
type ConnOptions struct {
	// Config holds the settings of the session; nil means the defaults with an ack_window of 256 frames.
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

func (o *ConnOptions) native() (native C.oap_connection_options, err error) {
	mustHold(C.oap_connection_options_init(&native))
	if o == nil {
		return native, nil
	}
	for _, setting := range []struct {
		field *C.uint64_t
		value uint64
	}{
		{&native.handshake_timeout_ns, uint64(o.HandshakeTimeout)},
		{&native.idle_timeout_ns, uint64(max(o.IdleTimeout, 0))},
		{&native.stall_timeout_ns, uint64(o.StallTimeout)},
		{&native.close_timeout_ns, uint64(o.CloseTimeout)},
		{&native.receive_buffer, o.ReceiveBuffer},
		{&native.receive_limit, o.ReceiveLimit},
		{&native.send_buffer, o.SendBuffer},
	} {
		if setting.value != 0 {
			*setting.field = C.uint64_t(setting.value)
		}
	}
	if o.ManualAck {
		native.auto_ack = false
	}
	return native, optionsError(&native)
}

func optionsError(native *C.oap_connection_options) error {
	var wrong C.oap_config_error
	status := C.oap_connection_options_check(native, &wrong)
	if status != C.OAP_STATUS_OUT_OF_RANGE {
		return statusError(status)
	}
	return &ConfigError{
		Field: goText(wrong.field, wrong.field_len),
		Value: uint64(wrong.value),
		Min:   uint64(wrong.min),
		Max:   uint64(wrong.max),
	}
}
