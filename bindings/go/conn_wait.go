package oap

import (
	"context"
	"sync"
)

// waiter is a goroutine that waits until something is so. ready is asked with the connection's mu held.
type waiter struct {
	ready func() bool
	woken chan struct{}
}

var waiterPool = sync.Pool{New: func() any { return &waiter{woken: make(chan struct{}, 1)} }}

// await waits until ready says yes, the connection has ended, or ctx is done. mu is held when it is called and when it
// returns, not while it waits.
func (c *Conn) await(ctx context.Context, ready func() bool) (err error) {
	if ready() || c.ended {
		return nil
	}
	w := waiterPool.Get().(*waiter)
	w.ready = ready
	c.waiters = append(c.waiters, w)
	c.mu.Unlock()
	select {
	case <-w.woken:
	case <-ctx.Done():
		err = ctx.Err()
	}
	c.mu.Lock()
	if err != nil && !c.forget(w) {
		<-w.woken
	}
	waiterPool.Put(w)
	return err
}

// forget takes a waiter off the list; false: it has been woken.
func (c *Conn) forget(w *waiter) bool {
	for i, other := range c.waiters {
		if other == w {
			c.unlist(i)
			return true
		}
	}
	return false
}

// unlist keeps the order: who waited first goes first.
func (c *Conn) unlist(i int) {
	last := len(c.waiters) - 1
	copy(c.waiters[i:], c.waiters[i+1:])
	c.waiters[last] = nil
	c.waiters = c.waiters[:last]
}

// wake wakes all who can go on; mu is held.
func (c *Conn) wake() {
	for i := 0; i < len(c.waiters); {
		w := c.waiters[i]
		if !c.ended && !w.ready() {
			i++
			continue
		}
		c.unlist(i)
		w.ready = nil
		w.woken <- struct{}{}
	}
}
