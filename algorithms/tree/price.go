package tree

// What work takes, in nanoseconds on a core of a Xeon at some 3 GHz: BenchmarkPrices measures it again. Prices
// decide what is done, never whether it is right; what matters is their ratios, and they are no part of any
// count.
type prices struct {
	pair, pairCoordinate, pairColumn float64 // of a query and a key in a tile
	monomial, monomialColumn         float64 // of a query and a node with moments
	expansion                        float64 // of a query and a node, beside
	visit, visitCoordinate           float64 // of a node by a group: the first by the second, squared in frames
	grow                             float64 // of a coordinate of a point, on a level of a tree
	pack                             float64 // of a key's coordinate or distance for a group
	moment                           float64 // of a key, a monomial and a column
	term                             float64 // of a term of a translation, a monomial and a column
	streaming                        float64 // of a pair, beside coordinates and columns
	refined                          float64 // of a pair of a row that streaming refines
}

var vectorPrices = prices{
	pair: 0.26, pairCoordinate: 0.02, pairColumn: 0.025, monomial: 0.06, monomialColumn: 0.025, expansion: 6,
	visit: 30, visitCoordinate: 5, grow: 20, pack: 0.8, moment: 0.12, term: 0.7, streaming: 0.3, refined: 6,
}

var plainPrices = prices{
	pair: 1.8, pairCoordinate: 0.4, pairColumn: 0.4, monomial: 0.5, monomialColumn: 0.3, expansion: 12,
	visit: 30, visitCoordinate: 5, grow: 20, pack: 0.8, moment: 0.3, term: 0.7, streaming: 3, refined: 9,
}

func pricesOf(l loops) prices {
	if l.vector != nil {
		return vectorPrices
	}
	return plainPrices
}

// of is the prices for a tree.
func (p prices) of(t *tree) prices {
	d := float64(t.dim)
	if t.frames != nil {
		d *= d
	}
	if t.dim == 1 { // each monomial waits for the one before
		p.monomial *= 2
	}
	p.visit += p.visitCoordinate * d
	return p
}

// direct is what a query and a key take, sums of c columns and one of distances included.
func (p prices) direct(d, c int) float64 {
	return p.pair + p.pairCoordinate*float64(d) + p.pairColumn*float64(c+1)
}

// expand is what a query and a node take by r moments.
func (p prices) expand(r, c int) float64 {
	return p.expansion + float64(r)*(p.monomial+p.monomialColumn*float64(c))
}

// streamed is what a query and a key take streaming attention with dv columns.
func (p prices) streamed(d, dv int) float64 {
	return p.streaming + p.pairCoordinate*float64(d) + p.pairColumn*float64(dv)
}
