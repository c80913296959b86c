package ovp

import (
	"slices"

	"finegrain/internal/simd"
)

// The inner loops of the scan in vector instructions.

// vectorKernels returns the kernels of a set of vector instructions for vectors of w ≥ 1 words.
func vectorKernels(isa simd.ISA, w int) kernels {
	k := plainKernels(w)
	k.grouped = true
	k.count = func(a []uint64, b strip, w int) uint64 {
		pairs := simd.CountOrthogonal(isa, a, b.groups, w)
		if filled := len(b.groups)/w - b.n; filled > 0 {
			pairs -= uint64(filled) * zeroVectors(a, w)
		}
		return pairs
	}
	k.early = func(a []uint64, b strip, w int) (pairs, looked uint64) {
		return simd.CountOrthogonalEarly(isa, a, b.groups, w)
	}
	if simd.HasInnerProducts(isa) {
		plain := k.histogram
		k.histogram = func(i int, a []uint64, b strip, to *partial) {
			columns := b.n / simd.Group * simd.Group
			if columns > 0 {
				histogramGroups(isa, i, a, b.slice(0, columns), to)
			}
			if columns < b.n {
				plain(i, a, b.slice(columns, b.n), to)
			}
		}
	}
	return k
}

// zeroVectors is the number of zero vectors, of w words each.
func zeroVectors(a []uint64, w int) (zeros uint64) {
	for ; len(a) > 0; a = a[w:] {
		met := uint64(0)
		for _, x := range a[:w] {
			met |= x
		}
		zeros += isZero(met)
	}
	return zeros
}

// histogramGroups computes the inner products with whole groups, and counts them then. Where an extreme is
// first met is only searched if it is one of all pairs so far.
func histogramGroups(isa simd.ISA, i int, a []uint64, b strip, to *partial) {
	products := to.products[:b.n]
	most, fewest := simd.InnerProducts(isa, a, b.groups, products)
	for _, v := range products {
		to.Totals[v]++
	}
	at := func(v uint64) Pair { return Pair{i, b.first + slices.Index(products, v)} }
	if !to.Max.Any || int(most) >= to.Max.Value {
		to.Max.improve(1, Extreme{true, int(most), at(most)})
	}
	if !to.Min.Any || int(fewest) <= to.Min.Value {
		to.Min.improve(-1, Extreme{true, int(fewest), at(fewest)})
	}
}
