package pure

// Fault is the rule that a frame breaks: its code, the field, and the limit where there is one.
type Fault struct {
	Code          uint32
	Field, Detail string
	Limit         uint64
	HasLimit      bool
}

func fault(code uint32, field, detail string) *Fault {
	return &Fault{Code: code, Field: field, Detail: detail}
}

func limited(code uint32, field, detail string, limit uint64) *Fault {
	return &Fault{Code: code, Field: field, Detail: detail, Limit: limit, HasLimit: true}
}

// Reject is the verdict on what was received: a Fault and where in the stream it stands.
type Reject struct {
	Fault
	// Offset is where the rejected frame starts, At how many bytes of the stream it took to know.
	Offset, At uint64
}
