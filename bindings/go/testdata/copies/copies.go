// Package copies copies what must not be copied: go vet has to say so of each line.
package copies

import "oap.example/oap"

// All takes each handle's value.
func All(d *oap.Decoder, s *oap.Session, r *oap.Reader, w *oap.Writer, m *oap.Monitor, c *oap.Conn, e *oap.Engine) {
	decoder := *d
	session := *s
	reader := *r
	writer := *w
	monitor := *m
	conn := *c
	engine := *e
	_, _, _, _, _, _, _ = &decoder, &session, &reader, &writer, &monitor, &conn, &engine
}
