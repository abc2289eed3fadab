//go:build cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64))

package oap

// #include <oap.h>
import "C"

func (c *Config) check() error {
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
