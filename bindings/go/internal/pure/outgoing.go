package pure

// outgoing holds what waits to be written, in order: encoded frames, and bodies that lie with the host.
type outgoing struct {
	bytes []byte
	// written counts bytes of these.
	written   int
	bodies    []ownBody
	bodyBytes int
}

// ownBody lies with the host: in front of that byte.
type ownBody struct{ at, left int }

// Piece is the next thing to write: bytes or, where they are nil, so many of the host's own.
type Piece struct {
	Bytes []byte
	Len   int
}

// keptBytes is memory that an idle connection may keep for nothing.
const keptBytes = 16 << 10

func (o *outgoing) len() int { return len(o.bytes) - o.written + o.bodyBytes }

func (o *outgoing) isEmpty() bool { return o.len() == 0 }

// pushBody: a body of the host's follows what is queued.
func (o *outgoing) pushBody(size int) {
	if size > 0 {
		o.bodies = append(o.bodies, ownBody{len(o.bytes), size})
		o.bodyBytes += size
	}
}

func (o *outgoing) pieces(yield func(Piece) bool) {
	at := o.written
	for _, body := range o.bodies {
		if body.at > at && !yield(Piece{o.bytes[at:body.at], body.at - at}) {
			return
		}
		at = body.at
		if !yield(Piece{nil, body.left}) {
			return
		}
	}
	if at < len(o.bytes) {
		yield(Piece{o.bytes[at:], len(o.bytes) - at})
	}
}

// advance: so many bytes are written.
func (o *outgoing) advance(count int) {
	for len(o.bodies) > 0 {
		body := &o.bodies[0]
		before := min(body.at-o.written, count)
		o.written += before
		count -= before
		ofBody := min(body.left, count)
		body.left -= ofBody
		count -= ofBody
		o.bodyBytes -= ofBody
		if body.left > 0 {
			return
		}
		o.bodies = append(o.bodies[:0], o.bodies[1:]...)
	}
	o.written = min(o.written+count, len(o.bytes))
	o.forgetWritten()
}

func (o *outgoing) forgetWritten() {
	switch {
	case o.written == len(o.bytes) && cap(o.bytes) > keptBytes:
		o.bytes, o.written = nil, 0
	case o.written == len(o.bytes):
		o.bytes, o.written = o.bytes[:0], 0
	case o.written >= len(o.bytes)/2:
		o.bytes = o.bytes[:copy(o.bytes, o.bytes[o.written:])]
		for i := range o.bodies {
			o.bodies[i].at -= o.written
		}
		o.written = 0
	}
}
