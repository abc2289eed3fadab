//go:build cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64))

package oap

// #include <oap.h>
import "C"

import "time"

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

func (o *ConnOptions) closeTimeout() time.Duration {
	limits, _ := o.native()
	return time.Duration(limits.close_timeout_ns)
}

func (o *ConnOptions) sendBuffer() int {
	limits, _ := o.native() // checked by NewEngine
	return int(limits.send_buffer)
}
