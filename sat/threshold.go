package sat

// Uniform k-CNF at the satisfiability threshold: as the number of variables grows, formulas of a lower
// ratio m/n are satisfiable with probability near 1, of a higher one near 0, and decisions are hardest
// around it (Mitchell, Selman and Levesque 1992).

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// cavityRatios are the thresholds for k = 3 to 7 that the cavity method of statistical physics predicts:
// Mertens, Mézard and Zecchina, Threshold Values of Random K-SAT from the Cavity Method, 2006. They are
// quoted (5 to 7 not checked against the paper's text) and not theorems for these k; for k = 3 experiments of Lundow and Markström (2017) suggest at most 4.262.
var cavityRatios = [...]float64{3: 4.267, 4: 9.931, 5: 21.117, 6: 43.37, 7: 87.79}

// ThresholdRatio returns the ratio m/n of clauses to variables around which a uniform formula of width
// k ≥ 2 turns from satisfiable to not: 1 for k = 2 (a theorem: Chvátal and Reed, Goerdt, both 1992), the
// prediction of the cavity method for k = 3 to 7, and from 8 on 2^k ln 2 − (1 + ln 2)/2, which is the
// threshold up to a term that vanishes as k grows (Ding, Sly and Sun 2015, for large k) and is a
// prediction for any given k. It panics if k < 2: without width there is no such ratio.
//
// All of these are limits. With few variables the change is gradual and comes at a higher ratio.
func ThresholdRatio(k int) float64 {
	switch {
	case k < 2:
		panic(fmt.Sprintf("sat: no threshold ratio for clauses of width %d; width 2 is the least", k))
	case k == 2:
		return 1
	case k < len(cavityRatios):
		return cavityRatios[k]
	default:
		return math.Ldexp(math.Ln2, k) - (1+math.Ln2)/2
	}
}

// Threshold draws a uniform formula of n variables and width k without repeated clauses, with the nearest
// number of clauses to ThresholdRatio(k)·n. It needs 2 ≤ k ≤ n and so many different clauses.
func Threshold(r *rand.Rand, n, k int) (Formula, error) {
	if k < 2 || k > n {
		return Formula{}, fmt.Errorf("sat: threshold: n = %d, k = %d; k must be from 2 to n", n, k)
	}
	m := math.Round(ThresholdRatio(k) * float64(n))
	if err := withinLimits("threshold", float64(n), m, m*float64(k)); err != nil {
		return Formula{}, err
	}
	return Uniform(r, n, int(m), k)
}
