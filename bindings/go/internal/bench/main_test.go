package main

import "testing"

// A candidate checks what it reads and writes: it panics where it does not do the work.
func TestEveryCandidateDoesTheWork(t *testing.T) {
	seen := make(map[string]bool)
	for _, group := range groups() {
		for _, c := range group {
			c.run()
			seen[c.work] = true
		}
	}
	for _, work := range []string{"tiny", "ack", "obj", "obj64k", "split", "encode", "empty", "one", "sixtyfour", "object"} {
		if !seen[work] {
			t.Errorf("no candidate does %s", work)
		}
	}
}
