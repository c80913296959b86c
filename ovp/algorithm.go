package ovp

import (
	"fmt"
	"math/big"

	"finegrain"
	"finegrain/internal/simd"
)

// Algorithms are declared as values: what they do, where they are valid, and what they cost before they
// run. The catalogue lists them, and one law holds them all to the definition.

// Algorithm is an exact algorithm for orthogonal vectors. Its functions check the instance and its regime
// and return an error outside; they return the same answer and the same Cost whatever the number of
// cores; cancelled, they return the Env's error within a few milliseconds. n = |A|, m = |B|, d is the
// dimension. VerifyAlgorithm holds an algorithm to all of it but Bytes, which a test of this package does.
type Algorithm struct {
	Name   string
	Doc    string
	Source finegrain.Source

	// Valid returns nil if the algorithm serves instances of this size, and else says why not and what
	// to do instead.
	Valid func(n, m, d int) error

	// Cost is what Count and Histogram count, and Find if it finds nothing. It leaves out what depends on
	// the vectors.
	Cost func(n, m, d int) finegrain.Cost

	// Adapts reports whether Count and Find may count less than Cost, as the vectors allow; then Cost is the
	// most. It is nil if they never do. A Histogram always counts Cost.
	Adapts func(n, m, d int) bool

	// Bytes is the most memory held at once beyond the instance and the answer, or math.MaxInt64 if that is
	// more. It leaves out a fixed amount below 64 KiB.
	Bytes func(cores, n, m, d int) int64

	// Find returns the first orthogonal pair in the order of pairs, or none.
	Find func(finegrain.Env, Instance) (Found, finegrain.Cost, error)

	// Count returns the number of orthogonal pairs.
	Count func(finegrain.Env, Instance) (*big.Int, finegrain.Cost, error)

	// Histogram counts the pairs of every inner product. It is nil if the algorithm does not.
	Histogram func(finegrain.Env, Instance) (Histogram, finegrain.Cost, error)
}

// Algorithms lists the algorithms, the one for every size first.
func Algorithms() []Algorithm { return []Algorithm{Scan, Zeta} }

// with is run in the instructions that are chosen when it is called; it returns the error of a choice that cannot
// be made.
func with[A any](
	choose func() (simd.ISA, error), run func(finegrain.Env, Instance, simd.ISA) (A, finegrain.Cost, error),
) func(finegrain.Env, Instance) (A, finegrain.Cost, error) {
	return func(env finegrain.Env, in Instance) (answer A, cost finegrain.Cost, err error) {
		isa, err := choose()
		if err != nil {
			return answer, nil, err
		}
		err = env.Together(func(env finegrain.Env) error {
			answer, cost, err = run(env, in, isa)
			return err
		})
		return answer, cost, err
	}
}

// Reach returns nil if the instance is legal and in the algorithm's regime.
func (a Algorithm) Reach(in Instance) error {
	if err := in.Validate(); err != nil {
		return err
	}
	return a.Valid(in.A.N(), in.B.N(), in.D())
}

// DecisionOracle answers Decision with the algorithm.
func (a Algorithm) DecisionOracle() finegrain.Oracle[Instance, bool] {
	return oracle(a, func(env finegrain.Env, in Instance) (bool, error) {
		found, _, err := a.Find(env, in)
		return found.Any, err
	})
}

// SearchOracle answers Search with the algorithm.
func (a Algorithm) SearchOracle() finegrain.Oracle[Instance, Found] {
	return oracle(a, func(env finegrain.Env, in Instance) (Found, error) {
		found, _, err := a.Find(env, in)
		return found, err
	})
}

// CountingOracle answers Counting with the algorithm.
func (a Algorithm) CountingOracle() finegrain.Oracle[Instance, *big.Int] {
	return oracle(a, func(env finegrain.Env, in Instance) (*big.Int, error) {
		count, _, err := a.Count(env, in)
		return count, err
	})
}

// MaxInnerProductOracle answers MaxInnerProduct with the algorithm. It is an error if the algorithm has
// no Histogram.
func (a Algorithm) MaxInnerProductOracle() (finegrain.Oracle[Instance, Extreme], error) {
	return a.extremeOracle(func(h Histogram) Extreme { return h.Max })
}

// MinInnerProductOracle is MaxInnerProductOracle for MinInnerProduct.
func (a Algorithm) MinInnerProductOracle() (finegrain.Oracle[Instance, Extreme], error) {
	return a.extremeOracle(func(h Histogram) Extreme { return h.Min })
}

func (a Algorithm) extremeOracle(pick func(Histogram) Extreme) (finegrain.Oracle[Instance, Extreme], error) {
	if a.Histogram == nil {
		return finegrain.Oracle[Instance, Extreme]{}, fmt.Errorf("%s does not compute inner products; scan does", a.Name)
	}
	return oracle(a, func(env finegrain.Env, in Instance) (Extreme, error) {
		h, _, err := a.Histogram(env, in)
		return pick(h), err
	}), nil
}

func oracle[A any](a Algorithm, ask func(finegrain.Env, Instance) (A, error)) finegrain.Oracle[Instance, A] {
	return finegrain.Oracle[Instance, A]{Name: a.Name, Reach: a.Reach, Ask: ask}
}
