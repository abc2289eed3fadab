//go:build !(cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64)))

package oap

// Monitor counts for a process; it stands in liboap. Without cgo there is none: NewMonitor does not exist.
type Monitor struct{ _ noCopy }

// tally has nothing to count for.
type tally struct{ monitor *Monitor }

func (t *tally) append(dst []byte, frame Frame) ([]byte, error) { return Append(dst, frame) }

func (t *tally) publish() {}
