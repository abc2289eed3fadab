// Package oap speaks OAP/1, a small windowed frame protocol: HELLO | START | DATA | ACK | END | ERROR, at most 1 MiB a
// frame, credit by acknowledgement. It is liboap, called through cgo, or Go alone where cgo is off.
//
// From the bottom up:
//
//   - [Decoder] finds all frames of a buffer in one call and writes them into rows: numbers and offsets, no pointers,
//     no allocation. [Append] and [AppendRows] are its inverse.
//   - [Reader] and [Writer] do that over an [io.Reader] and an [io.Writer], a [Frame] at a time, and batch by
//     themselves.
//   - [Session] also keeps the protocol's rules, for both directions: handshake, streams, sequence, credit. No I/O.
//   - [Conn] is a connection over a [net.Conn], which waits, acknowledges and closes by itself: [Dial], [NewConn], [Server].
//     [Engine] is what decides in it, without I/O.
//
// # Ownership
//
// Bodies and texts of rows stand in the caller's buffer. A Frame from a Reader, a [Table] or a Conn, and its body, are
// valid until the next call that gives one; copy what you keep. liboap keeps no Go pointer and calls nothing back.
//
// A Decoder, Reader, Writer or Session belongs to one goroutine at a time; different ones are independent. A Conn is
// for one goroutine that receives and any number that send. Decoder, Reader, Session and Conn hold memory outside the
// Go heap: call Close. One that is forgotten is freed when the garbage collector finds it, but for a Conn, which stays.
//
// # Linking
//
// The package brings liboap as a static library for Linux and macOS on amd64 and arm64 and for Windows on amd64; the build tag
// musl takes that for musl, oap_system the liboap that pkg-config finds. In a clone of its repository it links what `make
// build` leaves below build/prefix.
//
// On other platforms, and with CGO_ENABLED=0, as in most builds for another platform, nothing is linked: the package holds the
// protocol in Go, with the same names, answers and errors. It has no NewMonitor then, and packages oaphttp and oapprometheus do
// not build.
package oap
