//go:build !(cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64)))

package oap

import (
	"errors"

	"oap.example/oap/internal/pure"
)

func (c *Config) check() error {
	_, err := c.pure()
	return err
}

// pure gives the settings; the defaults for a nil Config.
func (c *Config) pure() (pure.Config, error) {
	if c == nil {
		return pure.DefaultConfig(), nil
	}
	settings := pure.Config{
		StrictHeaders:             c.StrictHeaders,
		EnforceObjHeaderOnObjects: c.EnforceObjHeaderOnObjects,
		AllowPQHelloFlags:         c.AllowPQHelloFlags,
		SeqRolloverPolicy:         int32(c.SeqRolloverPolicy),
		AckWindowFrames:           c.AckWindowFrames,
		MaxFrame:                  c.MaxFrame,
	}
	if c.Features != nil {
		features := *c.Features
		settings.Features = &features
	}
	if wrong := settings.Check(); wrong != nil {
		return settings, &ConfigError{Field: wrong.Field, Value: wrong.Value, Min: wrong.Min, Max: wrong.Max}
	}
	if c.Monitor != nil {
		return settings, errors.New("oap: a Monitor needs cgo")
	}
	return settings, nil
}
