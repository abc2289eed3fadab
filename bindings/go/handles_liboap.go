//go:build cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64))

package oap

import "C"

import "sync/atomic"

// liveHandles counts what is made in liboap and not yet freed: tests see by it that nothing leaks.
var liveHandles atomic.Int64
