package ovp

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"
)

// A list of 0/1 vectors is one block of machine words: vector i is Words() consecutive words, and
// coordinate k is bit k mod 64 of word ⌊k/64⌋. An inner product is then a few ands and popcounts, and a
// list can be handed to a kernel as it lies.

// Vectors is a list of N vectors of D bits each. It is a multiset in a fixed order: equal vectors are
// different entries. Copies of a Vectors share their bits.
//
// Invariant: bits D and above of a vector's last word are zero. Set keeps it; who writes through Row must.
type Vectors struct {
	n, d  int
	words []uint64 // n·⌈d/64⌉
}

// NewVectors returns n zero vectors of d bits. It panics if n or d is negative or the bits do not fit in
// memory that can be addressed; where n and d come from outside, ask VectorsBytes first.
func NewVectors(n, d int) Vectors {
	if n < 0 || d < 0 {
		panic(fmt.Sprintf("ovp: NewVectors(%d, %d): neither may be negative", n, d))
	}
	if VectorsBytes(n, d) == math.MaxInt64 {
		panic(fmt.Sprintf("ovp: NewVectors(%d, %d): too large to address", n, d))
	}
	return Vectors{n: n, d: d, words: make([]uint64, n*wordsFor(d))}
}

// NewVectorsFromWords takes ownership of words, ⌈d/64⌉ a vector, as a list of vectors of d bits. It is an
// error if the words are not a whole number of vectors or if a bit at or above d is set. For d = 0 there
// is no telling how many vectors no words are: the list is empty; see NewVectors.
func NewVectorsFromWords(d int, words []uint64) (Vectors, error) {
	if d < 0 {
		return Vectors{}, fmt.Errorf("dimension %d is negative; it must be 0 or more", d)
	}
	v := Vectors{d: d, words: words}
	switch w := wordsFor(d); {
	case w > 0 && len(words)%w == 0:
		v.n = len(words) / w
	case len(words) > 0:
		return Vectors{}, fmt.Errorf("%d words are no whole number of vectors of %d bits, %d words each",
			len(words), d, w)
	}
	return v, v.Validate()
}

// ParseVectors returns the vectors written as rows of 0 and 1, coordinate 0 first, as in "0110". The rows
// must be of one length. It serves literals in examples and tests; for files see Read.
func ParseVectors(rows ...string) (Vectors, error) {
	if len(rows) == 0 {
		return Vectors{}, nil
	}
	v := NewVectors(len(rows), len(rows[0]))
	for i, row := range rows {
		if len(row) != v.d {
			return Vectors{}, fmt.Errorf("row %d has %d digits and row 0 has %d; all must be equal", i, len(row), v.d)
		}
		for k := range len(row) {
			switch row[k] {
			case '0':
			case '1':
				v.Set(i, k)
			default:
				return Vectors{}, fmt.Errorf("row %d has %q at coordinate %d; only 0 and 1 are digits", i, row[k], k)
			}
		}
	}
	return v, nil
}

// VectorsBytes is the memory that n vectors of d bits take, or math.MaxInt64 if it does not fit in an
// int64 or an int.
func VectorsBytes(n, d int) int64 {
	hi, lo := bits.Mul64(uint64(n), 8*uint64(wordsFor(d)))
	if hi != 0 || lo > math.MaxInt {
		return math.MaxInt64
	}
	return int64(lo)
}

func wordsFor(d int) int {
	w := d / 64
	if d%64 != 0 {
		w++
	}
	return w
}

// N is the number of vectors.
func (v Vectors) N() int { return v.n }

// D is the number of coordinates of a vector.
func (v Vectors) D() int { return v.d }

// Words is the number of words of a vector, ⌈D/64⌉.
func (v Vectors) Words() int { return wordsFor(v.d) }

// Bytes is the memory that the vectors take.
func (v Vectors) Bytes() int64 { return 8 * int64(len(v.words)) }

// Row returns the words of vector i. The caller may write them, keeping bits D and above zero.
func (v Vectors) Row(i int) []uint64 {
	w := v.Words()
	return v.words[i*w : (i+1)*w : (i+1)*w]
}

// Raw returns the words of all vectors in order, N·Words of them; they are not a copy.
func (v Vectors) Raw() []uint64 { return v.words }

// Slice returns vectors from (inclusive) to to (exclusive), which share their bits with v.
func (v Vectors) Slice(from, to int) Vectors {
	if from < 0 || to < from || to > v.n {
		panic(fmt.Sprintf("ovp: Slice(%d, %d) of %d vectors", from, to, v.n))
	}
	w := v.Words()
	return Vectors{n: to - from, d: v.d, words: v.words[from*w : to*w : to*w]}
}

// Bit reports whether coordinate k of vector i is 1.
func (v Vectors) Bit(i, k int) bool {
	v.inRange(i, k)
	return v.words[i*v.Words()+k>>6]>>(k&63)&1 == 1
}

// Set makes coordinate k of vector i 1.
func (v Vectors) Set(i, k int) {
	v.inRange(i, k)
	v.words[i*v.Words()+k>>6] |= 1 << (k & 63)
}

// Clear makes coordinate k of vector i 0.
func (v Vectors) Clear(i, k int) {
	v.inRange(i, k)
	v.words[i*v.Words()+k>>6] &^= 1 << (k & 63)
}

// inRange panics unless v has coordinate k of vector i: a coordinate at or above D may lie in the last
// word, or in the next vector, and would go unnoticed.
func (v Vectors) inRange(i, k int) {
	if uint(i) >= uint(v.n) || uint(k) >= uint(v.d) {
		panic(fmt.Sprintf("ovp: coordinate %d of vector %d, in %d vectors of %d bits", k, i, v.n, v.d))
	}
}

// Clone returns a copy that shares nothing with v.
func (v Vectors) Clone() Vectors {
	v.words = slices.Clone(v.words)
	return v
}

// Equal reports whether v and u are the same vectors in the same order.
func (v Vectors) Equal(u Vectors) bool {
	return v.n == u.n && v.d == u.d && slices.Equal(v.words, u.words)
}

// Validate returns nil if the invariant holds, and else names the vector that breaks it.
func (v Vectors) Validate() error {
	if v.d%64 == 0 {
		return nil
	}
	w := v.Words()
	for i := range v.n {
		if x := v.words[(i+1)*w-1] &^ v.wordMask(w-1); x != 0 {
			k := 64*(w-1) + bits.TrailingZeros64(x)
			return fmt.Errorf("vector %d has bit %d set, and vectors have %d bits", i, k, v.d)
		}
	}
	return nil
}

// wordMask has the bits that word number place of a vector may have: all, but in the last word.
func (v Vectors) wordMask(place int) uint64 {
	if place < v.Words()-1 {
		return math.MaxUint64
	}
	return math.MaxUint64 >> (uint(-v.d) % 64)
}

// String returns the vectors as rows of 0 and 1 separated by spaces.
func (v Vectors) String() string {
	rows := make([]string, v.n)
	for i := range rows {
		rows[i] = string(v.appendRow(nil, i))
	}
	return strings.Join(rows, " ")
}

// appendRow appends the digits of vector i, coordinate 0 first.
func (v Vectors) appendRow(dst []byte, i int) []byte {
	row := v.Row(i)
	for k := range v.d {
		dst = append(dst, '0'+byte(row[k>>6]>>(k&63)&1))
	}
	return dst
}
