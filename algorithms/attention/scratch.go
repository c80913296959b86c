package attention

import "sync"

// scratch hands working memory to the parts of Env.ForEach: as many pieces come into being as parts run at a
// time, and each is used again by the parts that follow. What pieces count is added up over all.
type scratch[T any] struct {
	fresh func() *T

	lock      sync.Mutex
	idle, all []*T
}

// use lends a piece to work.
func (s *scratch[T]) use(work func(*T)) {
	s.lock.Lock()
	var piece *T
	if last := len(s.idle) - 1; last >= 0 {
		piece, s.idle = s.idle[last], s.idle[:last]
	}
	s.lock.Unlock()

	if piece == nil {
		piece = s.fresh()
		s.lock.Lock()
		s.all = append(s.all, piece)
		s.lock.Unlock()
	}
	work(piece)

	s.lock.Lock()
	s.idle = append(s.idle, piece)
	s.lock.Unlock()
}
