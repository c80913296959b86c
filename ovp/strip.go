package ovp

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"finegrain"
	"finegrain/internal/simd"
)

// Strips of B, and B in groups: vector loops take a word of eight vectors at once, so that they want the
// first words of eight vectors together, then their second words, and so on. B is copied into that order
// once a call.

// strip is a run of vectors of B.
type strip struct {
	Vectors
	first int // the number of its first vector in B

	// groups is the same vectors in groups, for kernels that read groups. The last is filled up with vectors
	// of ones, which only the zero vector is orthogonal to.
	groups []uint64
}

// slice returns the vectors from (inclusive) to to (exclusive). It panics if either would cut a group.
func (b strip) slice(from, to int) strip {
	if from%simd.Group != 0 || to%simd.Group != 0 && to != b.n {
		panic(fmt.Sprintf("ovp: slice(%d, %d) cuts a group of %d vectors", from, to, b.n))
	}
	s := strip{Vectors: b.Slice(from, to), first: b.first + from}
	if b.groups != nil {
		w := b.Words()
		s.groups = b.groups[from*w : ceil(to, simd.Group)*simd.Group*w]
	}
	return s
}

// wordsAtOnce is about how many words a task groups.
const wordsAtOnce = 1 << 16

// spare is room for groups that no call uses: *[]uint64. Memory that was never written costs several times as
// much to write as what was, and a scan of some thousand vectors takes less than a millisecond. A longer one does
// not feel it, so that only little room is kept; and what a call holds beyond what it declares is less than the
// fixed amount that Algorithm.Bytes leaves out.
var spare sync.Pool

const (
	spareWords   = 1 << 17 // the most that is kept, 1 MiB
	surplusWords = 1 << 12 // the most that a call gets beyond what it asks for, 32 KiB
)

// room returns n words, of any values, until done is called.
func room(n int) (words []uint64, done func()) {
	kept, ok := spare.Get().(*[]uint64)
	if !ok || cap(*kept) < n || cap(*kept) > n+surplusWords {
		kept = new(make([]uint64, n))
	}
	return (*kept)[:n], func() {
		if cap(*kept) <= spareWords {
			spare.Put(kept)
		}
	}
}

// group returns b, of vectors of at least one word, as one strip, in groups if kernels read them, until
// release is called.
func (b Vectors) group(env finegrain.Env, grouped bool) (all strip, release func(), err error) {
	if !grouped {
		return strip{Vectors: b}, func() {}, nil
	}
	words, release := room(groupedWords(b.n, b.d))
	size := simd.Group * b.Words() // of a group
	whole := len(b.words) / size
	if rest := b.words[whole*size:]; len(rest) > 0 {
		last := slices.Repeat([]uint64{math.MaxUint64}, size)
		copy(last, rest)
		transpose(words[whole*size:], last, b.Words())
	}
	run := max(1, wordsAtOnce/size) * size
	err = env.ForEach(ceil(whole*size, run), func(t int) {
		from, to := t*run, min((t+1)*run, whole*size)
		transpose(words[from:to], b.words[from:to], b.Words())
	})
	return strip{Vectors: b, groups: words}, release, err
}

// transpose sets dst to the vectors of w words in src, a multiple of eight, in groups.
func transpose(dst, src []uint64, w int) {
	for ; len(src) > 0; dst, src = dst[simd.Group*w:], src[simd.Group*w:] {
		for k := range w {
			lanes := (*[simd.Group]uint64)(dst[simd.Group*k:])
			lanes[0], lanes[1], lanes[2], lanes[3] = src[k], src[w+k], src[2*w+k], src[3*w+k]
			lanes[4], lanes[5], lanes[6], lanes[7] = src[4*w+k], src[5*w+k], src[6*w+k], src[7*w+k]
		}
	}
}

// groupedWords is the number of words of m vectors of d bits in groups.
func groupedWords(m, d int) int { return ceil(m, simd.Group) * simd.Group * wordsFor(d) }
