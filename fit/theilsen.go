package fit

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// The exponent as the median of the slopes between all pairs of sizes (Theil 1950), with the interval of Sen
// (1968).
//
// At the true slope β the residuals of exchangeable errors are in random order, so that the number D of pairs
// whose slope lies below β is distributed as the number of inversions of a random permutation, which is
// Kendall's (1938). Hence β < s_(r), the r-th smallest slope, just where D ≤ r−1, and [s_(r), s_(N+1−r)] misses
// β with probability 2·P(D ≤ r−1), whatever the distribution of the errors. r is the largest for which that is
// at most 1 − level.

// exactKendall is the number of sizes up to which Kendall's distribution is summed; above, it is approximated by
// the normal one, with a correction for continuity.
const exactKendall = 100

// TheilSen estimates the exponent of points as the median of all pairwise slopes on logarithms; up to 29 % of
// the sizes may be arbitrarily wrong without carrying it away. The interval covers at least the level if errors
// are exchangeable, and usually more: at 6 sizes 0.983 is the least above 0.95. It needs five sizes at 0.95; the
// error says when there are too few for the level.
func TheilSen(points []Point, level float64) (Estimate, error) {
	c, err := logarithms(points, 3)
	if err != nil {
		return Estimate{}, err
	}
	if err := checkLevel(level); err != nil {
		return Estimate{}, err
	}
	m := len(c.u)
	rank := kendallRank(m, (1-level)/2)
	if rank == 0 {
		return Estimate{}, fmt.Errorf("%d sizes give no interval at level %g by ranks: add sizes", m, level)
	}
	slopes := make([]float64, 0, m*(m-1)/2)
	for j := range c.u {
		for i := range j {
			slopes = append(slopes, (c.v[j]-c.v[i])/(c.u[j]-c.u[i]))
		}
	}
	slices.Sort(slopes)
	b := Median(slopes)
	rest := make([]float64, m)
	for i := range rest {
		rest[i] = c.v[i] - b*c.u[i]
	}
	a := Median(rest)
	for i := range rest {
		rest[i] -= a
	}
	return Estimate{
		Method: "Theil–Sen", Slope: b, Low: slopes[rank-1], High: slopes[len(slopes)-rank], Level: level,
		Intercept: a, ResidualSD: math.Sqrt(sumOfSquares(rest) / float64(m-2)),
		Sizes: m, From: c.from(), To: c.to(),
	}, nil
}

// kendallRank is the largest r with P(D ≤ r−1) ≤ tail for the inversions D of a random permutation of m; 0:
// none.
func kendallRank(m int, tail float64) int {
	pairs := m * (m - 1) / 2
	if m > exactKendall {
		k := float64(m)
		sd := math.Sqrt(k * (k - 1) * (2*k + 5) / 72)
		return max(0, int(float64(pairs)/2+distuv.UnitNormal.Quantile(tail)*sd+.5))
	}
	// Inserting the k-th largest makes 0 to k−1 inversions, each as likely: a moving average of the
	// distribution.
	p := []float64{1}
	for k := 2; k <= m; k++ {
		next := make([]float64, len(p)+k-1)
		window := 0.0
		for d := range next {
			if d < len(p) {
				window += p[d]
			}
			if d >= k {
				window -= p[d-k]
			}
			next[d] = window / float64(k)
		}
		p = next
	}
	below, r := 0.0, 0
	for r < pairs/2 && below+p[r] <= tail {
		below += p[r]
		r++
	}
	return r
}
