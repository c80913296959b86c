package finegrain

import "math/rand/v2"

// Two is a pair of answers.
type Two[A, B any] struct {
	First  A
	Second B
}

// Both is the problem of answering p and q on the same instance, which is p's where they differ in what
// an instance is. It says yes if p does. Its adversary lets an adversary of each work on its part; a wrong
// oracle is wrong in one part.
func Both[I, A, B any](name, doc string, p Problem[I, A], q Problem[I, B]) Problem[I, Two[A, B]] {
	both := Problem[I, Two[A, B]]{
		Name: name,
		Doc:  doc,
		Size: p.Size,
		Promise: func(x I) error {
			if err := p.MeetsPromise(x); err != nil {
				return err
			}
			return q.MeetsPromise(x)
		},
		Solve: func(env Env, x I) (Two[A, B], error) {
			a, err := p.Solve(env, x)
			if err != nil {
				return Two[A, B]{}, err
			}
			b, err := q.Solve(env, x)
			return Two[A, B]{a, b}, err
		},
		Check: func(x I, answer Two[A, B]) error {
			if err := p.Check(x, answer.First); err != nil {
				return err
			}
			return q.Check(x, answer.Second)
		},
		Yes:    func(answer Two[A, B]) bool { return p.Yes(answer.First) },
		Sample: p.Sample,
		Adversary: func(r *rand.Rand) Adversary[I, Two[A, B]] {
			first, second := p.Adversary(r), q.Adversary(r)
			return Adversary[I, Two[A, B]]{
				Name:  first.Name + " and " + second.Name,
				Reach: bothReach(first.Reach, second.Reach),
				Answer: func(x I, answer Two[A, B]) Two[A, B] {
					return Two[A, B]{first.Answer(x, answer.First), second.Answer(x, answer.Second)}
				},
			}
		},
	}
	for _, wrong := range p.Wrong {
		both.Wrong = append(both.Wrong, func(x I, answer Two[A, B]) Two[A, B] {
			answer.First = wrong(x, answer.First)
			return answer
		})
	}
	for _, wrong := range q.Wrong {
		both.Wrong = append(both.Wrong, func(x I, answer Two[A, B]) Two[A, B] {
			answer.Second = wrong(x, answer.Second)
			return answer
		})
	}
	return both
}

// bothReach promises what both promise; nil promises everything.
func bothReach[I any](first, second func(I) error) func(I) error {
	switch {
	case first == nil:
		return second
	case second == nil:
		return first
	}
	return func(x I) error {
		if err := first(x); err != nil {
			return err
		}
		return second(x)
	}
}
