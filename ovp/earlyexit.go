package ovp

import "finegrain/internal/simd"

// The early exit (derived here). A pair of w ≥ 2 words is settled by the first word in which both have a 1.
// In dense lists that is nearly always the first, and in sparse ones nearly never: there a scan that stops to
// look loses what it could have computed meanwhile. So a task tries, and gives the early exit up for its
// remainder once what it has seen says that it does not pay.
//
// A block is four vectors of A and eight of B that are neighbours: 32 pairs, which are looked at word by
// word until none of them is left that has met nowhere, or to the end. What a block costs is 32 word
// operations for each word that it was looked at; what does not fill a block, at the ends of lists, is
// looked at in full. All of this, and the rule below, is stated in vectors and words, not in instructions or
// cores: every kernel counts the same operations.

// exits is what a task has seen of its early exits.
type exits struct {
	blocks, looked uint64 // blocks, and words that they were looked at
	off            bool
}

// A task takes vectors of A by and by and looks at its exits between. It takes few until it has seen some
// blocks, and then so many that a call of a vector loop takes some microseconds.
const (
	firstChunk = simd.Block
	nextChunk  = 64
	someBlocks = 64
)

// chunk is how many vectors of A are next.
func (e *exits) chunk(w int) int {
	if w == 1 || e.off || e.blocks >= someBlocks {
		return nextChunk
	}
	return firstChunk
}

// decide turns early exits off if they do not pay. The prices are cycles of the loops in AVX-512: 4 for a word
// of a block; 20 where an exit from beyond the first word surprises the branch predictor, at most once for a
// block; and for looking at a block in full, four times w + 2 instructions, two a cycle. See
// BenchmarkEarlyExit.
func (e *exits) decide(w int) {
	beyond := e.looked - e.blocks
	early := 4*e.looked + 20*min(beyond, e.blocks)
	full := 2 * uint64(w+2) * e.blocks
	e.off = early >= full
}

// countIn returns the number of orthogonal pairs of vectors of A and a strip, and the word operations spent.
// It knows from e how early exits went in the task so far, and adds to it.
func (g grid) countIn(a Vectors, b strip, e *exits) (pairs uint64, operations int64) {
	for i, to := 0, 0; i < a.n; i = to {
		to = min(a.n, i+e.chunk(g.w))
		p, o := g.countChunk(a.Slice(i, to), b, e)
		pairs, operations = pairs+p, operations+o
	}
	return pairs, operations
}

func (g grid) countChunk(a Vectors, b strip, e *exits) (pairs uint64, operations int64) {
	rows, columns := a.n/simd.Block*simd.Block, b.n/simd.Group*simd.Group
	if g.w == 1 || e.off || rows == 0 || columns == 0 {
		return g.count(a.words, b, g.w), g.operations(a, b)
	}
	upper, whole := a, b
	if rows < a.n {
		lower := a.Slice(rows, a.n)
		pairs, operations = g.count(lower.words, b, g.w), g.operations(lower, b)
		upper = a.Slice(0, rows)
	}
	if columns < b.n {
		rest := b.slice(columns, b.n)
		pairs, operations = pairs+g.count(upper.words, rest, g.w), operations+g.operations(upper, rest)
		whole = b.slice(0, columns)
	}
	p, looked := g.early(upper.words, whole, g.w)
	pairs, operations = pairs+p, operations+simd.Block*simd.Group*int64(looked)
	e.blocks += uint64(rows/simd.Block) * uint64(columns/simd.Group)
	e.looked += looked
	e.decide(g.w)
	return pairs, operations
}

// earlyAny looks at whole blocks in plain Go. The first word of a block is tested with branches, which are
// predicted while no pair is left after it.
func earlyAny(a []uint64, b strip, w int) (pairs, looked uint64) {
	for ; len(a) > 0; a = a[simd.Block*w:] {
		a0, a1, a2, a3 := a[0], a[w], a[2*w], a[3*w]
		for words := b.words; len(words) > 0; words = words[simd.Group*w:] {
			looked++
			for at := 0; at < simd.Group*w; at += w {
				y := words[at]
				if a0&y == 0 || a1&y == 0 || a2&y == 0 || a3&y == 0 {
					p, more := restOfBlock(a[:simd.Block*w], words[:simd.Group*w], w)
					pairs, looked = pairs+p, looked+more
					break
				}
			}
		}
	}
	return pairs, looked
}

// restOfBlock returns the number of orthogonal pairs of a block of which some are left after the first word,
// and how many more words it was looked at.
func restOfBlock(a, b []uint64, w int) (pairs, more uint64) {
	var met [simd.Block][simd.Group]uint64
	for k := range w {
		pairs = 0
		for i := range met {
			x := a[i*w+k]
			for j := range met[i] {
				met[i][j] |= x & b[j*w+k]
				pairs += isZero(met[i][j])
			}
		}
		if pairs == 0 {
			return 0, uint64(k)
		}
	}
	return pairs, uint64(w - 1)
}
