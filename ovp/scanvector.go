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

// near is how many different products tallyNear counts at most; its table of 1 KiB stays on the stack. See
// the rows of finegrain bench for the histogram, whose products are near, and BenchmarkScanHistogram, whose are not.
const near = 16

// histogramGroups computes the inner products with whole groups, and counts them then. Where an extreme is
// first met is only searched if it is one of all pairs so far.
func histogramGroups(isa simd.ISA, i int, a []uint64, b strip, to *partial) {
	products := to.products[:b.n]
	most, fewest := simd.InnerProducts(isa, a, b.groups, products)
	if most-fewest < near && b.n >= 4*near*simd.Group { // four products a counter pay for the table
		tallyNear(to.Totals[fewest:most+1], products, fewest)
	} else {
		for _, v := range products {
			to.Totals[v]++
		}
	}
	at := func(v uint64) Pair { return Pair{i, b.first + slices.Index(products, v)} }
	if !to.Max.Any || int(most) >= to.Max.Value {
		to.Max.improve(1, Extreme{true, int(most), at(most)})
	}
	if !to.Min.Any || int(fewest) <= to.Min.Value {
		to.Min.improve(-1, Extreme{true, int(fewest), at(fewest)})
	}
}

// tallyNear adds to totals[k] how many of the products, in whole groups, are fewest+k; there are no others. An
// increment waits for the one before it of the same counter, and where products lie near each other that is often
// the last one; so each place of a group has counters of its own, which are added in the end.
func tallyNear(totals, products []uint64, fewest uint64) {
	var counts [near][simd.Group]uint64
	for ; len(products) > 0; products = products[simd.Group:] {
		v := products[:simd.Group]
		counts[(v[0]-fewest)%near][0]++
		counts[(v[1]-fewest)%near][1]++
		counts[(v[2]-fewest)%near][2]++
		counts[(v[3]-fewest)%near][3]++
		counts[(v[4]-fewest)%near][4]++
		counts[(v[5]-fewest)%near][5]++
		counts[(v[6]-fewest)%near][6]++
		counts[(v[7]-fewest)%near][7]++
	}
	for k := range totals {
		for _, c := range counts[k] {
			totals[k] += c
		}
	}
}
