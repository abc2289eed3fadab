//go:build !(cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64)))

package oap

import (
	"unsafe"

	"oap.example/oap/internal/pure"
)

type nativeDecoder struct{ decoder *pure.Decoder }

func openDecoder(owner *Decoder, config *Config) error {
	settings, err := config.pure()
	if err == nil {
		owner.native.decoder = pure.NewDecoder(settings)
	}
	return err
}

func (n *nativeDecoder) close() { n.decoder = nil }

func (n *nativeDecoder) decode(_ *Decoder, buf []byte, rows []Row) (found, error) {
	if n.decoder == nil {
		return found{}, ErrClosed
	}
	run, reject := n.decoder.Decode(buf, rowsOf(rows))
	if reject != nil {
		return found{}, rejectOf(reject)
	}
	return found{run.Rows, run.Consumed, run.Need, run.More}, nil
}

func (n *nativeDecoder) finish(_ *Decoder, rest []byte) error {
	if n.decoder == nil {
		return ErrClosed
	}
	return maybeReject(n.decoder.Finish(rest))
}

func (n *nativeDecoder) reset(*Decoder) error {
	if n.decoder == nil {
		return ErrClosed
	}
	n.decoder.Reset()
	return nil
}

// rowsOf passes the rows on: a Row is a pure.Row.
func rowsOf(rows []Row) []pure.Row {
	return unsafe.Slice((*pure.Row)(unsafe.Pointer(unsafe.SliceData(rows))), len(rows))
}
