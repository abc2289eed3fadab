package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"oap.example/oap"
)

// arguments are the options by name; a flag counts as 1.
type arguments map[string]uint64

var (
	flags  = map[string]bool{"echo": true, "nowait": true}
	values = map[string]bool{
		"port": true, "slow": true, "chunk": true, "window": true, "max-frame": true, "receive-buffer": true,
		"send-buffer": true, "handshake": true, "idle": true, "stall": true, "close": true, "max-connections": true,
	}
)

// parse gives the options, and the words that are none.
func parse(given []string) (args arguments, words []string, err error) {
	args = arguments{}
	for ; len(given) > 0; given = given[1:] {
		name, isOption := strings.CutPrefix(given[0], "--")
		switch {
		case !isOption:
			words = append(words, given[0])
		case flags[name]:
			args[name] = 1
		case values[name] && len(given) > 1:
			if args[name], err = strconv.ParseUint(given[1], 10, 63); err != nil {
				return nil, nil, err
			}
			given = given[1:]
		default:
			return nil, nil, fmt.Errorf("--%s is no option, or needs a value", name)
		}
	}
	return args, words, nil
}

func (a arguments) ms(name string) time.Duration { return time.Duration(a[name]) * time.Millisecond }

// options are those of a connection; what is not given has its default.
func (a arguments) options() *oap.ConnOptions {
	options := &oap.ConnOptions{
		HandshakeTimeout: a.ms("handshake"),
		IdleTimeout:      a.ms("idle"),
		StallTimeout:     a.ms("stall"),
		CloseTimeout:     a.ms("close"),
		ReceiveBuffer:    a["receive-buffer"],
		SendBuffer:       a["send-buffer"],
		Chunk:            int(a["chunk"]),
	}
	_, setsWindow := a["window"]
	_, setsFrame := a["max-frame"]
	if setsWindow || setsFrame {
		options.Config = oap.DefaultConfig()
		options.Config.AckWindowFrames = oap.DefaultConnWindow
	}
	if setsWindow {
		options.Config.AckWindowFrames = a["window"]
	}
	if setsFrame {
		options.Config.MaxFrame = a["max-frame"]
	}
	return options
}
