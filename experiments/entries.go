package experiments

// Entries and tolerances of the routes against n, computed from their formulas.
//
// "The smallest entries that serve" depends on the error that the oracle is allowed, so a curve is honest
// only if it fixes that error as a function of n. Here ε(n) = n^{−C} and d = ⌈c·ln n⌉, and (c, C) is part
// of the curve's name. The entries of a fixed machine precision are another curve, labelled so: for ε
// constant they grow faster than √ln n.

import (
	"fmt"
	"math"
	"strings"
	"sync/atomic"

	"finegrain"
	"finegrain/ovp"
	"finegrain/reductions"
)

// Setting fixes dimension and error as functions of n: d = ⌈c·ln n⌉, and ε = n^{−C}, or FixedError if
// that is positive.
type Setting struct {
	C          float64 // exponent of the error
	Dim        float64 // c
	FixedError float64
}

// Epsilon is the error allowed at n.
func (s Setting) Epsilon(n float64) float64 {
	if s.FixedError > 0 {
		return s.FixedError
	}
	return math.Pow(n, -s.C)
}

// D is the dimension at n.
func (s Setting) D(n float64) int { return int(math.Ceil(s.Dim * math.Log(n))) }

// EntryPoint is one n of an entry curve.
type EntryPoint struct {
	N         float64
	D         int
	B         float64 // largest absolute entry
	Scale     float64
	Tolerance float64 // error that the read-off tolerates
}

// EntryCurve is B against n for one route in one setting.
type EntryCurve struct {
	Name, Route string
	Setting     Setting
	Points      []EntryPoint
}

// LeastH is the least h at which the interpolation route tolerates the error, by bisection, or an error if
// none does: Λ is at least 1, so ε must be below 1/(8n) whatever the entries.
func LeastH(n float64, d int, epsilon float64) (float64, error) {
	// log2 of 1/(8nΛ), which falls with Λ and so grows with h.
	allows := func(h float64) bool {
		return -3-math.Log2(n)-reductions.LogAmplification(d, h) > math.Log2(epsilon)
	}
	low, high := 1e-9, 64.0
	if !allows(high) {
		return 0, fmt.Errorf("interpolation at n = %.4g, d = %d tolerates no error of %.3g, however large its entries", n, d, epsilon)
	}
	if allows(low) {
		return low, nil
	}
	for high-low > 1e-12*high {
		if middle := (low + high) / 2; allows(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return high, nil
}

// InterpolationEntries is the curve of the interpolation route at n = 2^from … 2^to.
func InterpolationEntries(s Setting, from, to int) (EntryCurve, error) {
	curve := EntryCurve{
		Name:    fmt.Sprintf("interpolation, scale 1/d, ε = n%s, d = ⌈%g ln n⌉", superscript(-s.C), s.Dim),
		Route:   "interpolation",
		Setting: s,
	}
	if s.FixedError > 0 {
		curve.Name = fmt.Sprintf("interpolation, scale 1/d, ε = 10%s whatever n, d = ⌈%g ln n⌉", superscript(math.Log10(s.FixedError)), s.Dim)
	}
	for k := from; k <= to; k++ {
		n := math.Exp2(float64(k))
		d, epsilon := s.D(n), s.Epsilon(n)
		h, err := LeastH(n, d, epsilon)
		if err != nil {
			return curve, err
		}
		curve.Points = append(curve.Points, EntryPoint{n, d, reductions.Entry(d, h), 1 / float64(d), epsilon})
	}
	return curve, nil
}

// superscript writes a number as an exponent.
func superscript(x float64) string {
	return strings.NewReplacer("-", "⁻", ".", "·", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹").
		Replace(fmt.Sprintf("%.4g", x))
}

// ThresholdEntries is the curve of the threshold route, at scale 1 as it is laid out or, normalised, at
// Alman and Song's scale 1/d, where the same scores need entries larger by √d.
func ThresholdEntries(s Setting, normalised bool, from, to int) EntryCurve {
	curve := EntryCurve{Name: "threshold, scale 1, ε = 1/12", Route: "threshold", Setting: s}
	if normalised {
		curve.Name = fmt.Sprintf("threshold, scale 1/d, ε = 1/12, d = ⌈%g ln n⌉", s.Dim)
	}
	for k := from; k <= to; k++ {
		n := math.Exp2(float64(k))
		p := EntryPoint{N: n, D: s.D(n), B: math.Sqrt(math.Log(2 * n)), Scale: 1, Tolerance: 1.0 / 12}
		if normalised {
			p.B *= math.Sqrt(float64(p.D))
			p.Scale = 1 / float64(p.D)
		}
		curve.Points = append(curve.Points, p)
	}
	return curve
}

// Decoding is a run of the interpolation route's read-off against the worst oracle of the stated error.
type Decoding struct {
	N, D      int
	B         float64
	Tolerance float64
	Rows      int
	Wrong     int // rows whose count came out wrong; 0 if the theory is right
}

// Decode runs the interpolation route at n vectors a side, d = ⌈c·ln n⌉ random coordinates and the least
// entries for ε = n^{−C}, against an oracle that errs by just ε with the sign of each node's coefficient,
// which is the worst that an oracle within ε can do. The exact outputs are computed from the histogram of
// inner products, so no attention is run and n may be large.
//
// understated is the factor by which the oracle errs more than it says: 1 for one that keeps its promise.
func Decode(env finegrain.Env, n int, s Setting, understated float64) (Decoding, error) {
	d := s.D(float64(n))
	epsilon := s.Epsilon(float64(n))
	h, err := LeastH(float64(n), d, epsilon)
	if err != nil {
		return Decoding{}, err
	}
	// A density at which a random pair is orthogonal with probability about 1/n.
	density := math.Sqrt(1 - math.Pow(float64(n), -1/float64(d)))
	random := env.Rand("vectors")
	draw := func() ovp.Vectors {
		v := ovp.NewVectors(n, d)
		for i := range n {
			for k := range d {
				if random.Float64() < density {
					v.Set(i, k)
				}
			}
		}
		return v
	}
	in := ovp.Instance{A: draw(), B: draw()}
	nodes, err := reductions.NewNodes(env, n, d, h)
	if err != nil {
		return Decoding{}, err
	}
	var wrong atomic.Int64
	err = env.ForEach(n, func(i int) {
		histogram := make([]int64, d+1)
		for j := range n {
			histogram[in.InnerProduct(ovp.Pair{I: i, J: j})]++
		}
		for _, shift := range []float64{understated * epsilon, -understated * epsilon} {
			if got, err := nodes.Decode(env, histogram, shift); err != nil || got.Int64() != histogram[0] {
				wrong.Add(1)
				break
			}
		}
	})
	return Decoding{N: n, D: d, B: nodes.Roots[d], Tolerance: epsilon, Rows: n, Wrong: int(wrong.Load())}, err
}
