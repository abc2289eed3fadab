package oap

import "sync/atomic"

// liveHandles counts what is made in liboap and not yet freed: tests see by it that nothing leaks.
var liveHandles atomic.Int64

// noCopy makes go vet report a copy of what has it: a copy would outlive the cleanup of the original.
type noCopy struct{}

// Lock and Unlock are what go vet looks for.
func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}
