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
		Q: Uniform(r, n, d, b), K: Uniform(r, m, d, b), V: Uniform(r, m, dv, 1),
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

// SampleRanges draws ranges of keys for the queries of an instance, of one kind for all: any, windows about a
// position that moves with the query, single keys, those before and those from a key on, and all.
func SampleRanges(r *rand.Rand, in Instance) []Range {
	n, _ := in.Q.Dims()
	m, _ := in.K.Dims()
	ranges := make([]Range, n)
	kind, width := r.IntN(5), 1+r.IntN(m)
	for i := range ranges {
		a, b := r.IntN(m), r.IntN(m)
		switch kind {
		case 0:
			ranges[i] = Range{min(a, b), max(a, b) + 1}
		case 1:
			ranges[i] = Range{max(0, i*m/n-width/2), min(m, i*m/n+width/2+1)}
		case 2:
			ranges[i] = Range{a, a + 1}
		case 3:
			ranges[i] = []Range{{0, a + 1}, {a, m}}[i%2]
		case 4:
			ranges[i] = Range{0, m}
		}
	}
	return ranges
}

// Uniform is a matrix with entries uniform in [−b, b), drawn row by row.
func Uniform(r *rand.Rand, rows, cols int, b float64) *mat.Dense {
	data := make([]float64, rows*cols)
	for i := range data {
		data[i] = b * (2*r.Float64() - 1)
	}
	return mat.NewDense(rows, cols, data)
}
