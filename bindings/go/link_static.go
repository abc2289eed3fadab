//go:build oap_static

package oap

// #cgo CFLAGS: -I${SRCDIR}/../../include
// #cgo LDFLAGS: ${SRCDIR}/../../build/prefix/lib/liboap.a -lutil -lrt -lpthread -lm -ldl
import "C"
