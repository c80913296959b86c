// Package monomials enumerates the monomials x^α of degree at most g in d variables, C(d+g,g) of them: the
// features of low-rank attention, and the moments of keys.
//
// The order is by degree, within a degree by the last variable that occurs. Those of degree k with last variable
// l are x_l times those of degree k−1 in x_0 … x_l, which are the first of that degree: so all are made by
// running products over contiguous runs, each monomial from one of a degree less; and those of degree at most h
// ≤ g are the first C(d+h,h).
package monomials

import "math"

// Rank is C(d+g,g), the number of monomials of degree at most g in d variables. Beyond int64 it is the largest
// int64.
func Rank(d, g int) int64 {
	rank, least := int64(1), int64(min(d, g))
	for i := int64(1); i <= least; i++ {
		factor := int64(max(d, g)) + i
		if rank > math.MaxInt64/factor {
			return math.MaxInt64
		}
		rank = rank * factor / i // C(max+i, i), an integer
	}
	return rank
}

// Basis is the order of monomials and how each comes from an earlier one.
type Basis struct {
	Dim, Degree int
	ranks       []int // ranks[g] is the number of those of degree at most g
	runs        []run // of degree 2 and above, Dim of them a degree
}

// run is a run of monomials of one degree with one last variable: at … at+length−1 from those at from.
type run struct{ at, from, length, variable int }

// New panics on a rank beyond 2^31.
func New(d, g int) Basis {
	if Rank(d, g) > 1<<31-1 {
		panic("monomials: the rank exceeds 2^31")
	}
	b := Basis{Dim: d, Degree: g}
	for k := range g + 1 {
		b.ranks = append(b.ranks, int(Rank(d, k)))
	}
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

// Rank is the number of monomials of degree at most g ≤ Degree.
func (b Basis) Rank(g int) int { return b.ranks[g] }

// Row writes the monomials of x, of Dim numbers, of degree at most g ≤ Degree to dst, of Rank(g) numbers, each
// times dst[0].
func (b Basis) Row(dst, x []float64, g int) {
	if g == 0 {
		return
	}
	for l, y := range x[:b.Dim] {
		dst[1+l] = dst[0] * y
	}
	for _, r := range b.runs[:(g-1)*b.Dim] {
		y := x[r.variable]
		to := dst[r.at:][:r.length]
		for i, p := range dst[r.from:][:r.length] {
			to[i] = y * p
		}
	}
}

// Exponents calls f with every monomial of degree 1 and above, in order: its index, its last variable, how often
// that occurs, and the index of the monomial with one less of it.
func (b Basis) Exponents(f func(index, variable, times, parent int)) {
	if b.Degree == 0 {
		return
	}
	times, last := make([]int32, b.ranks[b.Degree]), make([]int32, b.ranks[b.Degree])
	for l := range b.Dim {
		times[1+l], last[1+l] = 1, int32(l)
		f(1+l, l, 1, 0)
	}
	for _, r := range b.runs {
		for i := range r.length {
			parent, child := r.from+i, r.at+i
			last[child], times[child] = int32(r.variable), 1
			if last[parent] == last[child] {
				times[child] += times[parent]
			}
			f(child, r.variable, int(times[child]), parent)
		}
	}
}
