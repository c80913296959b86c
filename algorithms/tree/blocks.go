package tree

import "finegrain/internal/simd"

// The sums of expansions. Their centres are weighed like keys, some nodes at a time. Then rows lie in lanes, a block of
// them at a time, and meet the moments of one node after the other. Lanes beyond the rows hold what they held before,
// and nothing reads their sums.

// blocks is the working memory of that.
type blocks struct {
	across    []float64 // the queries: [coordinate][row]
	wide      int       // rows of whole blocks
	weights   []float64 // of centres: [node][row]
	gross     []float64 // of a node, what bounds its terms over the weight of its centre
	products  []float64
	variables []float64 // what monomials are of: [coordinate][row of a block]
	sums      []float64 // [block][column][row of the block]
	size      int       // rows of a block
}

// together is how many nodes are weighed at once.
const together = 32

func newBlocks(x *moments) blocks {
	l := x.loop
	wide := (mostRows + l.block - 1) / l.block * l.block
	return blocks{
		wide: wide, size: l.block,
		across: make([]float64, x.dim*wide), weights: simd.Aligned[float64](together * wide),
		gross: simd.Aligned[float64](together), products: simd.Aligned[float64](x.rank * l.block),
		variables: simd.Aligned[float64](x.dim * l.block), sums: simd.Aligned[float64](x.columns * wide),
	}
}

// sum is what column l of c columns has of a row.
func (b *blocks) sum(row, l, c int) float64 { return b.sums[(row/b.size*c+l)*b.size+row%b.size] }

// expanded sums the nodes that are taken by their moments.
func (g *group) expanded(tiles int) {
	x, rows, c := &g.blocks, g.to-g.from, g.columns
	whole := (rows + x.size - 1) / x.size
	clear(x.sums[:whole*c*x.size])
	if len(g.far) == 0 {
		return
	}
	for at := range rows {
		for l, y := range g.queries.point(g.from + at) {
			x.across[l*x.wide+at] = y
		}
	}
	for from := 0; from < len(g.far); from += together {
		some := g.far[from:min(from+together, len(g.far))]
		g.weighCentres(some, tiles)
		for i, e := range some {
			weights := x.weights[i*x.wide:]
			mu, rank := g.at(e.node), g.basis.Rank(e.degree)
			for b := range whole {
				copy(x.products[:x.size], weights[b*x.size:])
				g.vary(e.node, b*x.size)
				g.loop.moments(x.sums[b*c*x.size:], x.products, x.variables, &g.recipe, mu, rank, g.stride, c)
			}
			g.tiles++
			g.expansions++
			g.multiplyAdds += int64(rows * rank * (c + 1))
			g.exponentials += int64(rows)
		}
	}
}

// weighCentres sets the weights of the nodes' centres, and adds what bounds their terms.
func (g *group) weighCentres(nodes []expansion, tiles int) {
	x, d, r, panel := &g.blocks, g.dim, g.loop.rows, g.loop.panel
	count := (len(nodes) + panel - 1) / panel * panel
	clear(g.packedKeys[:count*d])
	clear(x.gross)
	for i, e := range nodes {
		centre, _ := g.box(e.node)
		for l, y := range centre {
			g.packedKeys[(i/panel*d+l)*panel+i%panel] = y - g.ref[l]
		}
		x.gross[i] = float64(g.size(e.node)) * e.up
		g.faded += x.gross[i]
	}
	rows := g.to - g.from
	part := (g.columns + 2) * r * g.loop.lanes
	for t := range tiles {
		g.loop.weights(g.tile, g.ignored, g.packedQueries[t*r*d:], g.packedKeys, d, count, g.least > -600)
		g.loop.add(g.output[t*part:][(g.columns+1)*r*g.loop.lanes:], g.tile, x.gross, 0, count, count, 1)
		for i := range min(r, rows-t*r) {
			for e, w := range g.tile[i*simd.Stride:][:len(nodes)] {
				x.weights[e*x.wide+t*r+i] = w
			}
		}
	}
}

// vary sets the variables to Fq∘h of the node, for the block of rows that begins there.
func (g *group) vary(v int32, row int) {
	x, d := &g.blocks, g.dim
	_, half := g.box(v)
	f := g.frame(v)
	for l, h := range half {
		to := x.variables[l*x.size:][:x.size]
		if f == nil {
			for i, y := range x.across[l*x.wide+row:][:len(to)] {
				to[i] = y * h
			}
			continue
		}
		clear(to)
		for k, e := range f[l*d:][:d] {
			for i, y := range x.across[k*x.wide+row:][:len(to)] {
				to[i] += e * y
			}
		}
		for i := range to {
			to[i] *= h
		}
	}
}
