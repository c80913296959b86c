package ovp

import (
	"math/bits"

	"finegrain/internal/simd"
)

// The inner loops of the scan in plain Go, without branches that depend on data. Whether m = 0 is the borrow
// of m − 1, and a count of pairs is a chain of additions of that carry: an and, a subtraction and an addition
// for a pair of one word each. BenchmarkKernels compares the widths. They are what the vector loops of
// scanvector.go are tested against, and what runs where there are none.
//
// A loop works on blocks: whole vectors of w words, one after the other, as many as there are.

// kernels are the inner loops for vectors of one width and one set of instructions.
type kernels struct {
	// grouped: the loops read strips in groups.
	grouped bool

	// count returns the number of orthogonal pairs of a block of A and a strip of B.
	count func(a []uint64, b strip, w int) uint64

	// early is count for whole blocks of an early exit, and returns as well the words that all of them were
	// looked at. See earlyexit.go.
	early func(a []uint64, b strip, w int) (pairs, looked uint64)

	// histogram adds the inner products of vector i of A, whose words are a, with a strip of B, which is not
	// empty, to a partial histogram.
	histogram func(i int, a []uint64, b strip, to *partial)
}

// kernelsFor returns the kernels of a set of instructions for vectors of w ≥ 1 words.
func kernelsFor(isa simd.ISA, w int) kernels {
	if isa == simd.Go {
		return plainKernels(w)
	}
	return vectorKernels(isa, w)
}

// plainKernels returns the kernels in plain Go for vectors of w ≥ 1 words.
func plainKernels(w int) kernels {
	count := [...]func(a, b []uint64, w int) uint64{countAny, count1, count2, count3, count4}
	histogram := histogramAny
	if w >= len(count) {
		w = 0
	}
	if w == 1 {
		histogram = histogram1
	}
	return kernels{
		count: func(a []uint64, b strip, words int) uint64 { return count[w](a, b.words, words) },
		early: earlyAny,
		histogram: func(i int, a []uint64, b strip, to *partial) {
			largest, least := histogram(a, b.words, to.Totals)
			to.Max.improve(1, Extreme{true, largest.value, Pair{i, b.first + largest.index}})
			to.Min.improve(-1, Extreme{true, least.value, Pair{i, b.first + least.index}})
		},
	}
}

// isZero is 1 if m = 0 and else 0.
func isZero(m uint64) uint64 {
	_, borrow := bits.Sub64(m, 1, 0)
	return borrow
}

// disjoint is 1 if two vectors are orthogonal and else 0.
func disjoint(a, b []uint64) uint64 {
	var m uint64
	for k := range a {
		m |= a[k] & b[k]
	}
	return isZero(m)
}

// Up to four words of A stay in registers while B streams past: four vectors of one word, two of two, or
// one of three or four. The loops are functions of their own to have the registers to themselves; with
// more words, or more than two sums, they no longer fit.

func count1(a, b []uint64, _ int) uint64 {
	var c uint64
	for ; len(a) >= 4; a = a[4:] {
		c += count4x1(a[0], a[1], a[2], a[3], b)
	}
	for _, x := range a {
		for _, y := range b {
			c += isZero(x & y)
		}
	}
	return c
}

//go:noinline
func count4x1(a0, a1, a2, a3 uint64, b []uint64) uint64 {
	var even, odd, borrow uint64
	for _, y := range b {
		_, borrow = bits.Sub64(a0&y, 1, 0)
		even, _ = bits.Add64(even, 0, borrow)
		_, borrow = bits.Sub64(a1&y, 1, 0)
		odd, _ = bits.Add64(odd, 0, borrow)
		_, borrow = bits.Sub64(a2&y, 1, 0)
		even, _ = bits.Add64(even, 0, borrow)
		_, borrow = bits.Sub64(a3&y, 1, 0)
		odd, _ = bits.Add64(odd, 0, borrow)
	}
	return even + odd
}

func count2(a, b []uint64, _ int) uint64 {
	var c uint64
	for ; len(a) >= 4; a = a[4:] {
		c += count2x2(a[0], a[1], a[2], a[3], b)
	}
	if len(a) > 0 {
		for ; len(b) > 0; b = b[2:] {
			c += disjoint(a, b)
		}
	}
	return c
}

//go:noinline
func count2x2(a0, a1, a2, a3 uint64, b []uint64) uint64 {
	var even, odd, borrow uint64
	for j := 1; j < len(b); j += 2 {
		y0, y1 := b[j-1], b[j]
		_, borrow = bits.Sub64(a0&y0|a1&y1, 1, 0)
		even, _ = bits.Add64(even, 0, borrow)
		_, borrow = bits.Sub64(a2&y0|a3&y1, 1, 0)
		odd, _ = bits.Add64(odd, 0, borrow)
	}
	return even + odd
}

func count3(a, b []uint64, _ int) uint64 {
	var c uint64
	for ; len(a) > 0; a = a[3:] {
		c += count1x3(a[0], a[1], a[2], b)
	}
	return c
}

//go:noinline
func count1x3(a0, a1, a2 uint64, b []uint64) uint64 {
	var c, borrow uint64
	for j := 2; j < len(b); j += 3 {
		_, borrow = bits.Sub64(a0&b[j-2]|a1&b[j-1]|a2&b[j], 1, 0)
		c, _ = bits.Add64(c, 0, borrow)
	}
	return c
}

func count4(a, b []uint64, _ int) uint64 {
	var c uint64
	for ; len(a) > 0; a = a[4:] {
		c += count1x4(a[0], a[1], a[2], a[3], b)
	}
	return c
}

//go:noinline
func count1x4(a0, a1, a2, a3 uint64, b []uint64) uint64 {
	var c, borrow uint64
	for j := 3; j < len(b); j += 4 {
		_, borrow = bits.Sub64(a0&b[j-3]|a1&b[j-2]|a2&b[j-1]|a3&b[j], 1, 0)
		c, _ = bits.Add64(c, 0, borrow)
	}
	return c
}

// countAny takes four words of one vector of A at a time through a run of vectors of B, and keeps for
// every vector of the run what met so far, or-ed into one word.
func countAny(a, b []uint64, w int) uint64 {
	var buffer [256]uint64
	var c uint64
	for len(b) > 0 {
		run := min(len(buffer), len(b)/w)
		met, rows := buffer[:run], b[:run*w]
		b = b[run*w:]
		for x := a; len(x) > 0; x = x[w:] {
			clear(met)
			k := 0
			for ; k+4 <= w; k += 4 {
				meet4(met, x[k], x[k+1], x[k+2], x[k+3], rows[k:], w)
			}
			for ; k < w; k++ {
				for j := range met {
					met[j] |= x[k] & rows[j*w+k]
				}
			}
			for _, m := range met {
				c += isZero(m)
			}
		}
	}
	return c
}

//go:noinline
func meet4(met []uint64, a0, a1, a2, a3 uint64, b []uint64, w int) {
	at := 0
	for j := range met {
		y := b[at : at+4]
		met[j] |= a0&y[0] | a1&y[1] | a2&y[2] | a3&y[3]
		at += w
	}
}

// entry is an inner product and the index in a block that has it.
type entry struct{ value, index int }

// histogram1 and histogramAny add the inner products of one vector of A with a block of B, which is not empty,
// to the totals, and return the largest and the least, each with the first index that has it.

func histogram1(a, b []uint64, totals []uint64) (largest, least entry) {
	x := a[0]
	most, fewest := -1, 65
	var mostAt, fewestAt int
	for j, y := range b {
		v := bits.OnesCount64(x & y)
		totals[v]++
		if v > most {
			most, mostAt = v, j
		}
		if v < fewest {
			fewest, fewestAt = v, j
		}
	}
	return entry{most, mostAt}, entry{fewest, fewestAt}
}

func histogramAny(a, b []uint64, totals []uint64) (largest, least entry) {
	w := len(a)
	most, fewest := -1, 64*w+1
	var mostAt, fewestAt int
	for j := 0; len(b) >= w; b = b[w:] {
		y, v := b[:w], 0
		for k := range a {
			v += bits.OnesCount64(a[k] & y[k])
		}
		totals[v]++
		if v > most {
			most, mostAt = v, j
		}
		if v < fewest {
			fewest, fewestAt = v, j
		}
		j++
	}
	return entry{most, mostAt}, entry{fewest, fewestAt}
}
