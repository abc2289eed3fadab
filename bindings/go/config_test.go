package oap_test

import (
	"errors"
	"net"
	"testing"

	"oap.example/oap"
)

func TestConfigErrorNamesFieldValueAndRange(t *testing.T) {
	for _, c := range []struct {
		change func(*oap.Config)
		want   oap.ConfigError
	}{
		{func(c *oap.Config) { c.AckWindowFrames = 0 }, oap.ConfigError{"ack_window_frames", 0, 1, oap.MaxAckWindow}},
		{func(c *oap.Config) { c.AckWindowFrames = 1 << 40 }, oap.ConfigError{"ack_window_frames", 1 << 40, 1, oap.MaxAckWindow}},
		{func(c *oap.Config) { c.MaxFrame = 4095 }, oap.ConfigError{"max_frame", 4095, oap.MinMaxFrame, oap.MaxFrameBytes}},
		{func(c *oap.Config) { c.MaxFrame = oap.MaxFrameBytes + 1 }, oap.ConfigError{"max_frame", oap.MaxFrameBytes + 1, oap.MinMaxFrame, oap.MaxFrameBytes}},
		{func(c *oap.Config) { c.SeqRolloverPolicy = 2 }, oap.ConfigError{"seq_rollover_policy", 2, 0, 1}},
	} {
		config := oap.DefaultConfig()
		c.change(config)
		var got *oap.ConfigError
		if err := config.Validate(); !errors.As(err, &got) || *got != c.want {
			t.Errorf("%v, want %v", err, &c.want)
		}
		for _, make := range []func() error{
			func() error { _, err := oap.NewDecoder(config); return err },
			func() error { _, err := oap.NewSession(config); return err },
			func() error { _, err := oap.NewReader(stalled{}, config); return err },
			func() error { _, err := oap.NewConn(&net.TCPConn{}, &oap.ConnOptions{Config: config}); return err },
		} {
			if err := make(); !errors.As(err, &got) {
				t.Errorf("made with a bad config: %v", err)
			}
		}
	}
}

func TestDefaultConfigIsWhatTheLibraryMeansByNone(t *testing.T) {
	if err := oap.DefaultConfig().Validate(); err != nil {
		t.Fatal(err)
	}
	implicit := must(newSession(t, nil).Hello())
	explicit := must(newSession(t, oap.DefaultConfig()).Hello())
	if *implicit.AckWindow != *explicit.AckWindow || implicit.MaxFrame != explicit.MaxFrame || implicit.Features != nil ||
		explicit.Features != nil {
		t.Errorf("%v, want %v", explicit, implicit)
	}
	// The settings that no HELLO says show in what is rejected.
	reserved := []byte{0, 0, 0, 10, 4, 1, 0, 2, 8, 1}
	pq := wireOf(&oap.Hello{Version: 1, MaxFrame: 4096, Features: ptr(uint64(1))})
	for _, config := range []*oap.Config{nil, oap.DefaultConfig()} {
		rows := make([]oap.Row, 1)
		if _, _, err := newDecoder(t, config).Decode(reserved, rows); !errors.Is(err, oap.ErrHeaderMalformed) {
			t.Errorf("strict_headers: %v", err)
		}
		if n, _, err := newDecoder(t, config).Decode(pq, rows); n != 1 || err != nil {
			t.Errorf("allow_pq_hello_flags: %v", err)
		}
		a, _ := established(t, config, nil)
		wire := must(a.Send(nil, &oap.Start{Stream: "objects"}))
		if _, err := a.Send(wire, &oap.Data{Seq: 1}); !errors.Is(err, oap.ErrMissingObj) {
			t.Errorf("enforce_obj_header_on_objects: %v", err)
		}
	}
}

func TestConfigTakesEffect(t *testing.T) {
	config := oap.DefaultConfig()
	config.StrictHeaders = false
	config.AllowPQHelloFlags = false
	config.MaxFrame = 5000
	config.AckWindowFrames = 9
	config.Features = ptr(uint64(3))
	hello := must(newSession(t, config).Hello())
	if hello.MaxFrame != 5000 || *hello.AckWindow != 9 || *hello.Features != 3 {
		t.Error(hello)
	}
	rows := make([]oap.Row, 1)
	if n, _, err := newDecoder(t, config).Decode([]byte{0, 0, 0, 10, 4, 1, 0, 2, 8, 1}, rows); n != 1 || err != nil {
		t.Errorf("relaxed: %v", err)
	}
	if _, _, err := newDecoder(t, config).Decode(wireOf(hello), rows); !errors.Is(err, oap.ErrBadHelloPQ) {
		t.Errorf("PQ flags: %v", err)
	}
}
