//go:build cgo && oap_system

package oap

// #cgo CFLAGS: -I${SRCDIR}
// #cgo pkg-config: oap
import "C"
