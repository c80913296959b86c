package attention

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Small instances for the laws: random ones, and those on which scores tie, repeat, are large or tiny.

// Sample draws an instance with up to 2+3·size queries and keys and one to six coordinates. Its kinds:
// random entries, tied keys, few distinct keys, large scores (B = 30), tiny entries; a quarter of each
// causal. ε runs from 1e-2 to 1e-12 and is sometimes 1e-40. Everything is symmetric under V → −V.
func Sample(r *rand.Rand, size int) Instance {
	n, m := 1+r.IntN(2+3*size), 1+r.IntN(2+3*size)
	d, dv := 1+r.IntN(6), 1+r.IntN(3)
	b := 1.0
	kind := r.IntN(5)
	switch kind {
	case 3:
		b = 30
	case 4:
		b = 1e-8
	}
	in := Instance{
		Q: uniform(r, n, d, b), K: uniform(r, m, d, b), V: uniform(r, m, dv, 1),
		Scale:   []float64{1, 1 / float64(d), -0.5}[r.IntN(3)],
		Causal:  r.IntN(4) == 0,
		Epsilon: math.Pow(10, -2-10*r.Float64()),
	}
	switch kind {
	case 1: // tied along every query: all keys equal but for the last bits
		for j := 1; j < m; j++ {
			for l := range d {
				in.K.Set(j, l, in.K.At(0, l)*(1+float64(r.IntN(3)-1)*0x1p-50))
			}
		}
	case 2: // duplicates
		for j := range m {
			in.K.SetRow(j, in.K.RawRowView(r.IntN(1+m/3)))
		}
	}
	if r.IntN(8) == 0 {
		in.Epsilon = 1e-40
	}
	return in
}

// uniform is a matrix with entries uniform in [−b, b).
func uniform(r *rand.Rand, rows, cols int, b float64) *mat.Dense {
	data := make([]float64, rows*cols)
	for i := range data {
		data[i] = b * (2*r.Float64() - 1)
	}
	return mat.NewDense(rows, cols, data)
}
