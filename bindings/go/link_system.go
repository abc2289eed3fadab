//go:build oap_system

package oap

// #cgo pkg-config: oap
import "C"
