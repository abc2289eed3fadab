package pure

// Config holds the settings of a decoder or session.
type Config struct {
	StrictHeaders             bool
	EnforceObjHeaderOnObjects bool
	AllowPQHelloFlags         bool
	SeqRolloverPolicy         int32
	AckWindowFrames           uint64
	MaxFrame                  uint64
	Features                  *uint64
}

// DefaultConfig gives the defaults of rule 2a.1.
func DefaultConfig() Config {
	return Config{
		StrictHeaders:             true,
		EnforceObjHeaderOnObjects: true,
		AllowPQHelloFlags:         true,
		SeqRolloverPolicy:         SeqRolloverError,
		AckWindowFrames:           DefaultAckWindow,
		MaxFrame:                  MaxFrameBytes,
	}
}

// ConfigError is a setting that is out of its range.
type ConfigError struct {
	Field           string
	Value, Min, Max uint64
}

// Check gives the first setting that is out of its range.
func (c *Config) Check() *ConfigError {
	for _, setting := range [...]ConfigError{
		{"seq_rollover_policy", uint64(c.SeqRolloverPolicy), SeqRolloverError, SeqRolloverWrap},
		{"ack_window_frames", c.AckWindowFrames, 1, MaxAckWindow},
		{"max_frame", c.MaxFrame, MinMaxFrame, MaxFrameBytes},
	} {
		if setting.Value < setting.Min || setting.Value > setting.Max {
			return &setting
		}
	}
	return nil
}
