package attention

import (
	"math"

	"finegrain"
)

// ObservedError is max|out − exact| over the given rows, nil for all of them, measured against the
// definition at arbitrary precision and rounded up: never below the truth, and above it by 2^−20 of what
// out promises at most.
func ObservedError(env finegrain.Env, in Instance, out Output, rows []int) (float64, error) {
	d, err := measure(env, in, out, rows)
	if err != nil {
		return 0, err
	}
	return sumUp(d.distance, d.reference), nil
}

// deviation is how far an output is from a reference, and how far at most that is from the truth.
type deviation struct {
	distance, reference float64
	row                 int // where distance is reached
}

// measure compares rows of an output with the definition, far more precisely than the output promises and
// than the definition itself computes by default.
func measure(env finegrain.Env, in Instance, out Output, rows []int) (deviation, error) {
	fine := in.Regime()
	fine.Epsilon = max(out.Bound*0x1p-20, math.SmallestNonzeroFloat64)
	exact, err := Reference(env, in, rows, max(bitsFor(fine), defaultBits+64))
	if err != nil {
		return deviation{}, err
	}
	d := deviation{reference: exact.Bound}
	d.distance, d.row = Distance(out.rows(rows), exact)
	return d, nil
}
