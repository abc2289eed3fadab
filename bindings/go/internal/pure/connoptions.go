package pure

// ConnectionOptions are the limits of a connection: docs/connection.md.
type ConnectionOptions struct {
	HandshakeTimeoutNs, IdleTimeoutNs, StallTimeoutNs, CloseTimeoutNs uint64
	ReceiveBuffer, ReceiveLimit, SendBuffer                           uint64
	ManualAck                                                         bool
}

const (
	second   = 1_000_000_000
	maxTime  = 1_000_000_000 * second
	maxBytes = 1 << 32
)

// DefaultConnectionOptions gives the defaults.
func DefaultConnectionOptions() ConnectionOptions {
	return ConnectionOptions{
		HandshakeTimeoutNs: 10 * second,
		StallTimeoutNs:     30 * second,
		CloseTimeoutNs:     10 * second,
		ReceiveBuffer:      1 << 20,
		ReceiveLimit:       64 << 20,
		SendBuffer:         256 << 10,
	}
}

// Check gives the first option that is out of its range.
func (o *ConnectionOptions) Check() *ConfigError {
	for _, option := range [...]ConfigError{
		{"handshake_timeout_ns", o.HandshakeTimeoutNs, 1, maxTime},
		{"idle_timeout_ns", o.IdleTimeoutNs, 0, maxTime},
		{"stall_timeout_ns", o.StallTimeoutNs, 1, maxTime},
		{"close_timeout_ns", o.CloseTimeoutNs, 1, maxTime},
		{"receive_buffer", o.ReceiveBuffer, 1, maxBytes},
		{"receive_limit", o.ReceiveLimit, 1, maxBytes},
		{"send_buffer", o.SendBuffer, 1, maxBytes},
	} {
		if option.Value < option.Min || option.Value > option.Max {
			return &option
		}
	}
	return nil
}
