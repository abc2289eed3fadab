// Package pure is OAP/1 in Go alone: what package oap stands on where cgo is off. Its files follow those of the core, its
// constants are generated from include/oap.h, and it is held to liboap by the same vectors and by fuzzing beside it.
package pure
