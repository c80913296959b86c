package finegrain

import "math/rand/v2"

// Problem is a computational problem: what an instance is, what a correct answer is, and the slow way to
// one. Decision, search and counting over the same instances are separate Problems, since a reduction
// between two of them says nothing of the others.
//
// Everything but Promise is required. Solve is the definition, run directly; it is slow on purpose, and
// every faster algorithm is judged against it.
type Problem[I, A any] struct {
	Name    string
	Doc     string // one sentence: given …, decide …
	Size    func(I) Size
	Promise func(I) error // nil if the instance is legal; the field itself may be nil: all instances are
	Solve   func(Env, I) (A, error)
	Check   func(I, A) error // nil if the answer is correct; an ε is a field of the instance
	Yes     func(A) bool     // whether the answer says yes; a count says yes if it is positive

	// Sample draws an instance of about the given size, 1 being the smallest of interest and growing
	// with the size; yes- and no-instances must both be frequent.
	Sample func(r *rand.Rand, size int) I

	// Adversary draws an adversary: an oracle that is always correct and never helpful.
	Adversary func(*rand.Rand) Adversary[I, A]

	// Wrong lists oracles that are not correct. Each maps an instance and its correct answer to an
	// incorrect one. A reduction that uses its oracle must come out wrong, or refuse, under one of them.
	Wrong []func(I, A) A
}

// Adversary turns the answer of Problem.Solve into another correct answer, chosen to hurt: the least
// convenient witness, or every output ε off in the worst direction. One is drawn for each run of a
// reduction and may keep state from call to call.
type Adversary[I, A any] struct {
	Name   string
	Reach  func(I) error // what it is willing to promise; nil: everything
	Answer func(I, A) A
}

// MeetsPromise returns nil if the instance is legal.
func (p Problem[I, A]) MeetsPromise(x I) error {
	if p.Promise == nil {
		return nil
	}
	return p.Promise(x)
}

// Oracle answers instances of a problem. A reduction asks it and never knows which algorithm is inside.
type Oracle[I, A any] struct {
	Name  string
	Reach func(I) error // nil if it promises a correct answer to the instance; the field may be nil: see Promises
	Ask   func(Env, I) (A, error)
}

// Promises returns nil if the oracle promises a correct answer to this instance. A nil Reach promises all.
func (o Oracle[I, A]) Promises(x I) error {
	if o.Reach == nil {
		return nil
	}
	return o.Reach(x)
}

// DefinitionOracle answers by the problem's own definition.
func (p Problem[I, A]) DefinitionOracle() Oracle[I, A] {
	return Oracle[I, A]{Name: p.Name + " by definition", Reach: p.MeetsPromise, Ask: p.Solve}
}

// AdversarialOracle answers by definition and lets the adversary choose among the correct answers.
func (p Problem[I, A]) AdversarialOracle(adv Adversary[I, A]) Oracle[I, A] {
	return Oracle[I, A]{
		Name: adv.Name,
		Reach: func(x I) error {
			if err := p.MeetsPromise(x); err != nil || adv.Reach == nil {
				return err
			}
			return adv.Reach(x)
		},
		Ask: func(env Env, x I) (A, error) {
			a, err := p.Solve(env, x)
			if err != nil {
				return a, err
			}
			return adv.Answer(x, a), nil
		},
	}
}
