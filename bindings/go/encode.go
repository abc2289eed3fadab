package oap

import "oap.example/oap/internal/pure"

// Append appends the encoded frame to dst, apart from any session. The error is a [*RefusalError] where a peer would
// have to reject the frame; dst's content is as it was then.
func Append(dst []byte, frame Frame) ([]byte, error) {
	done := false
	switch f := frame.(type) {
	case *Data:
		dst, done = pure.AppendFast(dst, pure.KindData, f.Seq, f.Obj, f.Body)
	case *Ack:
		dst, done = pure.AppendFast(dst, pure.KindAck, f.UpTo, "", nil)
	}
	if done {
		return dst, nil
	}
	return appendSlow(dst, frame)
}

// AppendRows appends the encoded frames of rows to dst, apart from any session: the inverse of [Decoder.Decode], in one
// call of liboap where dst has room. Texts and bodies stand in buf, which dst must not overlap; HeaderLen is not read.
// n is how many rows were encoded: all, or those before the first that is bad. The error is then a [*RefusalError], or
// a [StatusError] where the row names bytes that buf does not have.
func AppendRows(dst []byte, rows []Row, buf []byte) (out []byte, n int, err error) {
	return appendRows(dst, rows, buf)
}
