package reductions

import (
	"fmt"
	"iter"
	"math"
	"math/big"

	"finegrain"
)

// Compose is the reduction that runs f and answers each query of f by running g. It does not compile
// unless g starts from the problem type that f ends in, and panics unless it is the same problem.
//
// Plans compose too: the composed plan lists the final instances, in the order in which f's queries, and
// for each of them g's, come. Its memory is that of f's queries that the inner plans hold on to.
//
// Failure probabilities add up: by the union bound over f's calls, Fail_f + calls_f · Fail_g, both at the
// bounds of their sizes. The composition is not called one-sided: f may turn a wrong no into a wrong yes.
func Compose[S, A, T, B, U, C any](f Reduction[S, A, T, B], g Reduction[T, B, U, C]) Reduction[S, A, U, C] {
	if f.To.Name != g.From.Name {
		panic(fmt.Sprintf("reductions: cannot compose %q, which ends in %q, with %q, which starts from %q", f.Name, f.To.Name, g.Name, g.From.Name))
	}
	kind := TruthTable
	if f.Kind == ManyOne && g.Kind == ManyOne {
		kind = ManyOne
	}
	composed := Reduction[S, A, U, C]{
		Name:   f.Name + " → " + g.Name,
		Doc:    f.Doc + " Then: " + g.Doc,
		Source: finegrain.Source{Paper: g.Source.Paper, Provenance: finegrain.Derived, Argument: "composition of " + f.Name + " and " + g.Name},
		From:   f.From,
		To:     g.To,
		Kind:   kind,
		Bound: func(s finegrain.Size) Group {
			outer := f.Bound(s)
			inner := g.Bound(outer.Size)
			return Group{new(big.Int).Mul(outer.Calls, inner.Calls), inner.Size}
		},
		Growth:   f.Growth.Then(g.Growth),
		composed: true,
	}
	if f.Fail != nil || g.Fail != nil {
		composed.Fail = func(s finegrain.Size) float64 {
			fail := 0.0
			if f.Fail != nil {
				fail += f.Fail(s)
			}
			if g.Fail != nil {
				outer := f.Bound(s)
				calls, _ := new(big.Float).SetInt(outer.Calls).Float64()
				fail += calls * g.Fail(outer.Size)
			}
			return min(fail, 1)
		}
	}
	composed.Plan = func(env finegrain.Env, s S, oracle finegrain.Oracle[U, C]) (Plan[U, C, A], error) {
		reach := finegrain.Oracle[T, B]{
			Name: g.Name + " with " + oracle.Name,
			Reach: func(t T) error {
				quiet := env
				quiet.Watch = nil
				_, err := g.plan(quiet, t, oracle)
				return err
			},
			Ask: func(finegrain.Env, T) (B, error) { panic("reductions: a plan asked its oracle for an answer") },
		}
		outer, err := f.plan(env, s, reach)
		if err != nil {
			return Plan[U, C, A]{}, err
		}
		var inner []Plan[U, C, B]
		var queries Queries
		for j, t := range outer.Each {
			if err := env.Err(); err != nil {
				return Plan[U, C, A]{}, err
			}
			p, err := g.plan(env.Sub(fmt.Sprintf("query %d", j)), t, oracle)
			if err != nil {
				return Plan[U, C, A]{}, err
			}
			inner = append(inner, p)
			queries = append(queries, p.Queries...)
		}
		return Plan[U, C, A]{
			Queries: queries,
			Each:    concatenate(inner),
			Reader:  func() Reader[C, A] { return newComposedReader(outer.Reader(), inner) },
		}, nil
	}
	return composed
}

// concatenate lists the queries of the plans one after the other, numbered through.
func concatenate[U, C, B any](plans []Plan[U, C, B]) iter.Seq2[int, U] {
	return func(yield func(int, U) bool) {
		offset := 0
		for _, p := range plans {
			for l, u := range p.Each {
				if !yield(offset+l, u) {
					return
				}
			}
			offset += p.Queries.Count()
		}
	}
}

// composedReader feeds g's readers with the final answers and f's reader with theirs.
//
// Invariant: plans[j] is the outer query that f's reader waits for, inner is its reader, which waits for an
// answer, and offset is the index of its first final query; or j = len(plans) and nothing is waited for.
type composedReader[U, C, B, A any] struct {
	outer     Reader[B, A]
	plans     []Plan[U, C, B]
	j, offset int
	inner     Reader[C, B]
	err       error
}

func newComposedReader[U, C, B, A any](outer Reader[B, A], plans []Plan[U, C, B]) *composedReader[U, C, B, A] {
	r := &composedReader[U, C, B, A]{outer: outer, plans: plans}
	r.err = r.settle()
	return r
}

// settle restores the invariant: it answers outer queries whose inner reader waits for nothing more.
func (r *composedReader[U, C, B, A]) settle() error {
	for {
		for ; r.j < min(r.outer.Next(), len(r.plans)); r.j++ {
			r.offset += r.plans[r.j].Queries.Count()
			r.inner = nil
		}
		if r.j == len(r.plans) {
			return nil
		}
		if r.inner == nil {
			r.inner = r.plans[r.j].Reader()
		}
		if r.inner.Next() < r.plans[r.j].Queries.Count() {
			return nil
		}
		answer, err := r.inner.Answer()
		if err != nil {
			return err
		}
		if err := r.outer.Take(answer); err != nil {
			return err
		}
	}
}

func (r *composedReader[U, C, B, A]) Next() int {
	if r.err != nil || r.j == len(r.plans) {
		return math.MaxInt
	}
	return r.offset + r.inner.Next()
}

func (r *composedReader[U, C, B, A]) Take(answer C) error {
	if r.err == nil {
		r.err = r.inner.Take(answer)
	}
	if r.err == nil {
		r.err = r.settle()
	}
	return r.err
}

func (r *composedReader[U, C, B, A]) Answer() (A, error) {
	if r.err != nil {
		var none A
		return none, r.err
	}
	return r.outer.Answer()
}
