package oap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
)

// ErrServerClosed is what Serve returns after Shutdown or Close.
var ErrServerClosed = errors.New("oap: the server is closed")

const (
	// DefaultMaxConns is how many connections a Server has at once, where its host says nothing else.
	DefaultMaxConns = 1024
	// DefaultServerIdleTimeout is the IdleTimeout of a Server's connections, where its host says nothing else.
	DefaultServerIdleTimeout = 5 * time.Minute

	// The pauses after accepts that failed.
	firstPause   = 5 * time.Millisecond
	longestPause = time.Second
)

// Server accepts connections and handles each in a goroutine of its own. Nothing that a peer does ends it, and a handler
// that fails or panics ends its own connection alone. Set the fields before Serve.
type Server struct {
	// Handler handles a connection. Its ctx is done when the connection has ended. When it returns, the connection is
	// closed as [Conn.Close] does. [io.EOF] and [ErrClosed] from it are no failures.
	Handler func(ctx context.Context, conn *Conn) error
	// Options are those of each connection; nil means the defaults, and an IdleTimeout of 5 minutes.
	Options *ConnOptions
	// MaxConns is how many connections there are at once; others wait to be accepted. 0 means DefaultMaxConns.
	MaxConns int
	// OnError is told of an accept that failed and is tried again, and of a handler's error or panic. It must not block.
	// Nil logs them.
	OnError func(error)
	// ErrorLog is where nil OnError logs to; nil means the standard logger.
	ErrorLog *log.Logger

	mu        sync.Mutex
	listeners map[net.Listener]struct{}
	conns     map[*Conn]struct{}
	closed    bool
	// slots has an item for each connection.
	slots chan struct{}
	// stopped is closed when no more is accepted.
	stopped  chan struct{}
	handlers sync.WaitGroup
}

// Serve serves with a [Server] of these options until ctx is done, then shuts it down, for at most the options'
// CloseTimeout, and returns ctx.Err(). It panics where listener or handler is nil.
func Serve(ctx context.Context, listener net.Listener, options *ConnOptions, handler func(context.Context, *Conn) error) error {
	if listener == nil || handler == nil {
		panic("oap: Serve: listener or handler is nil")
	}
	server := &Server{Handler: handler, Options: options}
	within := 10 * time.Second
	if options != nil && options.CloseTimeout > 0 {
		within = options.CloseTimeout
	}
	shut := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(shut)
		end, cancel := context.WithTimeout(context.Background(), within)
		defer cancel()
		_ = server.Shutdown(end)
	})
	err := server.Serve(listener)
	if stop() {
		return errors.Join(err, server.Close())
	}
	<-shut
	return ctx.Err()
}

// Serve accepts from the listener until [Server.Shutdown] or [Server.Close], which it answers with [ErrServerClosed], or
// until the listener fails for good. An accept that fails for a time, for want of descriptors say, is tried again after a
// growing pause. It closes the listener. It panics where listener or Handler is nil.
func (s *Server) Serve(listener net.Listener) error {
	if listener == nil || s.Handler == nil {
		panic("oap: Server.Serve: listener or Handler is nil")
	}
	defer listener.Close()
	options := s.connOptions()
	if err := options.Validate(); err != nil {
		return err
	}
	if !s.open(listener) {
		return ErrServerClosed
	}
	defer s.forgetListener(listener)
	pause := firstPause
	for s.waitForSlot() {
		raw, err := listener.Accept()
		switch {
		case err == nil:
			pause = firstPause
			s.admit(raw, options)
		case s.isClosed():
			return ErrServerClosed
		case !passes(err):
			return err
		default:
			<-s.slots
			s.tell(fmt.Errorf("oap: an accept failed: %w", err))
			s.sleep(pause)
			pause = min(2*pause, longestPause)
		}
	}
	return ErrServerClosed
}

func (s *Server) connOptions() *ConnOptions {
	var options ConnOptions
	if s.Options != nil {
		options = *s.Options
	}
	if options.IdleTimeout == 0 {
		options.IdleTimeout = DefaultServerIdleTimeout
	}
	return &options
}

// open notes the listener; false: the server is closed.
func (s *Server) open(listener net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prepare()
	if !s.closed {
		s.listeners[listener] = struct{}{}
	}
	return !s.closed
}

// prepare makes what a zero Server lacks.
func (s *Server) prepare() {
	if s.stopped != nil {
		return
	}
	most := s.MaxConns
	if most <= 0 {
		most = DefaultMaxConns
	}
	s.listeners, s.conns = map[net.Listener]struct{}{}, map[*Conn]struct{}{}
	s.slots, s.stopped = make(chan struct{}, most), make(chan struct{})
}

func (s *Server) forgetListener(listener net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, listener)
}

func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *Server) waitForSlot() bool {
	select {
	case s.slots <- struct{}{}:
		return true
	case <-s.stopped:
		return false
	}
}

func (s *Server) sleep(pause time.Duration) {
	select {
	case <-time.After(pause):
	case <-s.stopped:
	}
}

// passes tells whether an accept may go well later.
func passes(err error) bool {
	var may interface{ Temporary() bool }
	if errors.As(err, &may) && may.Temporary() {
		return true
	}
	for _, passing := range []syscall.Errno{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED, syscall.ECONNRESET,
		syscall.EPROTO, syscall.ENETDOWN, syscall.EHOSTDOWN, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EPERM,
	} {
		if errors.Is(err, passing) {
			return true
		}
	}
	return false
}

// admit has an accepted connection handled. Its slot is taken.
func (s *Server) admit(raw net.Conn, options *ConnOptions) {
	conn, err := NewConn(raw, options)
	if err != nil {
		<-s.slots
		_ = raw.Close()
		s.tell(err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		<-s.slots
		go conn.Abort()
		return
	}
	s.conns[conn] = struct{}{}
	s.handlers.Add(1)
	go s.handle(conn)
}

func (s *Server) handle(conn *Conn) {
	defer s.handlers.Done()
	defer s.remove(conn)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-conn.done
		cancel()
	}()
	if err := s.call(ctx, conn); err != nil && err != io.EOF && !errors.Is(err, ErrClosed) {
		s.tell(fmt.Errorf("oap: a handler failed: %w", err))
	}
	_ = conn.Close() // its reason is the handler's to ask for
}

// call has a panic become an error.
func (s *Server) call(ctx context.Context, conn *Conn) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("panic: %v\n%s", value, debug.Stack())
		}
	}()
	return s.Handler(ctx, conn)
}

func (s *Server) remove(conn *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, conn)
	<-s.slots
}

func (s *Server) tell(err error) {
	defer func() { _ = recover() }() // a hook that panics is no reason to stop serving
	switch {
	case s.OnError != nil:
		s.OnError(err)
	case s.ErrorLog != nil:
		s.ErrorLog.Print(err)
	default:
		log.Print(err)
	}
}

// Conns returns the connections that are open now. Each can be asked and closed.
func (s *Server) Conns() []*Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	conns := make([]*Conn, 0, len(s.conns))
	for conn := range s.conns {
		conns = append(conns, conn)
	}
	return conns
}

// stop accepts no more.
func (s *Server) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prepare()
	if s.closed {
		return
	}
	s.closed = true
	close(s.stopped)
	for listener := range s.listeners {
		_ = listener.Close()
	}
}

// Close ends the server and its connections at once. It does not wait for handlers.
func (s *Server) Close() error {
	s.stop()
	for _, conn := range s.Conns() {
		conn.Abort()
	}
	return nil
}

// Shutdown accepts no more and closes what is idle; open streams may finish. Where ctx has a deadline, what is open half of
// the time before it, or the options' CloseTimeout where that is shorter, is closed as [Conn.Close] does; when ctx is done,
// what is left is aborted, and Shutdown returns its error. It returns nil once all connections and handlers are done.
func (s *Server) Shutdown(ctx context.Context) error {
	s.stop()
	for _, conn := range s.Conns() {
		conn.shutWhenIdle()
	}
	empty := make(chan struct{})
	go func() {
		s.handlers.Wait()
		close(empty)
	}()
	late, stop := s.lastCall(ctx)
	defer stop()
	select {
	case <-empty:
		return nil
	case <-late:
		for _, conn := range s.Conns() {
			go func() { _ = conn.Close() }()
		}
	case <-ctx.Done():
	}
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
		_ = s.Close()
		return ctx.Err()
	}
}

// lastCall tells when open streams are closed though they are not finished.
func (s *Server) lastCall(ctx context.Context) (<-chan time.Time, func() bool) {
	end, limited := ctx.Deadline()
	if !limited {
		return nil, func() bool { return true }
	}
	within := time.Until(end)
	timer := time.NewTimer(within - min(within/2, s.connOptions().closeTimeout()))
	return timer.C, timer.Stop
}

func (c *Conn) shutWhenIdle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closeWhenIdle = true
	c.turnUnlessEnded()
}
