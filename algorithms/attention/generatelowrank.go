package attention

import (
	"math/rand/v2"

	"finegrain"

	"gonum.org/v1/gonum/mat"
)

// LowRank is the setting of theorem 1.2 of Gupta et al.: any head dimension, Q or K of rank r. A row of low rank is
// B/r·(1−noise)·Σ_t u_t·w_t, the r coefficients u_t of its own and the r directions w_t of all uniform in the cube of
// [−1, 1], plus noise uniform in [−noise·B, noise·B].
var LowRank = Generator{
	Name:   "low-rank",
	Doc:    "Q or K of low rank, up to noise, entries up to B, scale 1",
	Source: finegrain.Source{Paper: finegrain.Gupta2025, Provenance: finegrain.Stated},
	Parameters: []Parameter{
		queriesParameter, keysParameter, dimParameter(64), valuesParameter, boundParameter(1),
		wholeParameter("rank", "r; all of d where that is less", 2, 1, 64),
		{Name: "low", Doc: "which of both has low rank", Most: 1, Choices: []string{"keys", "queries"}},
		{Name: "noise", Doc: "of entries of low rank, relative to B", Least: 0, Most: 1},
	},
	generate: func(r *rand.Rand, p map[string]float64) Instance {
		n, m, d, dv := shape(p)
		b, rank := p["B"], int(p["rank"])
		low := func(rows int) *mat.Dense {
			x := Uniform(r, rows, d, b*p["noise"])
			across, own := Uniform(r, rank, d, b*(1-p["noise"])/float64(rank)), make([]float64, rank)
			for i := range rows {
				for t := range own {
					own[t] = 2*r.Float64() - 1
				}
				row := x.RawRowView(i)
				for t, u := range own {
					for l, w := range across.RawRowView(t) {
						row[l] += u * w
					}
				}
			}
			return x
		}
		in := Instance{V: Uniform(r, m, dv, 1), Scale: 1}
		if p["low"] == 0 {
			in.Q, in.K = Uniform(r, n, d, b), low(m)
		} else {
			in.Q, in.K = low(n), Uniform(r, m, d, b)
		}
		return in
	},
}
