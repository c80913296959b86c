package attention

import (
	"math"
	"math/rand/v2"

	"finegrain"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Keys at the corner: where methods that replace e^x on the scores [−M, M] by something else, with an error that is the
// same everywhere, err most. (Derived here.) Relative to the weight e^x such an error is largest at x = −M. So all
// queries are one corner (±B,…,±B), M = B² at scale 1/d; keys t times that corner have the score t·M. Half of the weight
// is that of keys at t = −1, whose values are 1 in some columns and −1 in the others; the other half, of the opposite
// value, is spread evenly over all scores, where errors of both signs cancel, so that the average moves by about half
// of the relative error at the corner, whatever approximates. Keys from t = −1 to 1 leave nothing to gain by centring.
//
// If c of m keys are at the corner, and of the others one is at t = 1 and the rest are uniform in t, where e^x is
// sinh(M)/M on average, then the halves are equal for c·e^−M = e^M + (m−c−1)·sinh(M)/M. Where M is so large that no c
// does it, all keys but one are at the corner.

// KeysAtCorner is the worst that there is for approximations of e^x, up to a factor of 2.
var KeysAtCorner = Generator{
	Name: "corner",
	Doc:  "half of the weight on keys whose scores are least, where approximations of e^x err most; scale 1/d",
	Source: finegrain.Source{
		Paper: finegrain.AlmanSong2023, Provenance: finegrain.Derived,
		Argument: "an error of e^x is largest relative to e^x at the least score; errors of the evenly spread rest cancel",
	},
	Parameters: []Parameter{queriesParameter, keysParameter, dimParameter(8), valuesParameter, boundParameter(1)},
	generate: func(r *rand.Rand, p map[string]float64) Instance {
		n, m, d, dv := shape(p)
		b := p["B"]
		q, k, v := mat.NewDense(n, d, nil), mat.NewDense(m, d, nil), mat.NewDense(m, dv, nil)
		at, columns := signs(r, d, b), signs(r, dv, 1)
		for i := range n {
			q.SetRow(i, at)
		}
		corner := m - 1 - int(spreadKeys(float64(m), b*b))
		for rank, j := range r.Perm(m) {
			t, value := -1.0, 1.0
			switch {
			case rank == m-1:
				t, value = 1, -1
			case rank >= corner:
				t, value = 2*r.Float64()-1, -1
			}
			floats.ScaleTo(k.RawRowView(j), t, at)
			floats.ScaleTo(v.RawRowView(j), value, columns)
		}
		return Instance{Q: q, K: k, V: v, Scale: 1 / float64(d)}
	},
}

// spreadKeys is m−c−1, with numerator and denominator divided by e^M.
func spreadKeys(m, most float64) float64 {
	low, mean := math.Exp(-2*most), 1.0
	if most > 0 {
		mean = -math.Expm1(-2*most) / (2 * most)
	}
	return max(0, ((m-1)*low-1)/(mean+low))
}

// signs draws a vector of ±x.
func signs(r *rand.Rand, length int, x float64) []float64 {
	v := make([]float64, length)
	for l := range v {
		v[l] = x * float64(1-2*r.IntN(2))
	}
	return v
}
