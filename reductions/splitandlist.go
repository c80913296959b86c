package reductions

// Split and list (Williams 2005): the variables of a formula are split into two halves, the assignments
// of each half are listed, and each half-assignment becomes a vector with one coordinate per clause,
// which is 1 where the half does not satisfy the clause. A pair of vectors is orthogonal iff no clause is
// left unsatisfied by both, that is, iff the joint assignment satisfies the formula. So N = 2^{n/2}
// vectors a side in as many dimensions as clauses, and the orthogonal pairs are in one-to-one
// correspondence with the models: the map decides, finds and counts.
//
// Three refinements keep the correspondence.
//
//   - A variable that occurs in no clause is left out; each doubles the number of models.
//   - A clause that lies wholly in one half is 1 for every assignment of the other. An assignment that
//     falsifies it has no orthogonal partner and is dropped; for all that remain the coordinate is 0.
//   - A coordinate that no vector of one side sets meets no other side and is dropped.
//
// The lists are multisets: two half-assignments with one vector are two vectors.

import (
	"fmt"
	"math/big"
	"slices"

	"finegrain"
	"finegrain/ovp"
	"finegrain/sat"
)

// Split is a formula, split and listed. A holds the vectors of the first half's assignments.
type Split struct {
	OV   ovp.Instance
	Free int // variables that occur in no clause: each doubles the number of models

	variables   int
	left, right half
}

// half is one side of a split.
type half struct {
	variables   []int    // 1-based, in the order of the assignment's bits from the highest
	assignments []uint32 // of each vector; nil: vector i is assignment i
}

// MaxHalf is the most variables a half may have.
const MaxHalf = 30

// SplitAndList lists both halves of the formula. The first half takes the lower half of the variables
// that occur, rounded up. Rows are in lexicographic order of the half-assignments, false first.
//
// It returns an error if a half has more than MaxHalf variables, if both lists with the assignments that they
// stand for, which are counted before they are allocated, exceed env.Memory, or if env is done.
func SplitAndList(env finegrain.Env, f sat.Formula) (*Split, error) {
	used := f.Used()
	s := &Split{Free: f.Variables - len(used), variables: f.Variables}
	middle := (len(used) + 1) / 2
	s.left.variables, s.right.variables = used[:middle], used[middle:]
	if middle > MaxHalf {
		return nil, fmt.Errorf("split and list would make 2^%d vectors: %d variables occur, at most %d can be split",
			middle, len(used), 2*MaxHalf)
	}

	side := make([]int8, f.Variables+1)
	for _, v := range s.right.variables {
		side[v] = 1
	}
	var within [2][][]sat.Literal // clauses that lie wholly in a half
	var across [][]sat.Literal
	for _, c := range f.Clauses {
		if sat.Tautology(c) {
			continue
		}
		if len(c) == 0 { // false in every half
			s.OV = ovp.Instance{A: ovp.NewVectors(0, 0), B: ovp.NewVectors(0, 0)}
			s.left.assignments, s.right.assignments = []uint32{}, []uint32{}
			return s, nil
		}
		first := side[c[0].Variable()]
		if slices.ContainsFunc(c, func(l sat.Literal) bool { return side[l.Variable()] != first }) {
			across = append(across, c)
		} else {
			within[first] = append(within[first], c)
		}
	}
	err := env.Together(func(env finegrain.Env) error {
		lists, err := list(env, [2][]int{s.left.variables, s.right.variables}, across, within)
		if err != nil {
			return err
		}
		a, b := lists[0], lists[1]
		s.OV = ovp.Instance{A: a.vectors, B: b.vectors}
		s.left.assignments, s.right.assignments = a.assignments, b.assignments
		return dropUnset(env, &s.OV, a.union, b.union)
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Model is the assignment that an orthogonal pair stands for; variables that occur in no clause are false.
func (s *Split) Model(p ovp.Pair) sat.Model {
	m := make(sat.Model, s.variables)
	s.left.write(m, p.I)
	s.right.write(m, p.J)
	return m
}

// Variables lists the variables of each half, ascending; bits of a half-assignment are in their order.
func (s *Split) Variables() (first, second []int) { return s.left.variables, s.right.variables }

func (h half) write(m sat.Model, i int) {
	a := uint32(i)
	if h.assignments != nil {
		a = h.assignments[i]
	}
	for k, v := range h.variables {
		m[v-1] = a>>(len(h.variables)-1-k)&1 == 1
	}
}

// Models is the number of models of the formula, given the number of orthogonal pairs.
func (s *Split) Models(pairs *big.Int) *big.Int { return new(big.Int).Lsh(pairs, uint(s.Free)) }

// The reductions of split and list, one for each kind of answer.
var (
	// SplitAndListDecision: is the formula satisfiable?
	SplitAndListDecision = declare(splitAndList("decision", sat.Decision, ovp.Decision, (*Split).decision))
	// SplitAndListSearch finds a model.
	SplitAndListSearch = declare(splitAndList("search", sat.Search, ovp.Search, (*Split).answer))
	// SplitAndListCounting counts the models.
	SplitAndListCounting = declare(splitAndList("counting", sat.Counting, ovp.Counting, (*Split).count))
	// SplitAndListCensus counts the models and finds one.
	SplitAndListCensus = declare(splitAndList("census", sat.Census, ovp.Census,
		func(s *Split, census finegrain.Two[*big.Int, ovp.Found]) (finegrain.Two[*big.Int, sat.Answer], error) {
			models, _ := s.count(census.First)
			answer, err := s.answer(census.Second)
			return finegrain.Two[*big.Int, sat.Answer]{First: models, Second: answer}, err
		}))
)

func (s *Split) decision(any bool) (bool, error) { return any, nil }

// count turns a number of orthogonal pairs into a number of models; nil counts as none.
func (s *Split) count(pairs *big.Int) (*big.Int, error) {
	if pairs == nil {
		pairs = new(big.Int)
	}
	return s.Models(pairs), nil
}

// answer turns a pair into the model that it stands for. A pair that is not orthogonal is refused.
func (s *Split) answer(found ovp.Found) (sat.Answer, error) {
	if !found.Any {
		return sat.Answer{}, nil
	}
	if i, j := found.I, found.J; i < 0 || i >= s.OV.A.N() || j < 0 || j >= s.OV.B.N() || !s.OV.Orthogonal(found.Pair) {
		return sat.Answer{}, fmt.Errorf("%w: pair %v is not orthogonal", ErrBrokenPromise, found.Pair)
	}
	return sat.Answer{Satisfiable: true, Model: s.Model(found.Pair)}, nil
}

// splitAndList is split and list between one pair of problems. An empty side has no pairs and is
// answered by none without a call.
func splitAndList[A, B any](kind string, from finegrain.Problem[sat.Formula, A], to finegrain.Problem[ovp.Instance, B],
	back func(*Split, B) (A, error),
) Reduction[sat.Formula, A, ovp.Instance, B] {
	return Reduction[sat.Formula, A, ovp.Instance, B]{
		Name: "split and list (" + kind + ")",
		Doc: "Half-assignments become vectors with a coordinate per clause, 1 where the half does not satisfy it; " +
			"orthogonal pairs are models.",
		Source: finegrain.Source{Paper: finegrain.Williams2005, Provenance: finegrain.Stated},
		From:   from,
		To:     to,
		Kind:   ManyOne,
		Bound: func(s finegrain.Size) Group {
			n := s.Get("n").Int64()
			size := finegrain.Size{}.
				With("n", new(big.Int).Lsh(big.NewInt(1), uint((n+1)/2))).
				With("m", new(big.Int).Lsh(big.NewInt(1), uint(n/2))).
				With("d", s.Get("m"))
			return Group{big.NewInt(1), size}
		},
		Growth: Growth{
			Size: map[string]Form{
				"n": {Constant: 0.5, Linear: map[string]float64{"n": 0.5}, Slack: 0.5},
				"m": {Linear: map[string]float64{"n": 0.5}, Slack: 0.5},
				"d": {Log: map[string]float64{"m": 1}},
			},
		},
		Plan: func(env finegrain.Env, f sat.Formula, _ finegrain.Oracle[ovp.Instance, B]) (Plan[ovp.Instance, B, A], error) {
			s, err := SplitAndList(env, f)
			if err != nil {
				return Plan[ovp.Instance, B, A]{}, err
			}
			if s.OV.A.N() == 0 || s.OV.B.N() == 0 {
				var none B
				answer, err := back(s, none)
				return answered[ovp.Instance, B](answer), err
			}
			return one(to.Size(s.OV), s.OV, func(b B) (A, error) { return back(s, b) }), nil
		},
	}
}
