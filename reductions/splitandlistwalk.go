package reductions

// Listing one half of a split formula, word by word and on all cores (derived here).
//
// The half-assignments are the leaves of a binary tree, one variable a level. A node carries the set of
// clauses that its partial assignment leaves unsatisfied, as bits: first those across, then those within; a
// child clears the clauses that its literal satisfies. A node below which every assignment falsifies a clause
// within (all of whose variables are set) is cut, so only living nodes are visited.
//
// The last levels, up to suffixVariables = 6 of them, are not walked. There each of the 64 suffixes is a bit
// of a word: a clause within that the node leaves unsatisfied kills the suffixes that do not satisfy it,
// which are one word, computed beforehand; so the leaves below a node that live are a few word operations.
// And the clauses that a leaf leaves unsatisfied are those of the node that its suffix leaves unsatisfied:
// the vectors below a node are the node's words and those of a table of 64 rows.
//
// The tree is walked twice: on the clauses within, to count the leaves, and then in full, to write them; so
// both lists are allocated once and exactly, if they may be at all, and coordinates are dropped where the vectors
// lie. Both walks are cut into the subtrees below a level, which are independent: what the first walk counts
// says where each of them writes.

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"sync"

	"finegrain"
	"finegrain/internal/memory"
	"finegrain/ovp"
	"finegrain/sat"
)

const (
	suffixVariables = 6  // 2^6 suffixes are the bits of a word
	leastSubtree    = 12 // levels of a subtree: then it is worth a task, some microseconds
	mostSubtrees    = 10 // levels above the subtrees, which are then 2^10 tasks
)

// pollEvery is the number of words that are touched between two looks at whether env is done: some 100 µs.
const pollEvery = 1 << 17

// listing is a list in the making.
type listing struct {
	*tree
	d           int   // clauses across
	from        []int // number of the first vector of every subtree, then of all
	vectors     ovp.Vectors
	assignments []uint32 // nil if nothing is cut
	union       []uint64 // the coordinates that some vector sets
}

// list lists the halves with the given variables and clauses within.
func list(env finegrain.Env, variables [2][]int, across [][]sat.Literal, within [2][][]sat.Literal) (
	lists [2]listing, err error,
) {
	for i := range lists {
		l := &lists[i]
		l.tree, l.d = newTree(variables[i], across, within[i]), len(across)
		if err := l.count(env); err != nil {
			return lists, err
		}
	}
	if err := allowed(env, lists); err != nil {
		return lists, err
	}
	// Memory from the system costs more to get, page by page, than to fill.
	if err := env.ForEach(len(lists), func(i int) { lists[i].allocate() }); err != nil {
		return lists, err
	}
	for i := range lists {
		if err := lists[i].write(env); err != nil {
			return lists, err
		}
	}
	return lists, nil
}

// count is the first walk.
func (l *listing) count(env finegrain.Env) error {
	l.from = make([]int, l.subtrees()+1)
	err := l.forEach(env, l.across, func(subtree int, w *walk) {
		if w.enter(subtree) {
			l.from[subtree+1] = w.count(l.top)
		}
	})
	for i := range l.subtrees() {
		l.from[i+1] += l.from[i]
	}
	return err
}

// allowed returns an error if the lists, as counted, exceed env.Memory or what can be addressed.
func allowed(env finegrain.Env, lists [2]listing) error {
	a, b := lists[0].bytes(), lists[1].bytes()
	limit := env.Memory
	if limit <= 0 {
		limit = math.MaxInt64 - 1
	}
	if a <= limit && b <= limit-a {
		return nil
	}
	return fmt.Errorf("split and list would make %d and %d vectors of %d bits and take about %s, and %s are allowed; "+
		"allow more (--max-memory, in a program Env.Memory), or take a formula of fewer variables or clauses",
		lists[0].n(), lists[1].n(), lists[0].d, memory.Format(a+min(b, math.MaxInt64-a)), memory.Format(limit))
}

// bytes is the memory of the list and, if anything is cut, of the assignments; math.MaxInt64 if it is more.
func (l *listing) bytes() int64 {
	bytes, assignments := ovp.VectorsBytes(l.n(), l.d), int64(0)
	if l.cut() {
		assignments = 4 * int64(l.n())
	}
	return bytes + min(assignments, math.MaxInt64-bytes)
}

// cut reports whether some assignment has no vector.
func (l *listing) cut() bool { return l.n() < 1<<l.depth }

// n is the number of vectors.
func (l *listing) n() int { return l.from[l.subtrees()] }

func (l *listing) allocate() {
	l.vectors = ovp.NewVectors(l.n(), l.d)
	if l.cut() {
		l.assignments = make([]uint32, l.n())
	}
	l.union = make([]uint64, l.across)
}

// write is the second walk.
func (l *listing) write(env finegrain.Env) error {
	var merging sync.Mutex
	return l.forEach(env, 0, func(subtree int, w *walk) {
		from, to := l.from[subtree], l.from[subtree+1]
		if from == to || !w.enter(subtree) {
			return
		}
		clear(w.union)
		w.vectors = l.vectors.Slice(from, to).Raw()
		if l.assignments != nil {
			w.assignments = l.assignments[from:to]
		}
		w.write(l.top, uint32(subtree))
		merging.Lock()
		defer merging.Unlock()
		for k, word := range w.union {
			l.union[k] |= word
		}
	})
}

// tree is what all nodes share. The words of a node are those of the clauses across, then those of the clauses
// within, each padded to whole words.
type tree struct {
	depth     int // variables
	suffix    int // the last of them, which are not walked
	top       int // levels above the subtrees
	across    int // words of the clauses across
	root      []uint64
	satisfied [][2][]uint64 // per level walked and value: the complement of the clauses that its literal satisfies
	closed    [][]uint64    // per level walked: the clauses within whose last variable it is
	suffixes  []uint64      // per suffix: the clauses across that it leaves unsatisfied
	some      []uint64      // the clauses across that some suffix leaves unsatisfied
	kills     []uint64      // per clause within, as its bit counts: the suffixes that do not satisfy it
}

func newTree(variables []int, across, within [][]sat.Literal) *tree {
	position := map[int]int{}
	for k, v := range variables {
		position[v] = k
	}
	t := &tree{depth: len(variables), across: (len(across) + 63) / 64}
	t.suffix = min(t.depth, suffixVariables)
	t.top = min(max(0, t.depth-leastSubtree), mostSubtrees)
	walked := t.depth - t.suffix
	words := t.across + (len(within)+63)/64
	t.root = make([]uint64, words)
	t.satisfied = make([][2][]uint64, walked)
	t.closed = make([][]uint64, walked)
	for k := range walked {
		t.closed[k] = make([]uint64, words)
		for value := range 2 {
			t.satisfied[k][value] = slices.Repeat([]uint64{math.MaxUint64}, words)
		}
	}
	// enter returns the last level of a clause and the suffixes that satisfy it.
	enter := func(bit int, c []sat.Literal) (last int, suffixes uint64) {
		t.root[bit/64] |= 1 << (bit % 64)
		for _, l := range c {
			k, here := position[l.Variable()]
			if !here {
				continue
			}
			last = max(last, k)
			value := 0
			if l > 0 {
				value = 1
			}
			if k < walked {
				t.satisfied[k][value][bit/64] &^= 1 << (bit % 64)
				continue
			}
			for s := range 1 << t.suffix {
				if s>>(t.depth-1-k)&1 == value {
					suffixes |= 1 << s
				}
			}
		}
		return last, suffixes
	}
	t.suffixes = slices.Repeat([]uint64{math.MaxUint64}, t.across<<t.suffix)
	t.some = slices.Repeat([]uint64{math.MaxUint64}, t.across)
	for i, c := range across {
		_, satisfied := enter(i, c)
		if satisfied == t.all() {
			t.some[i/64] &^= 1 << (i % 64)
		}
		for ; satisfied != 0; satisfied &= satisfied - 1 {
			t.suffixes[bits.TrailingZeros64(satisfied)*t.across+i/64] &^= 1 << (i % 64)
		}
	}
	t.kills = make([]uint64, len(within))
	for i, c := range within {
		bit := 64*t.across + i
		last, satisfied := enter(bit, c)
		if last < walked {
			t.closed[last][bit/64] |= 1 << (bit % 64)
		}
		t.kills[i] = t.all() &^ satisfied
	}
	return t
}

// all is the set of all suffixes.
func (t *tree) all() uint64 { return 1<<(1<<t.suffix) - 1 }

func (t *tree) subtrees() int { return 1 << t.top }

// walk is a depth-first walk.
type walk struct {
	*tree
	first   int        // the first word that it looks at
	state   [][]uint64 // per level: the clauses unsatisfied
	env     finegrain.Env
	work    int // words touched since env was looked at
	stopped bool

	vectors     []uint64 // where the next leaf is written
	assignments []uint32 // likewise, if not nil
	union       []uint64 // of what was written
}

// forEach calls work for every subtree, in parallel, with a walk that looks at the words from first on.
func (t *tree) forEach(env finegrain.Env, first int, work func(subtree int, w *walk)) error {
	free := make(chan *walk, min(env.Workers(), t.subtrees())) // as many as run at once
	for range cap(free) {
		w := &walk{tree: t, first: first, env: env}
		w.state = append(w.state, t.root)
		for range t.satisfied {
			w.state = append(w.state, make([]uint64, len(t.root)))
		}
		if first == 0 {
			w.union = make([]uint64, t.across)
		}
		free <- w
	}
	return env.ForEach(t.subtrees(), func(subtree int) {
		w := <-free
		defer func() { free <- w }()
		work(subtree, w)
	})
}

// enter goes to the root of a subtree, and reports whether it lives.
func (w *walk) enter(subtree int) bool {
	for k := range w.top {
		if !w.step(k, subtree>>(w.top-1-k)&1) {
			return false
		}
	}
	return true
}

// step goes from level k to the child with the given value, and reports whether it lives.
func (w *walk) step(k, value int) bool {
	parent, child, closed := w.state[k], w.state[k+1], w.closed[k]
	satisfied := w.satisfied[k][value]
	parent, closed, satisfied = parent[:len(child)], closed[:len(child)], satisfied[:len(child)]
	dead := uint64(0)
	for i := w.first; i < len(child); i++ {
		child[i] = parent[i] & satisfied[i]
		dead |= child[i] & closed[i]
	}
	return dead == 0
}

// spend adds to the work and reports whether to stop.
func (w *walk) spend(words int) bool {
	if w.work += 1 + words; w.work >= pollEvery {
		w.work = 0
		w.stopped = w.stopped || w.env.Err() != nil
	}
	return w.stopped
}

// living is the set of suffixes with which a node of the last level lives.
func (w *walk) living(state []uint64) uint64 {
	living := w.all()
	for i, word := range state[w.across:] {
		for ; word != 0; word &= word - 1 {
			living &^= w.kills[64*i+bits.TrailingZeros64(word)]
		}
	}
	return living
}

// count returns the number of leaves that live below the node at level k: all if it leaves no clause within
// unsatisfied.
func (w *walk) count(k int) (leaves int) {
	state := w.state[k]
	switch {
	case !slices.ContainsFunc(state[w.across:], func(word uint64) bool { return word != 0 }):
		return 1 << (w.depth - k)
	case w.spend(len(state) - w.first):
		return 0
	case k == len(w.satisfied):
		return bits.OnesCount64(w.living(state))
	}
	for value := range 2 {
		if w.step(k, value) {
			leaves += w.count(k + 1)
		}
	}
	return leaves
}

// write writes the leaves that live below the node at level k, whose variables have the values in assignment.
func (w *walk) write(k int, assignment uint32) {
	state := w.state[k]
	if w.spend(len(state)) {
		return
	}
	if k < len(w.satisfied) {
		for value := range 2 {
			if w.step(k, value) {
				w.write(k+1, assignment<<1|uint32(value))
			}
		}
		return
	}
	living := w.living(state)
	w.spend(w.across * bits.OnesCount64(living))
	if w.assignments != nil {
		n := 0
		for rest := living; rest != 0; rest &= rest - 1 {
			w.assignments[n] = assignment<<w.suffix | uint32(bits.TrailingZeros64(rest))
			n++
		}
		w.assignments = w.assignments[n:]
	}
	if living == w.all() {
		w.writeAll(state[:w.across])
	} else {
		w.writeSome(state[:w.across], living)
	}
}

// writeSome writes the vectors of the suffixes that live.
func (w *walk) writeSome(state []uint64, living uint64) {
	rows, union := w.vectors, w.union[:len(state)]
	for ; living != 0; living &= living - 1 {
		suffix := w.suffixes[bits.TrailingZeros64(living)*len(state):][:len(state)]
		row := rows[:len(state)]
		for i, word := range state {
			word &= suffix[i]
			row[i] = word
			union[i] |= word
		}
		rows = rows[len(state):]
	}
	w.vectors = rows
}

// writeAll writes the vectors of all suffixes.
func (w *walk) writeAll(state []uint64) {
	for i, word := range state {
		w.union[i] |= word & w.some[i]
	}
	rows := w.vectors[:len(w.suffixes)]
	w.vectors = w.vectors[len(w.suffixes):]
	for i, word := range state {
		for ; i < len(rows); i += len(state) {
			rows[i] = word & w.suffixes[i]
		}
	}
}

// dropUnset removes the coordinates that no vector of one side sets, given those that each side sets.
func dropUnset(env finegrain.Env, in *ovp.Instance, a, b []uint64) (err error) {
	var kept []int
	for k := range in.D() {
		if a[k/64]&b[k/64]>>(k%64)&1 == 1 {
			kept = append(kept, k)
		}
	}
	if len(kept) == in.D() {
		return nil
	}
	if in.A, err = project(env, in.A, kept); err != nil {
		return err
	}
	in.B, err = project(env, in.B, kept)
	return err
}

// move says where some coordinates of a word go.
type move struct {
	from, to   int // words
	mask       uint64
	rotateLeft int
}

// along reports whether the coordinates of both go the same way.
func (m move) along(n move) bool {
	m.mask = n.mask
	return m == n
}

// project keeps the given coordinates, in ascending order, of every vector, in the memory of v, which is spent.
// They are moved in runs of neighbours that stay within one word on both sides.
//
// Vectors get no longer, so that what is written of vector i ends no later than vector i did: those of a task
// move to the beginning of the task's words, and then what the tasks wrote to the beginning of all.
func project(env finegrain.Env, v ovp.Vectors, kept []int) (ovp.Vectors, error) {
	var moves []move
	for to, from := range kept {
		rotate := (to%64 - from%64 + 64) % 64
		bit := uint64(1) << (from % 64)
		m := move{from / 64, to / 64, bit, rotate}
		if last := len(moves) - 1; last >= 0 && moves[last].along(m) {
			moves[last].mask |= bit
		} else {
			moves = append(moves, m)
		}
	}
	if len(kept) == 0 {
		return ovp.NewVectors(v.N(), 0), nil
	}
	words, before, after := v.Raw(), v.Words(), (len(kept)+63)/64
	rows := max(1, pollEvery/(1+len(moves)))
	tasks := (v.N() + rows - 1) / rows
	err := env.ForEach(tasks, func(t int) {
		target := make([]uint64, after)
		written := words[t*rows*before:]
		for i := t * rows; i < min((t+1)*rows, v.N()); i++ {
			clear(target)
			source := v.Row(i)
			for _, m := range moves {
				target[m.to] |= bits.RotateLeft64(source[m.from]&m.mask, m.rotateLeft)
			}
			written = written[copy(written, target):]
		}
	})
	for t := 1; t < tasks && after < before && err == nil; t++ {
		copy(words[t*rows*after:], words[t*rows*before:][:min(rows, v.N()-t*rows)*after])
		err = env.Err()
	}
	if err != nil {
		return ovp.Vectors{}, err
	}
	return ovp.NewVectorsFromWords(len(kept), words[:v.N()*after])
}
