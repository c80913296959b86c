package reductions

import (
	"math/big"

	"finegrain"
)

// answered is the plan of an instance that needs no oracle.
func answered[T, B, A any](answer A) Plan[T, B, A] {
	return Plan[T, B, A]{
		Each:   func(func(int, T) bool) {},
		Reader: func() Reader[B, A] { return &single[B, A]{answer: answer} },
	}
}

// one is the plan of a many-one reduction: one query, and a map from its answer.
func one[T, B, A any](size finegrain.Size, query T, back func(B) (A, error)) Plan[T, B, A] {
	return Plan[T, B, A]{
		Queries: Queries{{big.NewInt(1), size}},
		Each:    func(yield func(int, T) bool) { yield(0, query) },
		Reader:  func() Reader[B, A] { return &single[B, A]{back: back} },
	}
}

// single reads the answer of at most one query.
type single[B, A any] struct {
	back   func(B) (A, error)
	answer A
	next   int
}

func (s *single[B, A]) Next() int { return s.next }

func (s *single[B, A]) Take(b B) (err error) {
	s.next = 1
	s.answer, err = s.back(b)
	return err
}

func (s *single[B, A]) Answer() (A, error) { return s.answer, nil }
