//go:build !oap_static

package oap

// #cgo pkg-config: oap
import "C"
