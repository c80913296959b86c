package reductions_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"finegrain"
	"finegrain/ovp"
	"finegrain/reductions"
	"finegrain/sat"
)

// listByDefinition is split and list, one half-assignment after the other and one clause after the other:
// the vectors of both halves, and the half-assignments that they stand for.
func listByDefinition(f sat.Formula) (in ovp.Instance, assignments [2][]int) {
	used := f.Used()
	middle := (len(used) + 1) / 2
	halves := [2][]int{used[:middle], used[middle:]}
	var rows [2][][]bool
	for side, variables := range halves {
		for a := range 1 << len(variables) {
			value := func(v int) (bool, bool) {
				k, here := slices.BinarySearch(variables, v)
				return here && a>>(len(variables)-1-k)&1 == 1, here
			}
			var row []bool
			lives := true
			for _, c := range f.Clauses {
				if sat.Tautology(c) {
					continue
				}
				unsatisfied, within, across := true, true, false
				for _, l := range c {
					v, here := value(l.Variable())
					within = within && here
					across = across || here != (len(c) > 0 && slices.Contains(variables, c[0].Variable()))
					unsatisfied = unsatisfied && !(here && v == (l > 0))
				}
				if within && unsatisfied {
					lives = false
				}
				if across {
					row = append(row, unsatisfied)
				}
			}
			if lives {
				rows[side] = append(rows[side], row)
				assignments[side] = append(assignments[side], a)
			}
		}
	}
	d := 0
	for _, side := range rows {
		for _, row := range side {
			d = len(row)
		}
	}
	var kept []int
	for k := range d {
		sets := func(row []bool) bool { return row[k] }
		if slices.ContainsFunc(rows[0], sets) && slices.ContainsFunc(rows[1], sets) {
			kept = append(kept, k)
		}
	}
	var lists [2]ovp.Vectors
	for side := range lists {
		lists[side] = ovp.NewVectors(len(rows[side]), len(kept))
		for i, row := range rows[side] {
			for to, k := range kept {
				if row[k] {
					lists[side].Set(i, to)
				}
			}
		}
	}
	return ovp.Instance{A: lists[0], B: lists[1]}, assignments
}

// listsDiffer compares a split with the definition, row by row.
func listsDiffer(s *reductions.Split, in ovp.Instance, assignments [2][]int) error {
	if !s.OV.Equal(in) {
		return fmt.Errorf("%v vectors, want %v, or their bits differ", s.OV.Size(), in.Size())
	}
	if in.A.N() == 0 || in.B.N() == 0 {
		return nil
	}
	first, second := s.Variables()
	for side, variables := range [2][]int{first, second} {
		for i, a := range assignments[side] {
			p := ovp.Pair{I: i}
			if side == 1 {
				p = ovp.Pair{J: i}
			}
			m := s.Model(p)
			for k, v := range variables {
				if want := a>>(len(variables)-1-k)&1 == 1; m[v-1] != want {
					return fmt.Errorf("side %d, vector %d: variable %d is %t, want %t", side, i, v, m[v-1], want)
				}
			}
		}
	}
	return nil
}

// narrowing is acrossOnly with a coordinate after each clause's that is dropped, since the first variable must be
// true.
func narrowing(n, m int) sat.Formula {
	f := sat.Formula{Variables: n, Clauses: [][]sat.Literal{{1}}}
	for _, c := range acrossOnly(n, m).Clauses {
		f.Clauses = append(f.Clauses, c, []sat.Literal{1, sat.Literal(n)})
	}
	return f
}

// listed are formulas of halves that are all suffix, walked, and cut into subtrees; with clauses within one
// half, within both, and none; with vectors of no word, one and several; and one that nothing is left of.
func listed(t *testing.T) map[string]sat.Formula {
	uniform := func(n, m, width int) sat.Formula {
		f, err := sat.Uniform(rand.New(rand.NewPCG(uint64(n), uint64(m))), n, m, width)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	apart := sat.Formula{Variables: 28} // no clause is across
	for v := 1; v < 28; v++ {
		if v != 14 {
			apart.Clauses = append(apart.Clauses, []sat.Literal{sat.Literal(v), sat.Literal(-v - 1)})
		}
	}
	impossible := acrossOnly(26, 10)
	impossible.Clauses = append(impossible.Clauses, []sat.Literal{13}, []sat.Literal{-13})
	return map[string]sat.Formula{
		"one variable":       uniform(1, 1, 1),
		"all suffix":         uniform(9, 20, 3),
		"a whole suffix":     uniform(12, 20, 3),
		"one level walked":   uniform(13, 70, 3),
		"one subtree":        uniform(24, 60, 3),
		"two subtrees":       uniform(26, 60, 3),
		"eight and four":     uniform(29, 66, 3),
		"long clauses":       uniform(24, 200, 7),
		"short clauses":      uniform(26, 20, 2),
		"nothing is cut":     acrossOnly(28, 65),
		"nothing is across":  apart,
		"every other stays":  narrowing(28, 70),
		"nothing lives":      impossible,
		"only unit clauses":  uniform(27, 3, 1),
		"a literal repeated": {Variables: 14, Clauses: [][]sat.Literal{{6, 6, 7}, {14, 14}, {-1, -14, -1}}},
	}
}

// TestListsAreTheDefinitions, on any number of cores. That the comparison bites: another formula, with one
// literal negated, does not pass for this one, be the literal in a clause within or across.
func TestListsAreTheDefinitions(t *testing.T) {
	for name, f := range listed(t) {
		in, assignments := listByDefinition(f)
		for cores := 1; cores <= 3; cores++ {
			env := testEnv()
			env.Cores = cores
			s, err := reductions.SplitAndList(env, f)
			if err != nil {
				t.Fatal(err)
			}
			if err := listsDiffer(s, in, assignments); err != nil {
				t.Errorf("%s, %d cores: %v", name, cores, err)
			}
		}
		for i := 0; i < len(f.Clauses); i += 1 + len(f.Clauses)/5 {
			if len(f.Clauses[i]) == 1 {
				continue // what is left of the half is the same list
			}
			other := sat.Formula{Variables: f.Variables, Clauses: slices.Clone(f.Clauses)}
			other.Clauses[i] = slices.Clone(f.Clauses[i])
			other.Clauses[i][0] *= -1
			s, err := reductions.SplitAndList(testEnv(), other)
			if err != nil {
				t.Fatal(err)
			}
			if name != "nothing lives" && listsDiffer(s, in, assignments) == nil {
				t.Errorf("%s: with a literal of clause %v negated, the lists pass", name, f.Clauses[i])
			}
		}
	}
}

// asked is a context that ends when it has been asked for its error a number of times.
type asked struct {
	context.Context
	times, until int64
}

func (a *asked) Err() error {
	if atomic.AddInt64(&a.times, 1) > a.until {
		return context.Canceled
	}
	return nil
}

// TestListingStops: it asks its context for every subtree and within large ones, and goes no further when the
// context has ended, wherever it is.
func TestListingStops(t *testing.T) {
	for name, f := range map[string]sat.Formula{
		"written":  acrossOnly(32, 500),
		"narrowed": narrowing(28, 70),
	} {
		ask := func(cores int, until int64) (*reductions.Split, int64, error) {
			ctx := &asked{Context: context.Background(), until: until}
			s, err := reductions.SplitAndList(finegrain.Env{Context: ctx, Cores: cores}, f)
			return s, ctx.times, err
		}
		s, all, err := ask(1, math.MaxInt64)
		if err != nil {
			t.Fatal(err)
		}
		if words := s.OV.Bytes() / 8; all < words>>17 {
			t.Errorf("%s: %d looks at the context for %d words", name, all, words)
		}
		for until := int64(0); until < all; until += 1 + all/20 {
			for cores := 1; cores <= 2; cores++ {
				s, times, err := ask(cores, until)
				if !errors.Is(err, context.Canceled) || s != nil {
					t.Errorf("%s: cancelled at look %d of %d it returns %v", name, until+1, all, err)
				}
				if times > until+int64(4*cores) {
					t.Errorf("%s: cancelled at look %d of %d it goes on to look %d", name, until+1, all, times)
				}
			}
		}
	}
}

// TestListsAreAllocatedOnce, exactly, with what says which assignments they stand for, whether coordinates are
// dropped or not; and not if both together are more than env.Memory.
func TestListsAreAllocatedOnce(t *testing.T) {
	for _, c := range []struct {
		name                 string
		f                    sat.Formula
		words, kept          int64 // of a vector, before and after coordinates are dropped
		vectors, assignments int64
	}{
		{"nothing is cut", acrossOnly(34, 128), 2, 2, 2 << 17, 0},
		{"every other coordinate is dropped", narrowing(34, 80), 3, 2, 1<<16 + 1<<17, 1 << 16},
	} {
		bytes := 8*c.words*c.vectors + 4*c.assignments
		least := int64(math.MaxInt64)
		for range 3 {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			s, err := reductions.SplitAndList(testEnv(), c.f)
			runtime.ReadMemStats(&after)
			if err != nil || s.OV.Bytes() != 8*c.kept*c.vectors {
				t.Fatalf("%s: %v, %d bytes", c.name, err, s.OV.Bytes())
			}
			least = min(least, int64(after.TotalAlloc-before.TotalAlloc))
		}
		if least > bytes+bytes/16 {
			t.Errorf("%s: %d bytes are allocated for lists of %d", c.name, least, bytes)
		}
		env := testEnv()
		env.Memory = bytes
		if _, err := reductions.SplitAndList(env, c.f); err != nil {
			t.Errorf("%s: %d bytes are enough, and %v", c.name, bytes, err)
		}
		env.Memory--
		if _, err := reductions.SplitAndList(env, c.f); err == nil || !strings.Contains(err.Error(), "Env.Memory") {
			t.Errorf("%s: %d bytes where %d are allowed: %v", c.name, bytes, env.Memory, err)
		}
	}
}
