//go:build !cgo

package main

// monitorOperation: a Monitor needs liboap, and the runner does not ask this testee for one.
func monitorOperation(f *fields) func() (any, error) {
	f.fail("op", errUsage)
	return nil
}
