package oap

// LiveHandles says how many handles of liboap are made and not yet freed.
func LiveHandles() int64 { return liveHandles.Load() }
