package pure

// Decoder pulls frames off the front of buffers that the caller owns.
type Decoder struct {
	config Config
	parser parser
}

// NewDecoder makes a decoder at the start of a stream.
func NewDecoder(config Config) *Decoder { return &Decoder{config: config} }

// Decode finds the whole frames at the front of buf, as many as there are rows.
func (d *Decoder) Decode(buf []byte, rows []Row) (Progress, *Reject) {
	return d.parser.decode(&d.config, nil, buf, rows)
}

// Finish ends the input; rest is what no Decode has consumed.
func (d *Decoder) Finish(rest []byte) *Reject { return d.parser.finish(len(rest)) }

// Reset goes back to the start of a new stream.
func (d *Decoder) Reset() { d.parser = parser{} }
