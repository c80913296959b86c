package polynomial

import (
	"finegrain"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// The causal mask by running sums (Liang et al. 2024 for masks over a low-rank product; blocks and strands are arranged
// here). Query i sees the keys up to i, so what it needs is a sum that grows from query to query:
//
//	Z_i = Σ_{j≤i} w∘ψ_j[v_j | 1].
//
// Queries and keys are cut into blocks of b at the same places. Before a block the running sum is that of all earlier
// blocks; the queries of the block are multiplied with it, all at once; the pairs within the block, (b+1)/2 a query,
// are looked at; then the block's keys are added. Blocks follow one another, strands of blocks need not: the sums of all
// strands but the last are made first, in parallel, and added up so that strand t begins with those of strands 0 … t−1.
// Thus most keys are added twice. Keys beyond the last query are never seen; queries beyond the last key see all, which
// is what the last strand ends with.

// addUp makes sums[t] those of the strands 0 … t−1, from those of strand t−1 alone.
func (w *work) addUp(env finegrain.Env) error {
	rank := w.basis.rank
	return env.ForEach(w.regime.ValueDim+1, func(c int) {
		var counted counts
		for t := 2; t < len(w.sums); t++ {
			floats.Add(w.sums[t][c*rank:][:rank], w.sums[t-1][c*rank:][:rank])
			counted.blockSums += int64(rank)
		}
		w.count(counted)
	})
}

// runDown computes the output of the queries that have a key of the same number.
func (w *work) runDown(env finegrain.Env, out *mat.Dense) error {
	c, rank, d := w.regime.ValueDim+1, w.basis.rank, w.regime.Dim
	strands := len(w.sums)
	w.done = 0
	return env.ForEach(strands, func(t int) {
		w.pieces.Use(func(x *piece) {
			var counted counts
			all := w.inBlocks(t, min(w.regime.Queries, w.regime.Keys), func(from, to int) bool {
				w.loadKeys(x, from, to, &counted)
				w.loadQueries(x, from, to, &counted)
				for i := range to - from {
					var q, keys []float64
					if w.plan.degree > 0 { // the monomials of degree 1 are the coordinates
						q, keys = x.queries.features[i*rank+1:][:d], x.keys.features[1:]
					}
					w.near(x.queries.values[i*c:][:c], q, keys, rank, x.keys.values, i+1, &counted)
				}
				if !w.multiply(env, x, w.sums[t], 0, to-from, &counted) {
					return false
				}
				w.write(out, x, from, to)
				return w.addKeys(env, x, w.sums[t], to-from, &counted)
			})
			if all {
				w.count(counted)
				w.report(env, strands, "strands of queries")
			}
		})
	})
}
