package ovp

import (
	"sync/atomic"

	"finegrain"
	"finegrain/internal/simd"
)

// The sums over subsets, f̂(T) = Σ_{S⊆T} f(S), one coordinate after the other (Yates 1937). After some
// coordinates are done, f̂(T) is the sum over the S ⊆ T that agree with T in the others; doing coordinate k
// adds the entry without k to every entry with k, and coordinates may be done in any order. Each sum counts
// some vectors of B once, so that m < 2^32 makes 32 bits enough, and two entries a word, which are then added
// two at a time: no carry leaves the lower one.
//
// A table is far larger than a cache, and an addition is far cheaper than reaching for its operands, so the
// order decides the time. A table of d coordinates is 2^c tables of d − c, which are done one after the other,
// and then c coordinates across them: with c = 2 or 3, so that each entry is loaded and stored once for all c,
// and recursively, so that each level of cache is filled once for as many coordinates as fit it (the order of
// cache-oblivious Fourier transforms: Frigo, Leiserson, Prokop and Ramachandran 1999).

// subsetSums is f̂, entry T in half T mod 2 of word ⌊T/2⌋.
type subsetSums []uint64

func tableWords(d int) int { return max(1, 1<<d>>1) }

// at returns f̂(T).
func (f subsetSums) at(set uint64) uint32 { return uint32(f[set>>1] >> (32 * (set & 1))) }

// Tasks are rows of 2^17 entries, which fit in a second-level cache, for the coordinates below 17; then, for
// the others, columns of a page over all rows.
const (
	rowCoordinates = 17
	columnWords    = 1 << 9
)

// newSubsetSums returns f̂ for the vectors, of which d ≤ zetaMost, and the number of additions made. It fails if
// env is done.
func newSubsetSums(env finegrain.Env, b Vectors, kernel zetaKernel) (f subsetSums, additions int64, err error) {
	f = make(subsetSums, tableWords(b.d))
	additions, err = f.tabulate(env, b)
	if err != nil {
		return nil, additions, err
	}
	summed, err := f.sum(env, b.d, kernel)
	return f, additions + summed, err
}

// sum does all coordinates of a table that has d.
func (f subsetSums) sum(env finegrain.Env, d int, kernel zetaKernel) (additions int64, err error) {
	var added atomic.Int64
	low := min(d, rowCoordinates)
	row := tableWords(low)
	err = parallel(env, len(f)/row, "summing over subsets: rows", func(t int) {
		added.Add(kernel.sum(f[t*row:(t+1)*row], low))
	})
	if err == nil && low < d {
		err = parallel(env, row/columnWords, "summing over subsets: columns", func(t int) {
			for k := low; k < d && env.Err() == nil; k += kernel.most {
				added.Add(kernel.sumColumn(f[t*columnWords:], row, k, min(kernel.most, d-k)))
			}
		})
	}
	return added.Load(), err
}

// tabulate counts equal sets. Each core has a range of the table to itself, and picks from the list what falls
// into it: without a branch, and some at a time, so that what waits for memory is not waited for in turn.
func (f subsetSums) tabulate(env finegrain.Env, b Vectors) (additions int64, err error) {
	if b.d == 0 { // all sets are the empty one
		f[0] = uint64(b.n)
		return int64(b.n), env.Err()
	}
	ranges := min(env.Workers(), b.chunks(), len(f))
	var added atomic.Int64
	err = env.ForEach(ranges, func(r int) {
		from := uint64(r * len(f) / ranges)
		size := uint64((r+1)*len(f)/ranges) - from
		for t := 0; t < b.chunks() && env.Err() == nil; t++ {
			_, chunk := b.chunk(t)
			added.Add(f.tabulateRange(chunk.words, from, size))
		}
	})
	return added.Load(), err
}

// tabulateRange counts the sets whose words are from, …, from+size−1.
func (f subsetSums) tabulateRange(sets []uint64, from, size uint64) (additions int64) {
	var picked [1 << 9]uint64
	for len(sets) > 0 {
		some := sets[:min(len(sets), len(picked))]
		n := 0
		for _, set := range some {
			picked[n] = set // n < len(some) here
			in := 0
			if set>>1-from < size {
				in = 1
			}
			n += in
		}
		for _, set := range picked[:n] {
			f[set>>1] += 1 << (32 * (set & 1))
		}
		additions += int64(n)
		sets = sets[len(some):]
	}
	return additions
}

// zetaKernel does several coordinates between one load and one store of an entry.
type zetaKernel struct {
	// within does the first block coordinates of a table that has at least as many.
	block  int
	within func(f []uint64)

	// across does some coordinates, at most most, of 2^coordinates rows: row r is width words from r·pitch on;
	// width is a multiple of 2^block/2.
	most   int
	across func(f []uint64, pitch, width, coordinates int)
}

func zetaKernelOf(isa simd.ISA) zetaKernel {
	if isa == simd.Go {
		return plainZeta
	}
	return zetaKernel{
		block:  simd.ZetaBlock(isa),
		within: func(f []uint64) { simd.ZetaWithin(isa, f) },
		most:   simd.ZetaMost,
		across: func(f []uint64, pitch, width, coordinates int) { simd.ZetaAcross(isa, f, pitch, width, coordinates) },
	}
}

// sum does all coordinates of a table that has d, and returns the number of additions.
func (z zetaKernel) sum(f []uint64, d int) (additions int64) {
	if d < z.block {
		return sumOneByOne(f, d)
	}
	if d == z.block {
		z.within(f)
		return int64(d) * int64(len(f))
	}
	c := min(z.most, d-z.block)
	part := len(f) >> c
	for at := 0; at < len(f); at += part {
		additions += z.sum(f[at:at+part], d-c)
	}
	z.across(f, part, part, c)
	return additions + int64(c)*int64(len(f))
}

// sumColumn does coordinates k, …, k+c−1 ≥ rowCoordinates of the column that f begins with, in rows that begin
// row words apart.
func (z zetaKernel) sumColumn(f []uint64, row, k, c int) (additions int64) {
	pitch := tableWords(k)
	for above := 0; above < len(f); above += pitch << c {
		for below := above; below < above+pitch; below += row {
			z.across(f[below:], pitch, columnWords, c)
			additions += int64(c) * columnWords << c
		}
	}
	return additions
}

// sumOneByOne is the definition: coordinate after coordinate, it adds the entry without it to the entry with it.
func sumOneByOne(f []uint64, d int) (additions int64) {
	if d > 0 {
		for i, x := range f { // coordinate 0 is within a word
			f[i] = x + x<<32
			additions++
		}
	}
	for step := 1; step < len(f); step *= 2 {
		for i := range f {
			if i&step != 0 {
				f[i] += f[i-step]
				additions += 2
			}
		}
	}
	return additions
}

// plainZeta does 4 coordinates in the 8 words of a block, and 2 across 4 rows.
var plainZeta = zetaKernel{block: 4, within: plainWithin, most: 2, across: plainAcross}

func plainWithin(f []uint64) {
	for ; len(f) >= 8; f = f[8:] {
		a, b, c, d, e, g, h, i := f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7]
		a, b, c, d = a+a<<32, b+b<<32, c+c<<32, d+d<<32
		e, g, h, i = e+e<<32, g+g<<32, h+h<<32, i+i<<32
		b, d, g, i = b+a, d+c, g+e, i+h
		c, d, h, i = c+a, d+b, h+e, i+g
		e, g, h, i = e+a, g+b, h+c, i+d
		f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7] = a, b, c, d, e, g, h, i
	}
}

func plainAcross(f []uint64, pitch, width, coordinates int) {
	row := func(r int) []uint64 { return f[r*pitch:][:width:width] }
	if coordinates == 1 {
		a, b := row(0), row(1)
		b = b[:len(a)]
		for i, x := range a {
			b[i] += x
		}
		return
	}
	a, b, c, d := row(0), row(1), row(2), row(3)
	b, c, d = b[:len(a)], c[:len(a)], d[:len(a)]
	for i, x := range a {
		y, z := b[i], c[i]
		b[i], c[i], d[i] = x+y, x+z, x+y+z+d[i]
	}
}
