package polynomial

import (
	"math"
	"math/rand/v2"

	"finegrain/algorithms/attention"

	"gonum.org/v1/gonum/mat"
)

// Instances with bounded scores, for the law: random ones, keys with a common offset, and the worst that there are.

// sample draws an instance with 24+8·size queries and keys at most, and some tens at least; one in four is causal, one
// in four has ranges, and more keys, so that there are some leaves.
func sample(r *rand.Rand, size int) attention.Instance {
	n, m := 24+r.IntN(1+8*size), 24+r.IntN(1+8*size)
	switch r.IntN(4) {
	case 0:
		in := sampleOf(r, n, m)
		in.Causal = true
		return in
	case 1:
		in := sampleOf(r, n, 150+r.IntN(100))
		in.Ranges = attention.SampleRanges(r, in)
		return in
	}
	return sampleOf(r, n, m)
}

// sampleOf draws an instance of n queries and m keys without a mask.
func sampleOf(r *rand.Rand, n, m int) attention.Instance {
	d, dv, kind := 1+r.IntN(3), 1+r.IntN(3), r.IntN(6)
	if kind == 1 {
		d = 2
	}
	most := []float64{0, 1.5, 0.6, 0.3}[d] // |s·⟨q,k⟩| at most, so that the rank may stay below n and m
	b := math.Sqrt(most)
	in := attention.Instance{
		Q: attention.Uniform(r, n, d, b), K: attention.Uniform(r, m, d, b), V: attention.Uniform(r, m, dv, 1),
		Scale: 1 / float64(d), Epsilon: math.Pow(10, -1-4*r.Float64()),
	}
	switch kind {
	case 0: // an offset that centring takes away
		for l := range d {
			c := 10 * (2*r.Float64() - 1)
			for j := range m {
				in.K.Set(j, l, in.K.At(j, l)+c)
			}
		}
		in.Epsilon = max(in.Epsilon, 1e-3)
	case 1: // queries far from 0, keys along what is orthogonal to them: small scores of large terms
		for i := range n {
			in.Q.SetRow(i, []float64{60 + in.Q.At(i, 0)/60, 60 + in.Q.At(i, 1)/60})
		}
		for j := range m {
			u := 60 * in.K.At(j, 0)
			in.K.SetRow(j, []float64{u, -u})
		}
		in.Epsilon = 1e-5
	case 2, 3:
		return Worst(r, n, m, d, most, math.Pow(10, -1-4*r.Float64()))
	}
	return in
}

// Worst is an instance on which the Chebyshev polynomial errs nearly as much as its bound. All queries are one vector,
// and the keys collinear with it. The error relative to e^x is largest at the corner x = −M and nearly as large, with the
// other sign, at the extremum of T_(g+1) next to it. Half of the weight is at each, where values are ±1, so
// that the average moves by the whole of ε_A; and one key at +M keeps centring from making M smaller. The degree g
// is that for ε without rounding.
func Worst(r *rand.Rand, n, m, d int, most, epsilon float64) attention.Instance {
	g, _ := ChebyshevDegree(most, epsilon)
	next := -most * math.Cos(math.Pi/float64(g+1))
	sign := float64(1 - 2*r.IntN(2))
	q, k, v := mat.NewDense(n, d, nil), mat.NewDense(m, d, nil), mat.NewDense(m, 1, nil)
	for i := range n {
		for l := range d {
			q.Set(i, l, 1)
		}
	}
	corner := int(float64(m-1) * math.Exp(next) / (math.Exp(next) + math.Exp(-most))) // many: their weights are small
	for j := range m {
		x, value := next, -sign
		switch {
		case j == m-1:
			x, value = most, 0
		case j < corner:
			x, value = -most, sign
		}
		for l := range d {
			k.Set(j, l, x/float64(d))
		}
		v.Set(j, 0, value)
	}
	return attention.Instance{Q: q, K: k, V: v, Scale: 1, Epsilon: epsilon}
}
