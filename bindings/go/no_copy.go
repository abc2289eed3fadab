package oap

// noCopy makes go vet report a copy of what has it: a copy would outlive the cleanup of the original.
type noCopy struct{}

// Lock and Unlock are what go vet looks for.
func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}
