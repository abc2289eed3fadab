package oap

// #include <oap.h>
import "C"

import "fmt"

// SeqRolloverPolicy is what follows seq 2^64 − 1.
type SeqRolloverPolicy int32

const (
	// SeqRolloverError: no DATA may follow.
	SeqRolloverError SeqRolloverPolicy = C.OAP_SEQ_ROLLOVER_ERROR
	// SeqRolloverWrap: 0 follows.
	SeqRolloverWrap SeqRolloverPolicy = C.OAP_SEQ_ROLLOVER_WRAP
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
	return &Config{
		StrictHeaders:             true,
		EnforceObjHeaderOnObjects: true,
		AllowPQHelloFlags:         true,
		SeqRolloverPolicy:         SeqRolloverError,
		AckWindowFrames:           DefaultAckWindow,
		MaxFrame:                  MaxFrameBytes,
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
	native, err := c.native()
	freeConfig(native)
	return err
}

// native makes liboap's copy, which the caller frees; NULL, the defaults, for a nil Config.
func (c *Config) native() (*C.oap_config, error) {
	if c == nil {
		return nil, nil
	}
	var native *C.oap_config
	if status := C.oap_config_new(&native); status != C.OAP_STATUS_OK {
		return nil, StatusError(status)
	}
	liveHandles.Add(1)
	for _, set := range c.setters() {
		if status := set(native); status != C.OAP_STATUS_OK {
			err := configError(native, status)
			freeConfig(native)
			return nil, err
		}
	}
	return native, nil
}

func freeConfig(native *C.oap_config) {
	if native != nil {
		C.oap_config_free(native)
		liveHandles.Add(-1)
	}
}

// monitor is what a decoder or session of this Config has; nil for a nil Config.
func (c *Config) monitor() *Monitor {
	if c == nil {
		return nil
	}
	return c.Monitor
}

func (c *Config) setters() []func(*C.oap_config) C.oap_status {
	return []func(*C.oap_config) C.oap_status{
		func(native *C.oap_config) C.oap_status {
			return C.oap_config_set_strict_headers(native, C.bool(c.StrictHeaders))
		},
		func(native *C.oap_config) C.oap_status {
			return C.oap_config_set_enforce_obj_header_on_objects(native, C.bool(c.EnforceObjHeaderOnObjects))
		},
		func(native *C.oap_config) C.oap_status {
			return C.oap_config_set_allow_pq_hello_flags(native, C.bool(c.AllowPQHelloFlags))
		},
		func(native *C.oap_config) C.oap_status {
			return C.oap_config_set_seq_rollover_policy(native, C.int32_t(c.SeqRolloverPolicy))
		},
		func(native *C.oap_config) C.oap_status {
			return C.oap_config_set_ack_window_frames(native, C.uint64_t(c.AckWindowFrames))
		},
		func(native *C.oap_config) C.oap_status {
			return C.oap_config_set_max_frame(native, C.uint64_t(c.MaxFrame))
		},
		func(native *C.oap_config) C.oap_status {
			if c.Features == nil {
				return C.oap_config_unset_features(native)
			}
			return C.oap_config_set_features(native, C.uint64_t(*c.Features))
		},
	}
}

func configError(native *C.oap_config, status C.oap_status) error {
	var refused C.oap_config_error
	if C.oap_config_get_error(native, &refused) != C.OAP_STATUS_OK {
		return StatusError(status)
	}
	return &ConfigError{
		Field: goText(refused.field, refused.field_len),
		Value: uint64(refused.value),
		Min:   uint64(refused.min),
		Max:   uint64(refused.max),
	}
}
