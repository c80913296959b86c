package sat

// The three problems about a formula. Decision, search and counting are separate: a reduction between two
// of them says nothing of the others. Their definition is brute force.

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"math/bits"
	"math/rand/v2"
	"slices"

	"finegrain"
)

// Answer is the answer to a search: whether there is a model and, if so, one.
type Answer struct {
	Satisfiable bool
	Model       Model // nil if there is none
}

// Decision is SAT: whether the formula has a model.
var Decision = finegrain.Problem[Formula, bool]{
	Name:    "satisfiability",
	Doc:     "given a formula in conjunctive normal form, decide whether some assignment satisfies it",
	Size:    Formula.Size,
	Promise: Formula.Validate,
	Solve: func(env finegrain.Env, f Formula) (bool, error) {
		answer, _, err := BruteForce(env, f)
		return answer.Satisfiable, err
	},
	Check: func(f Formula, answer bool) error {
		right, _, err := BruteForce(context.Background(), f)
		if err != nil {
			return err
		}
		if answer != right.Satisfiable {
			return fmt.Errorf("answered %t, and the formula is %s", answer, right)
		}
		return nil
	},
	Yes:       func(answer bool) bool { return answer },
	Sample:    Sample,
	Adversary: onlyAnswer[bool],
	Wrong: []func(Formula, bool) bool{
		func(_ Formula, right bool) bool { return !right },
	},
}

// Search is SAT with a witness: a model, or that there is none.
var Search = finegrain.Problem[Formula, Answer]{
	Name:    "satisfiability, search",
	Doc:     "given a formula in conjunctive normal form, find an assignment that satisfies it or say that there is none",
	Size:    Formula.Size,
	Promise: Formula.Validate,
	Solve: func(env finegrain.Env, f Formula) (Answer, error) {
		answer, _, err := BruteForce(env, f)
		return answer, err
	},
	Check: func(f Formula, answer Answer) error {
		if answer.Satisfiable {
			return f.CheckModel(answer.Model)
		}
		right, _, err := BruteForce(context.Background(), f)
		if err == nil && right.Satisfiable {
			err = fmt.Errorf("answered that there is no model, and the formula is %s", right)
		}
		return err
	},
	Yes:       func(answer Answer) bool { return answer.Satisfiable },
	Sample:    Sample,
	Adversary: searchAdversary,
	Wrong: []func(Formula, Answer) Answer{
		// The opposite, with a bogus model.
		func(f Formula, right Answer) Answer {
			if right.Satisfiable {
				return Answer{}
			}
			return Answer{Satisfiable: true, Model: make(Model, f.Variables)}
		},
		// A model changed until it falsifies a clause. Where no assignment does, the opposite.
		func(f Formula, right Answer) Answer {
			m := slices.Clone(right.Model)
			if !right.Satisfiable {
				m = make(Model, f.Variables)
			}
			for _, clause := range f.Clauses {
				if Tautology(clause) {
					continue
				}
				for _, l := range clause {
					m[l.Variable()-1] = l < 0
				}
				return Answer{Satisfiable: true, Model: m}
			}
			return Answer{}
		},
	},
}

// Counting is #SAT: the number of models.
var Counting = finegrain.Problem[Formula, *big.Int]{
	Name:    "satisfiability, counting",
	Doc:     "given a formula in conjunctive normal form, count the assignments that satisfy it",
	Size:    Formula.Size,
	Promise: Formula.Validate,
	Solve: func(env finegrain.Env, f Formula) (*big.Int, error) {
		_, count, err := BruteForce(env, f)
		return count, err
	},
	Check: func(f Formula, answer *big.Int) error {
		if answer == nil {
			return errors.New("answered no number")
		}
		_, right, err := BruteForce(context.Background(), f)
		if err == nil && answer.Cmp(right) != 0 {
			err = fmt.Errorf("answered %v models, and there are %v", answer, right)
		}
		return err
	},
	Yes:       func(answer *big.Int) bool { return answer.Sign() > 0 },
	Sample:    Sample,
	Adversary: onlyAnswer[*big.Int],
	Wrong: []func(Formula, *big.Int) *big.Int{
		func(_ Formula, right *big.Int) *big.Int { return new(big.Int).Add(right, big.NewInt(1)) },
		func(_ Formula, right *big.Int) *big.Int { return new(big.Int).Sub(right, big.NewInt(1)) },
		func(_ Formula, right *big.Int) *big.Int { return big.NewInt(int64(1 - right.Sign())) }, // 0, or 1 where 0 is right
	},
}

// String returns "satisfiable (model 1 -2)" or "unsatisfiable".
func (a Answer) String() string {
	if !a.Satisfiable {
		return "unsatisfiable"
	}
	return fmt.Sprintf("satisfiable (model %v)", a.Model.Literals())
}

// onlyAnswer is the adversary of a problem with one correct answer: it has no choice.
func onlyAnswer[A any](*rand.Rand) finegrain.Adversary[Formula, A] {
	return finegrain.Adversary[Formula, A]{
		Name:   "the only correct answer",
		Answer: func(_ Formula, right A) A { return right },
	}
}

// searchAdversary chooses among the models by one of three rules, and sets the variables that occur
// nowhere by the same. It promises nothing for formulas beyond brute force.
func searchAdversary(r *rand.Rand) finegrain.Adversary[Formula, Answer] {
	r = rand.New(rand.NewPCG(r.Uint64(), r.Uint64()))
	type rule struct {
		name string
		// prefer rates a model, given by the values of the used variables, against that of brute force.
		prefer func(index, first uint64) uint64
		unused func() bool
	}
	rules := []rule{
		{"the last model", func(index, _ uint64) uint64 { return index }, func() bool { return true }},
		{"a random model", func(_, _ uint64) uint64 { return r.Uint64() }, func() bool { return r.Uint64()&1 == 1 }},
		{
			"the model that differs most from the first",
			func(index, first uint64) uint64 { return uint64(bits.OnesCount64(index ^ first)) },
			func() bool { return true },
		},
	}
	chosen := rules[r.IntN(len(rules))]
	return finegrain.Adversary[Formula, Answer]{
		Name: chosen.name,
		Reach: func(f Formula) error {
			if used := len(f.Used()); used > MaxBruteForce {
				return fmt.Errorf("sat: the adversary lists the models of at most %d used variables, this formula has %d",
					MaxBruteForce, used)
			}
			return nil
		},
		Answer: func(f Formula, right Answer) Answer {
			if !right.Satisfiable {
				return right
			}
			var first, best, bestRate uint64
			found := false
			used, err := enumerate(context.Background(), f, func(base, satisfied uint64) bool {
				for ; satisfied != 0; satisfied &= satisfied - 1 {
					index := base + uint64(bits.TrailingZeros64(satisfied))
					if !found {
						first = index
					}
					if rate := chosen.prefer(index, first); !found || rate > bestRate {
						best, bestRate, found = index, rate, true
					}
				}
				return true
			})
			if err != nil {
				panic("sat: the adversary was asked beyond its reach: " + err.Error())
			}
			m := f.spread(used, best)
			for v := 1; v <= f.Variables; v++ {
				if _, occurs := slices.BinarySearch(used, v); !occurs {
					m[v-1] = chosen.unused()
				}
			}
			return Answer{Satisfiable: true, Model: m}
		},
	}
}
