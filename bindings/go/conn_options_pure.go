//go:build !(cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64)))

package oap

import (
	"time"

	"oap.example/oap/internal/pure"
)

func (o *ConnOptions) native() (pure.ConnectionOptions, error) {
	options := pure.DefaultConnectionOptions()
	if o == nil {
		return options, nil
	}
	for _, setting := range []struct {
		field *uint64
		value uint64
	}{
		{&options.HandshakeTimeoutNs, uint64(o.HandshakeTimeout)},
		{&options.IdleTimeoutNs, uint64(max(o.IdleTimeout, 0))},
		{&options.StallTimeoutNs, uint64(o.StallTimeout)},
		{&options.CloseTimeoutNs, uint64(o.CloseTimeout)},
		{&options.ReceiveBuffer, o.ReceiveBuffer},
		{&options.ReceiveLimit, o.ReceiveLimit},
		{&options.SendBuffer, o.SendBuffer},
	} {
		if setting.value != 0 {
			*setting.field = setting.value
		}
	}
	options.ManualAck = o.ManualAck
	if wrong := options.Check(); wrong != nil {
		return options, &ConfigError{Field: wrong.Field, Value: wrong.Value, Min: wrong.Min, Max: wrong.Max}
	}
	return options, nil
}

func (o *ConnOptions) closeTimeout() time.Duration {
	options, _ := o.native()
	return time.Duration(options.CloseTimeoutNs)
}

func (o *ConnOptions) sendBuffer() int {
	options, _ := o.native() // checked by NewEngine
	return int(options.SendBuffer)
}
