package polynomial

// The features of a row x of d numbers are all monomials x^α with |α| ≤ g. As (Σ_l q_l·k_l)^m = Σ_{|α|=m} m!/α!·q^α·k^α,
//
//	P(⟨q,k⟩) = Σ_α w_α·q^α·k^α,   w_α = |α|!/α!·c_|α|,
//
// an inner product of r = C(d+g,g) features. The weights w are multiplied into the sums over keys, once, so the
// features of queries and keys are bare monomials and take one product each.
//
// The order is by degree, within a degree by the last variable that occurs. Those of degree k with last variable l are
// x_l times those of degree k−1 in x_0 … x_l, which are the first of that degree: so a row is made by running
// products over contiguous runs, each monomial from one of a degree less.

// run is a run of monomials of one degree with one last variable: at … at+length−1 from those at from.
type run struct{ at, from, length, variable int }

// basis is the order of monomials and how each comes from an earlier one.
type basis struct {
	rank, dim, degree int
	runs              []run // of degree 2 and above
}

// newBasis panics on a rank beyond int32: plans have refused it.
func newBasis(d, g int) basis {
	rank := Rank(d, g)
	if rank > 1<<31-1 {
		panic("polynomial: the rank exceeds 2^31")
	}
	b := basis{rank: int(rank), dim: d, degree: g}
	at, from := 1+d, 1 // where degree k begins, and where degree k−1 does
	for k := 2; k <= g; k++ {
		start := at
		for l := range d {
			length := int(Rank(l, k-1)) // degree k−1 in l+1 variables: C(l+k−1, k−1)
			b.runs = append(b.runs, run{at, from, length, l})
			at += length
		}
		from = start
	}
	return b
}

// row writes the monomials of x, of dim numbers, to dst, of rank numbers.
func (b basis) row(dst, x []float64) {
	dst[0] = 1
	if b.degree == 0 {
		return
	}
	copy(dst[1:], x)
	for _, r := range b.runs {
		y := x[r.variable]
		to := dst[r.at:][:r.length]
		for i, p := range dst[r.from:][:r.length] {
			to[i] = y * p
		}
	}
}

// features is the number of products of a row as they are counted: each monomial but the constant is one.
func (b basis) features() int64 { return int64(b.rank - 1) }

// weights returns w_α for factors m!·c_m. 1/α! takes a quotient for each degree: if x_l is the last variable of α,
// and occurs a times, 1/α! is that of α less one x_l, divided by a.
func (b basis) weights(factors []float64) []float64 {
	w := make([]float64, b.rank)
	times := make([]int32, b.rank) // how often the last variable occurs
	last := make([]int32, b.rank)
	w[0] = 1
	for l := range b.dim {
		if b.degree > 0 {
			w[1+l], times[1+l], last[1+l] = 1, 1, int32(l)
		}
	}
	for _, r := range b.runs {
		for i := range r.length {
			parent, child := r.from+i, r.at+i
			last[child], times[child] = int32(r.variable), 1
			if last[parent] == last[child] {
				times[child] += times[parent]
			}
			w[child] = w[parent] / float64(times[child])
		}
	}
	w[0] = factors[0]
	for l := range b.dim {
		if b.degree > 0 {
			w[1+l] = factors[1]
		}
	}
	k, left := 2, b.dim
	for _, r := range b.runs {
		for i := range r.length {
			w[r.at+i] *= factors[k]
		}
		if left--; left == 0 { // the runs of a degree are as many as there are variables
			k, left = k+1, b.dim
		}
	}
	return w
}
