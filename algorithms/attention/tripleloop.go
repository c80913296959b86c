package attention

import "math"

// TripleLoop is the definition as one would write it for speed without thinking: loops over i, j and the
// coordinate on plain slices, one row of scores, math.Exp, one goroutine. Q is n×d, K m×d, V m×dv, out n×dv, all
// row-major. It is a stricter opponent than Exact, which takes matrices, counts and can be stopped; benchmarks
// compare with it, and nothing else should use it.
func TripleLoop(out, q, k, v []float64, n, m, d, dv int, scale float64) {
	row := make([]float64, m)
	for i := range n {
		qi, oi := q[i*d:][:d], out[i*dv:][:dv]
		most := math.Inf(-1)
		for j := range m {
			kj := k[j*d:][:d]
			var dot float64
			for l := range qi {
				dot += qi[l] * kj[l]
			}
			row[j] = scale * dot
			most = max(most, row[j])
		}
		var sum float64
		for j, x := range row {
			row[j] = math.Exp(x - most)
			sum += row[j]
		}
		clear(oi)
		for j, w := range row {
			vj := v[j*dv:][:dv]
			for c := range oi {
				oi[c] += w * vj[c]
			}
		}
		for c := range oi {
			oi[c] /= sum
		}
	}
}
