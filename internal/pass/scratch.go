package pass

import "sync"

// Scratch hands working memory to the parts of Env.ForEach: as many pieces come into being as parts run at a
// time, and each is used again by the parts that follow. What pieces count is added up over All.
type Scratch[T any] struct {
	Fresh func() *T

	lock      sync.Mutex
	idle, all []*T
}

// All returns the pieces that came into being, in no order; no part may be running.
func (s *Scratch[T]) All() []*T { return s.all }

// Use lends a piece to work.
func (s *Scratch[T]) Use(work func(*T)) {
	s.lock.Lock()
	var piece *T
	if last := len(s.idle) - 1; last >= 0 {
		piece, s.idle = s.idle[last], s.idle[:last]
	}
	s.lock.Unlock()

	if piece == nil {
		piece = s.Fresh()
		s.lock.Lock()
		s.all = append(s.all, piece)
		s.lock.Unlock()
	}
	work(piece)

	s.lock.Lock()
	s.idle = append(s.idle, piece)
	s.lock.Unlock()
}
