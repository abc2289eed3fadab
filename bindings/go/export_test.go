//go:build cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64))

package oap

import "unsafe"

// LiveHandles says how many handles of liboap are made and not yet freed.
func LiveHandles() int64 { return liveHandles.Load() }

// StagedPointer is what Recv holds as the address of staged bytes while it runs.
func StagedPointer(s *Session, chunk []byte, rows []Row) uintptr {
	return uintptr(unsafe.Pointer(s.native.receive(s, chunk, rows).staged))
}
