package ovp

import (
	"context"
	"fmt"
	"math/big"
	"math/rand/v2"

	"finegrain"
)

// The problems about an instance. Decision, search and counting are separate, since a reduction between
// two of them says nothing of the others; the extremes of the inner product are problems of their own,
// from which orthogonality can be read (the least is 0) or not (the largest).

// Decision is OV: whether some pair is orthogonal.
var Decision = finegrain.Problem[Instance, bool]{
	Name:    "orthogonal vectors",
	Doc:     "given lists A and B of 0/1 vectors, decide whether some a in A and b in B have ⟨a, b⟩ = 0",
	Size:    Instance.Size,
	Promise: Instance.Validate,
	Solve: func(env finegrain.Env, in Instance) (bool, error) {
		found, err := FindByDefinition(env, in)
		return found.Any, err
	},
	Check: func(in Instance, answer bool) error {
		if found := must(FindByDefinition(unbounded(), in)); found.Any != answer {
			return fmt.Errorf("answered %t, and the first orthogonal pair is %v", answer, found)
		}
		return nil
	},
	Yes:       func(answer bool) bool { return answer },
	Sample:    Sample,
	Adversary: onlyAnswer[bool],
	Wrong: []func(Instance, bool) bool{
		func(_ Instance, answer bool) bool { return !answer },
	},
}

// Search is OV with a witness: an orthogonal pair, or none.
var Search = finegrain.Problem[Instance, Found]{
	Name:    "orthogonal vectors, search",
	Doc:     "given lists A and B of 0/1 vectors, find a in A and b in B with ⟨a, b⟩ = 0, or say there are none",
	Size:    Instance.Size,
	Promise: Instance.Validate,
	Solve:   FindByDefinition,
	Check: func(in Instance, answer Found) error {
		switch {
		case !answer.Any:
			if found := must(FindByDefinition(unbounded(), in)); found.Any {
				return fmt.Errorf("answered none, and %v is orthogonal", found)
			}
		case !in.has(answer.Pair):
			return fmt.Errorf("pair %v is out of range: A has %d vectors and B %d", answer, in.A.N(), in.B.N())
		case !in.Orthogonal(answer.Pair):
			return fmt.Errorf("pair %v has inner product %d", answer, in.InnerProduct(answer.Pair))
		}
		return nil
	},
	Yes:       func(answer Found) bool { return answer.Any },
	Sample:    Sample,
	Adversary: searchAdversary,
	Wrong: []func(Instance, Found) Found{
		func(_ Instance, right Found) Found { // some where there is none, none where there is some
			return Found{Any: !right.Any}
		},
		func(in Instance, _ Found) Found { // a pair that is not orthogonal, or no pair at all
			pairs := in.pairsWhere(func(p Pair) bool { return !in.Orthogonal(p) })
			if len(pairs) == 0 {
				return Found{true, Pair{in.A.N(), in.B.N()}}
			}
			return Found{true, pairs[len(pairs)/2]}
		},
		func(in Instance, right Found) Found { // an index too large
			return Found{true, Pair{in.A.N(), right.J}}
		},
		func(_ Instance, right Found) Found { // an index too small
			return Found{true, Pair{right.I, -1}}
		},
	},
}

// Counting is #OV: the number of orthogonal pairs.
var Counting = finegrain.Problem[Instance, *big.Int]{
	Name:    "orthogonal vectors, counting",
	Doc:     "given lists A and B of 0/1 vectors, count the pairs (i, j) with ⟨a_i, b_j⟩ = 0",
	Size:    Instance.Size,
	Promise: Instance.Validate,
	Solve:   CountByDefinition,
	Check: func(in Instance, answer *big.Int) error {
		if right := must(CountByDefinition(unbounded(), in)); answer == nil || right.Cmp(answer) != 0 {
			return fmt.Errorf("answered %v, and %v pairs are orthogonal", answer, right)
		}
		return nil
	},
	Yes:       func(answer *big.Int) bool { return answer.Sign() > 0 },
	Sample:    Sample,
	Adversary: onlyAnswer[*big.Int],
	Wrong: []func(Instance, *big.Int) *big.Int{
		func(_ Instance, right *big.Int) *big.Int { return new(big.Int).Add(right, big.NewInt(1)) },
		func(_ Instance, right *big.Int) *big.Int { return new(big.Int).Sub(right, big.NewInt(1)) },
		func(_ Instance, right *big.Int) *big.Int { // decided instead of counted, or 2 for 1 and 0
			if one := big.NewInt(1); right.Cmp(one) > 0 {
				return one
			}
			return big.NewInt(2)
		},
	},
}

// MaxInnerProduct is Max-IP over 0/1 vectors: a pair with the largest inner product. It says yes if the
// largest is positive, that is, if some pair is not orthogonal.
var MaxInnerProduct = extremeProblem(
	"maximum inner product",
	"given lists A and B of 0/1 vectors, find a in A and b in B with the largest ⟨a, b⟩",
	func(h Histogram) Extreme { return h.Max },
	func(e Extreme) bool { return e.Any && e.Value > 0 },
	sampleMaximum,
)

// MinInnerProduct is Min-IP over 0/1 vectors: a pair with the least inner product. It says yes if the
// least is 0, that is, if some pair is orthogonal.
var MinInnerProduct = extremeProblem(
	"minimum inner product",
	"given lists A and B of 0/1 vectors, find a in A and b in B with the least ⟨a, b⟩",
	func(h Histogram) Extreme { return h.Min },
	func(e Extreme) bool { return e.Any && e.Value == 0 },
	Sample,
)

func extremeProblem(
	name, doc string, pick func(Histogram) Extreme, yes func(Extreme) bool, sample func(*rand.Rand, int) Instance,
) finegrain.Problem[Instance, Extreme] {
	solve := func(env finegrain.Env, in Instance) (Extreme, error) {
		h, err := HistogramByDefinition(env, in)
		return pick(h), err
	}
	return finegrain.Problem[Instance, Extreme]{
		Name:    name,
		Doc:     doc,
		Size:    Instance.Size,
		Promise: Instance.Validate,
		Solve:   solve,
		Check: func(in Instance, answer Extreme) error {
			right := must(solve(unbounded(), in))
			switch {
			case answer.Any != right.Any || answer.Value != right.Value:
				return fmt.Errorf("answered %v, and right is %v", answer, right)
			case !answer.Any:
				return nil
			case !in.has(answer.Pair):
				return fmt.Errorf("pair %v is out of range: A has %d vectors and B %d", answer.Pair, in.A.N(), in.B.N())
			case in.InnerProduct(answer.Pair) != answer.Value:
				return fmt.Errorf("answered %v, and that pair has %d", answer, in.InnerProduct(answer.Pair))
			}
			return nil
		},
		Yes:    yes,
		Sample: sample,
		Adversary: func(r *rand.Rand) finegrain.Adversary[Instance, Extreme] {
			choose := drawChoice(r)
			return finegrain.Adversary[Instance, Extreme]{
				Name: choose.name,
				Answer: func(in Instance, right Extreme) Extreme {
					if right.Any {
						right.Pair = choose.from(in.pairsWhere(func(p Pair) bool { return in.InnerProduct(p) == right.Value }))
					}
					return right
				},
			}
		},
		Wrong: []func(Instance, Extreme) Extreme{
			func(_ Instance, right Extreme) Extreme { // one too many, or some where there is none
				return Extreme{true, right.Value + 1, right.Pair}
			},
			func(_ Instance, right Extreme) Extreme { // one too few
				return Extreme{true, right.Value - 1, right.Pair}
			},
			func(_ Instance, right Extreme) Extreme { // 0 where it is not, 1 where it is
				if right.Value == 0 {
					return Extreme{true, 1, right.Pair}
				}
				return Extreme{true, 0, right.Pair}
			},
			func(in Instance, right Extreme) Extreme { // a pair with its own product, which is not the extreme
				pairs := in.pairsWhere(func(p Pair) bool { return in.InnerProduct(p) != right.Value })
				if len(pairs) == 0 {
					return Extreme{true, right.Value + 1, right.Pair}
				}
				return Extreme{true, in.InnerProduct(pairs[0]), pairs[0]}
			},
			func(in Instance, right Extreme) Extreme { // the right value at a pair that has another, or at none
				pairs := in.pairsWhere(func(p Pair) bool { return in.InnerProduct(p) != right.Value })
				if len(pairs) == 0 {
					return Extreme{true, right.Value, Pair{-1, -1}}
				}
				return Extreme{true, right.Value, pairs[len(pairs)-1]}
			},
		},
	}
}

// onlyAnswer is the adversary of a problem with one correct answer: it has no choice.
func onlyAnswer[A any](*rand.Rand) finegrain.Adversary[Instance, A] {
	return finegrain.Adversary[Instance, A]{
		Name:   "the only correct answer",
		Answer: func(_ Instance, right A) A { return right },
	}
}

// searchAdversary chooses among the orthogonal pairs.
func searchAdversary(r *rand.Rand) finegrain.Adversary[Instance, Found] {
	choose := drawChoice(r)
	return finegrain.Adversary[Instance, Found]{
		Name: choose.name,
		Answer: func(in Instance, right Found) Found {
			if right.Any {
				right.Pair = choose.from(in.pairsWhere(in.Orthogonal))
			}
			return right
		},
	}
}

// choice is a way to choose among the correct pairs.
type choice struct {
	name string
	from func([]Pair) Pair
}

func drawChoice(r *rand.Rand) choice {
	own := rand.New(rand.NewPCG(r.Uint64(), r.Uint64()))
	choices := []choice{
		{"last pair", func(pairs []Pair) Pair { return pairs[len(pairs)-1] }},
		{"random pair", func(pairs []Pair) Pair { return pairs[own.IntN(len(pairs))] }},
		{"first pair", func(pairs []Pair) Pair { return pairs[0] }},
	}
	return choices[own.IntN(len(choices))]
}

// pairsWhere lists the pairs with a property, in order.
func (in Instance) pairsWhere(has func(Pair) bool) []Pair {
	var pairs []Pair
	must(0, in.eachPair(unbounded(), func(p Pair) bool {
		if has(p) {
			pairs = append(pairs, p)
		}
		return true
	}))
	return pairs
}

// unbounded is the Env of a check, which nobody cancels.
func unbounded() finegrain.Env { return finegrain.NewEnv(context.Background(), 0) }

// must is for computations that fail only when cancelled, under an Env that nobody cancels.
func must[T any](x T, err error) T {
	if err != nil {
		panic("ovp: " + err.Error())
	}
	return x
}
