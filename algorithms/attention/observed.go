package attention

import (
	"math"

	"finegrain"
)

// ObservedError is max|out − exact| over the given rows, nil for all of them, measured against the definition at arbitrary
// precision and rounded up.
func ObservedError(env finegrain.Env, in Instance, out Output, rows []int) (float64, error) {
	// Enough bits that the reference's own error is far below anything that out can be held to.
	bits := uint(128)
	if in.Epsilon > 0 {
		bits = max(bits, uint(64-math.Log2(in.Epsilon)))
	}
	exact, err := Reference(env, in, rows, bits)
	if err != nil {
		return 0, err
	}
	distance, _ := Distance(out.rows(rows), exact)
	return distance, nil
}
