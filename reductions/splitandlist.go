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
	"math/bits"
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
// It returns an error if a half has more than MaxHalf variables, if the lists, whose length is counted before
// they are allocated, exceed env.Memory, or if env is done.
func SplitAndList(env finegrain.Env, f sat.Formula) (*Split, error) {
	used := f.Used()
	s := &Split{Free: f.Variables - len(used), variables: f.Variables}
	middle := (len(used) + 1) / 2
	s.left.variables, s.right.variables = used[:middle], used[middle:]
	if middle > MaxHalf {
		return nil, fmt.Errorf("split and list would make 2^%d vectors: %d variables occur, at most %d can be split", middle, len(used), 2*MaxHalf)
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
	var err error
	if s.OV.A, s.left.assignments, err = list(env, s.left.variables, across, within[0]); err != nil {
		return nil, err
	}
	if s.OV.B, s.right.assignments, err = list(env, s.right.variables, across, within[1]); err != nil {
		return nil, err
	}
	dropUnset(&s.OV)
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

// list walks the binary tree of the half's assignments depth first. A node carries the set of clauses
// that its partial assignment leaves unsatisfied, as bits: first those across, then those within; a child
// clears the clauses that its literal satisfies. A node below which every assignment falsifies a clause
// within (all of whose variables are set) is cut, so only living assignments are visited. The walk is
// made twice: on the clauses within, to count the leaves, and then in full, to write them; so the output
// is allocated once and exactly. assignments is nil if nothing was cut.
func list(env finegrain.Env, variables []int, across, within [][]sat.Literal) (ovp.Vectors, []uint32, error) {
	count := 0
	w := newWalk(variables, nil, within)
	w.leaf = func(uint32, []uint64) { count++ }
	if err := w.run(env); err != nil {
		return ovp.Vectors{}, nil, err
	}
	if bytes := ovp.VectorsBytes(count, len(across)); env.Memory > 0 && bytes > env.Memory {
		return ovp.Vectors{}, nil, fmt.Errorf("split and list would make %d vectors of %d bits, %d bytes, and may allocate %d", count, len(across), bytes, env.Memory)
	}
	vectors := ovp.NewVectors(count, len(across))
	var assignments []uint32
	if count < 1<<len(variables) {
		assignments = make([]uint32, count)
	}
	i := 0
	w = newWalk(variables, across, within)
	w.leaf = func(assignment uint32, unsatisfied []uint64) {
		copy(vectors.Row(i), unsatisfied)
		if assignments != nil {
			assignments[i] = assignment
		}
		i++
	}
	if err := w.run(env); err != nil {
		return ovp.Vectors{}, nil, err
	}
	return vectors, assignments, nil
}

// pollEvery is the number of words that are touched between two looks at whether env is done: some 100 µs.
const pollEvery = 1 << 17

// walk is the depth-first walk of list. Words are those of the clauses across, then those of the clauses
// within, each padded to whole words, so that a leaf's first words are its vector.
type walk struct {
	depth     int
	words     int
	satisfied [][2][]uint64 // per variable and value: the complement of the clauses its literal satisfies
	closed    [][]uint64    // per variable: the clauses within whose last variable it is
	state     [][]uint64    // per depth: the clauses unsatisfied
	leaf      func(assignment uint32, unsatisfied []uint64)
	env       finegrain.Env
	work      int // words touched since env was looked at
	stopped   bool
}

func newWalk(variables []int, across, within [][]sat.Literal) *walk {
	position := map[int]int{}
	for k, v := range variables {
		position[v] = k
	}
	acrossWords := (len(across) + 63) / 64
	w := &walk{depth: len(variables), words: acrossWords + (len(within)+63)/64}
	w.satisfied = make([][2][]uint64, w.depth)
	w.closed = make([][]uint64, w.depth)
	w.state = make([][]uint64, w.depth+1)
	for k := range w.state {
		w.state[k] = make([]uint64, w.words)
	}
	for k := range w.depth {
		w.closed[k] = make([]uint64, w.words)
		for value := range 2 {
			w.satisfied[k][value] = slices.Repeat([]uint64{^uint64(0)}, w.words)
		}
	}
	enter := func(bit int, c []sat.Literal) (last int) {
		w.state[0][bit/64] |= 1 << (bit % 64)
		for _, l := range c {
			if k, here := position[l.Variable()]; here {
				value := 0
				if l > 0 {
					value = 1
				}
				w.satisfied[k][value][bit/64] &^= 1 << (bit % 64)
				last = max(last, k)
			}
		}
		return last
	}
	for i, c := range across {
		enter(i, c)
	}
	for i, c := range within {
		bit := 64*acrossWords + i
		last := enter(bit, c)
		w.closed[last][bit/64] |= 1 << (bit % 64)
	}
	return w
}

func (w *walk) run(env finegrain.Env) error {
	w.env = env
	w.visit(0, 0)
	return env.Err()
}

func (w *walk) visit(k int, assignment uint32) {
	if k == w.depth {
		w.leaf(assignment, w.state[k])
		return
	}
	if w.work += 1 + w.words; w.work >= pollEvery {
		w.work = 0
		w.stopped = w.env.Err() != nil
	}
	if w.stopped {
		return
	}
	parent, child, closed := w.state[k], w.state[k+1], w.closed[k]
	for value := range 2 {
		dead := uint64(0)
		for i, mask := range w.satisfied[k][value] {
			child[i] = parent[i] & mask
			dead |= child[i] & closed[i]
		}
		if dead == 0 {
			w.visit(k+1, assignment<<1|uint32(value))
		}
	}
}

// dropUnset removes the coordinates that no vector of one side sets.
func dropUnset(in *ovp.Instance) {
	d := in.A.D()
	if d == 0 {
		return
	}
	a, b := union(in.A), union(in.B)
	var kept []int
	for k := range d {
		if a[k/64]&b[k/64]>>(k%64)&1 == 1 {
			kept = append(kept, k)
		}
	}
	if len(kept) == d {
		return
	}
	in.A = project(in.A, kept)
	in.B = project(in.B, kept)
}

func union(v ovp.Vectors) []uint64 {
	u := make([]uint64, (v.D()+63)/64)
	for i := range v.N() {
		for k, word := range v.Row(i) {
			u[k] |= word
		}
	}
	return u
}

// project keeps the given coordinates, in ascending order, of every vector. They are moved in runs of
// neighbours that stay within one word on both sides.
func project(v ovp.Vectors, kept []int) ovp.Vectors {
	type move struct {
		from, to   int // words
		mask       uint64
		rotateLeft int
	}
	var moves []move
	for to, from := range kept {
		rotate := (to%64 - from%64 + 64) % 64
		bit := uint64(1) << (from % 64)
		if last := len(moves) - 1; last >= 0 && moves[last].from == from/64 && moves[last].to == to/64 && moves[last].rotateLeft == rotate {
			moves[last].mask |= bit
		} else {
			moves = append(moves, move{from / 64, to / 64, bit, rotate})
		}
	}
	out := ovp.NewVectors(v.N(), len(kept))
	for i := range v.N() {
		source, target := v.Row(i), out.Row(i)
		for _, m := range moves {
			target[m.to] |= bits.RotateLeft64(source[m.from]&m.mask, m.rotateLeft)
		}
	}
	return out
}

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
