package ovp

import (
	"fmt"

	"finegrain"
)

// An instance has two lists, and the question is about pairs with one vector from each (the bichromatic
// form). The lists may differ in length, since a reduction that prunes one side need not prune the other.

// Instance is two lists of vectors of one dimension. Both are multisets: n·m pairs are asked about,
// however many of the vectors are equal.
type Instance struct{ A, B Vectors }

// Pair is vector I of A and vector J of B, both from 0. Pairs are ordered by I, then by J.
type Pair struct{ I, J int }

// Less reports whether p comes before q.
func (p Pair) Less(q Pair) bool { return p.I < q.I || p.I == q.I && p.J < q.J }

// String returns "(3, 5)".
func (p Pair) String() string { return fmt.Sprintf("(%d, %d)", p.I, p.J) }

// Found is the answer of a search: a pair, if Any; otherwise Pair is zero and means nothing.
type Found struct {
	Any bool
	Pair
}

// String returns the pair or "none".
func (f Found) String() string {
	if !f.Any {
		return "none"
	}
	return f.Pair.String()
}

// Extreme is the answer of a search for the largest or least inner product: its Value and a Pair that
// has it. There is none if a side is empty; then Any is false and the rest is zero.
type Extreme struct {
	Any   bool
	Value int
	Pair
}

// String returns "2 at (3, 5)" or "none".
func (e Extreme) String() string {
	if !e.Any {
		return "none"
	}
	return fmt.Sprintf("%d at %v", e.Value, e.Pair)
}

// D is the dimension of both lists.
func (in Instance) D() int { return in.A.D() }

// Bytes is the memory that both lists take.
func (in Instance) Bytes() int64 { return in.A.Bytes() + in.B.Bytes() }

// Size declares n = |A|, m = |B| and d.
func (in Instance) Size() finegrain.Size {
	return finegrain.Size{}.WithInt("n", in.A.N()).WithInt("m", in.B.N()).WithInt("d", in.D())
}

// Validate returns nil if the lists have one dimension and keep the invariant of Vectors.
func (in Instance) Validate() error {
	if in.A.D() != in.B.D() {
		return fmt.Errorf("the vectors of A have %d bits and those of B %d; they must agree", in.A.D(), in.B.D())
	}
	if err := in.A.Validate(); err != nil {
		return fmt.Errorf("list A: %w", err)
	}
	if err := in.B.Validate(); err != nil {
		return fmt.Errorf("list B: %w", err)
	}
	return nil
}

// Equal reports whether the instances have the same lists.
func (in Instance) Equal(other Instance) bool { return in.A.Equal(other.A) && in.B.Equal(other.B) }

// has reports whether the pair's indices are in range.
func (in Instance) has(p Pair) bool {
	return p.I >= 0 && p.I < in.A.N() && p.J >= 0 && p.J < in.B.N()
}
