package oap

import (
	"fmt"

	"oap.example/oap/internal/pure"
)

// SeqRolloverPolicy is what follows seq 2^64 − 1.
type SeqRolloverPolicy int32

const (
	// SeqRolloverError: no DATA may follow.
	SeqRolloverError SeqRolloverPolicy = pure.SeqRolloverError
	// SeqRolloverWrap: 0 follows.
	SeqRolloverWrap SeqRolloverPolicy = pure.SeqRolloverWrap
)

// String returns the policy's name in the spec.
func (p SeqRolloverPolicy) String() string {
	switch p {
	case SeqRolloverError:
		return "error"
	case SeqRolloverWrap:
		return "wrap"
	default:
		return fmt.Sprintf("SeqRolloverPolicy(%d)", int32(p))
	}
}

// Config holds the settings of a decoder or session. Start with [DefaultConfig]: the zero Config is not valid. Where a
// *Config is taken, nil means the defaults, and what is there is copied.
type Config struct {
	// StrictHeaders: headers must be canonical. False takes relaxed ones too, for interop labs. Default true.
	StrictHeaders bool
	// EnforceObjHeaderOnObjects: DATA on a stream named "objects" or "objects/…" needs an obj. Default true.
	EnforceObjHeaderOnObjects bool
	// AllowPQHelloFlags: a received HELLO may have feature bits set. Default true.
	AllowPQHelloFlags bool
	// SeqRolloverPolicy is what follows seq 2^64 − 1. Default SeqRolloverError.
	SeqRolloverPolicy SeqRolloverPolicy
	// AckWindowFrames is how many DATA frames are taken unacknowledged, 1..=1024. Default 32.
	AckWindowFrames uint64
	// MaxFrame is the size of the largest frame taken, in bytes with its prefix, 4096..=1048576. Default 1048576.
	MaxFrame uint64
	// Features are the bits in the own HELLO; nil, the default, is none. Opaque, and never printed.
	Features *uint64
	// Monitor counts and times what the decoder or session does; nil, the default, is none.
	Monitor *Monitor
}

// DefaultConfig returns the defaults, for changing.
func DefaultConfig() *Config {
	defaults := pure.DefaultConfig()
	return &Config{
		StrictHeaders:             defaults.StrictHeaders,
		EnforceObjHeaderOnObjects: defaults.EnforceObjHeaderOnObjects,
		AllowPQHelloFlags:         defaults.AllowPQHelloFlags,
		SeqRolloverPolicy:         SeqRolloverPolicy(defaults.SeqRolloverPolicy),
		AckWindowFrames:           defaults.AckWindowFrames,
		MaxFrame:                  defaults.MaxFrame,
	}
}

// ConfigError names the setting or argument that is out of its range.
type ConfigError struct {
	// Field is its name in the spec, such as "ack_window_frames".
	Field string
	// Value is what it was set to; Min and Max are the least and greatest value allowed.
	Value, Min, Max uint64
}

func (e *ConfigError) Error() string {
	return fmt.Sprintf("oap: %s = %d is not in %d..=%d", e.Field, e.Value, e.Min, e.Max)
}

// Validate returns a [*ConfigError] where a setting is out of its range.
func (c *Config) Validate() error {
	return c.check()
}
