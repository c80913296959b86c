package polynomial

import (
	"finegrain"
	"finegrain/algorithms/attention"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Ranges of keys by a segment tree (Liang et al. 2024 for a continuous row of a mask over a low-rank product; leaves of
// many keys are arranged here). Leaves are strands of about r keys, so that all nodes together take memory of the order
// of V, and a node is the sum of its two children. A range is made up of O(log m) nodes, and of less than a leaf of
// keys at each end, which are looked at one by one; a range of less than two leaves may be all ends.
//
// With T leaves, node 1 is the root, the children of node i are 2i and 2i+1, and the leaves are T … 2T−1. T need not be
// a power of two: nodes whose leaves are not neighbours occur then, and no range is made up of them.
//
// Neighbouring queries whose ranges are made up of the same leaves, as those of a moving window mostly are, share the
// sum of the nodes and the product with it.

// buildTree makes the inner nodes, level by level.
func (w *work) buildTree(env finegrain.Env) error {
	for high := w.plan.strands; high > 1; high = (high + 1) / 2 {
		low := (high + 1) / 2 // children of low … high−1 are made already: 2·low ≥ high
		err := env.ForEach(high-low, func(i int) {
			node := low + i
			floats.AddTo(w.sums[node], w.sums[2*node], w.sums[2*node+1])
		})
		if err != nil {
			return err
		}
		w.count(counts{blockSums: int64(high-low) * int64(len(w.sums[low]))})
	}
	return nil
}

// nodesOf calls visit with the nodes that make up the leaves from … to−1.
func nodesOf(from, to, leaves int, visit func(node int)) {
	for l, h := from+leaves, to+leaves; l < h; l, h = l/2, h/2 {
		if l&1 == 1 {
			visit(l)
			l++
		}
		if h&1 == 1 {
			h--
			visit(h)
		}
	}
}

// leavesIn is the leaves that lie in a range of m keys wholly: from … to−1, none if to ≤ from.
func (p plan) leavesIn(seen attention.Range, m int) (from, to int) {
	leaf := p.block * p.blocks
	from, to = (seen.From+leaf-1)/leaf, seen.To/leaf
	if seen.To == m {
		to = p.strands
	}
	return from, to
}

// readRanges computes the output.
func (w *work) readRanges(env finegrain.Env, out *mat.Dense) error {
	c, d, rank, size := w.regime.ValueDim+1, w.regime.Dim, w.basis.rank, w.plan.block
	leaf, m := w.plan.block*w.plan.blocks, w.regime.Keys
	blocks := (w.regime.Queries + size - 1) / size
	w.done = 0
	return env.ForEach(blocks, func(b int) {
		w.pieces.Use(func(x *piece) {
			var counted counts
			from, to := b*size, min((b+1)*size, w.regime.Queries)
			clear(x.queries.values[:(to-from)*c])
			first, last := 0, 0 // leaves of the group at hand, and
			begin := from       // where it begins
			flush := func(end int) bool {
				return last <= first || w.multiply(env, x, w.join(x, first, last, &counted), begin-from, end-from, &counted)
			}
			for i := from; i < to; i++ {
				w.query(x, i)
				seen := w.in.Ranges[i]
				low, high := w.plan.leavesIn(seen, m)
				ends := [2]attention.Range{{From: seen.From, To: low * leaf}, {From: min(m, high*leaf), To: seen.To}}
				if high <= low {
					low, high = 0, 0
					ends = [2]attention.Range{seen}
				}
				for _, end := range ends {
					if env.Err() != nil {
						return
					}
					w.near(x.queries.values[(i-from)*c:][:c], x.x, w.all.features[end.From*d:], d,
						w.all.values[end.From*c:], end.Len(), &counted)
				}
				if i == from || low != first || high != last {
					if i > from && !flush(i) {
						return
					}
					first, last, begin = low, high, i
				}
				if low < high {
					w.basis.row(x.queries.features[(i-from)*rank:][:rank], x.x)
					counted.features += w.basis.features()
				}
			}
			if !flush(to) {
				return
			}
			w.write(out, x, from, to)
			w.count(counted)
			w.report(env, blocks, "blocks of queries")
		})
	})
}

// join is the sum of the leaves from … to−1.
func (w *work) join(x *piece, from, to int, counted *counts) (sum []float64) {
	nodesOf(from, to, w.plan.strands, func(node int) {
		switch {
		case sum == nil:
			sum = w.sums[node]
			return
		case &sum[0] == &x.joined[0]:
			floats.Add(sum, w.sums[node])
		default:
			sum = floats.AddTo(x.joined, sum, w.sums[node])
		}
		counted.blockSums += int64(len(sum))
	})
	return sum
}
