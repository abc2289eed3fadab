//go:build cgo && !oap_system && ((((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64))

package oap

// In this repository alone: in a released module one file a platform stands here instead, which `bindings/go/pack` writes.

// #cgo CFLAGS: -I${SRCDIR}
// #cgo LDFLAGS: ${SRCDIR}/../../build/prefix/lib/liboap.a
// #cgo linux LDFLAGS: -lutil -lrt -lpthread -lm -ldl
import "C"
