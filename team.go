package finegrain

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Workers of ForEach. To wake a sleeping core may take a tenth of a millisecond, as long as a small computation; so
// the workers of one call of ForEach stay awake for a moment, in case another follows, until their team is
// dismissed.

// linger is for how long a helper that has nothing to do stays awake: about what it takes to wake it.
const linger = 100 * time.Microsecond

// team is a caller and its helpers. At most one call is worked on at a time.
type team struct {
	dismissed atomic.Bool
	calls     atomic.Uint64 // that have begun; written under lock, looked at without

	lock    sync.Mutex
	current *call // nil between calls
	helpers int   // goroutines, whether at work or lingering
}

// call is a call of ForEach.
type call struct {
	context.Context
	n      int
	work   func(i int)
	places int // for helpers
	next   atomic.Int64
	group  sync.WaitGroup // of helpers at work; joined only while the call is its team's current one
}

// Together calls f with an Env whose calls of ForEach, made one after the other, share their workers: as soon as
// one ends the next can begin on all cores. It returns f's error.
func (e Env) Together(f func(Env) error) error {
	if e.team != nil {
		return f(e)
	}
	e.team = new(team)
	defer e.team.dismissed.Store(true)
	return f(e)
}

// ForEach calls work for 0 … n−1, in parallel and in any order, and stops early when e is done; then it
// returns e's error. All calls of work have returned when it returns.
func (e Env) ForEach(n int, work func(i int)) error {
	c := &call{Context: e.Context, n: n, work: work, places: min(e.Workers(), n) - 1}
	t := e.team
	if t == nil || !t.begin(c) { // or it is at work: this is a call from within another
		t = new(team)
		defer t.dismissed.Store(true)
		t.begin(c)
	}
	func() {
		defer t.end(c) // also if work panics
		c.run()        // the caller is one of the workers
	}()
	return e.Err() // asked when all work has ended: of work that e's end cut short, e is done by now
}

// run does what is left until there is nothing left to begin.
func (c *call) run() {
	for c.Err() == nil {
		i := int(c.next.Add(1)) - 1
		if i >= c.n {
			return
		}
		c.work(i)
	}
}

// begin makes c the current call and sees to its helpers, unless there is a current one.
func (t *team) begin(c *call) bool {
	t.lock.Lock()
	defer t.lock.Unlock()
	if t.current != nil {
		return false
	}
	t.current = c
	t.calls.Add(1)
	for ; t.helpers < c.places; t.helpers++ {
		go t.help()
	}
	return true
}

// end waits until nobody is at work on c.
func (t *team) end(c *call) {
	c.next.Store(int64(c.n)) // if work panicked, nothing more begins
	t.lock.Lock()
	t.current = nil
	t.lock.Unlock()
	c.group.Wait()
}

// join returns the current call, if it has a place left, and the number of calls so far.
func (t *team) join() (*call, uint64) {
	t.lock.Lock()
	defer t.lock.Unlock()
	c := t.current
	if c == nil || c.places <= 0 {
		return nil, t.calls.Load()
	}
	c.places--
	c.group.Add(1)
	return c, t.calls.Load()
}

// help is a helper: it works on one call after the other while they follow closely.
func (t *team) help() {
	for {
		c, seen := t.join()
		if c != nil {
			func() {
				defer c.group.Done() // also if work ends the goroutine
				c.run()
			}()
		}
		for start := time.Now(); t.calls.Load() == seen; runtime.Gosched() {
			if (t.dismissed.Load() || time.Since(start) > linger) && t.leave(seen) {
				return
			}
		}
	}
}

// leave takes a helper out of the team, unless a call has begun since, which may count on it.
func (t *team) leave(seen uint64) bool {
	t.lock.Lock()
	defer t.lock.Unlock()
	if t.calls.Load() != seen {
		return false
	}
	t.helpers--
	return true
}
