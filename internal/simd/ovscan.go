package simd

//go:generate go -C asm run ./ovscan -out ../ovscan_amd64.s -stubs ../ovscan_amd64.go -pkg simd

// The loops of the orthogonal-vectors scan. A list is words of 64 coordinates, the same number for every
// vector. A list A lies as it is, one vector after the other. A grouped list B lies in groups of eight
// vectors: the first words of the eight, then their second words, and so on, so that a register takes a word
// of all of them and a lane never has to be added across.

import (
	"fmt"
	"slices"
)

// Group is how many vectors of a grouped list lie together.
const Group = 8

// Block is how many vectors of A an early exit looks at together, against one group of B.
const Block = 4

// CountOrthogonal returns the number of orthogonal pairs of a list a and a grouped list b. It panics if
// words < 1, if the lists are not whole vectors and groups, or if isa is Go or not supported.
func CountOrthogonal(isa ISA, a, b []uint64, words int) (pairs uint64) {
	mustBeVector(isa)
	rows, groups := mustBeLists(a, b, words)
	if rows == 0 || groups == 0 {
		return 0
	}
	return countOrthogonal(isa, &a[0], rows, &b[0], groups, words)
}

// CountOrthogonalEarly is CountOrthogonal for words ≥ 2 and a multiple of Block vectors in a: every Block of
// them and group of b are looked at word by word until no pair of the block has met nowhere. Looked is the
// number of words that the blocks were looked at.
func CountOrthogonalEarly(isa ISA, a, b []uint64, words int) (pairs, looked uint64) {
	mustBeVector(isa)
	rows, groups := mustBeLists(a, b, words)
	if words < 2 || rows%Block != 0 {
		panic(fmt.Sprintf("simd: an early exit of %d words for %d vectors", words, rows))
	}
	if rows == 0 || groups == 0 {
		return 0, 0
	}
	pairs, more := countEarly(isa, &a[0], rows, &b[0], groups, words)
	return pairs, uint64(rows/Block)*uint64(groups) + more
}

// HasInnerProducts reports whether there is an InnerProducts for the instructions: AVX-512, if the processor
// counts bits in its lanes.
func HasInnerProducts(isa ISA) bool { return isa == AVX512 && hasPopcount }

// InnerProducts writes the inner product of the vector a with every vector of a grouped list b to products,
// which has a place for each, and returns the largest and the least. It panics if one of the lists is empty
// or not whole vectors of len(a) words, if their lengths differ, or unless HasInnerProducts.
func InnerProducts(isa ISA, a, b, products []uint64) (most, least uint64) {
	_, groups := mustBeLists(a, b, len(a))
	if !HasInnerProducts(isa) || groups == 0 || len(products) != Group*groups {
		panic(fmt.Sprintf("simd: %d inner products of %d words with %d groups with %v",
			len(products), len(a), groups, isa))
	}
	var extremes [2 * Group]uint64
	innerProducts(&a[0], &b[0], groups, len(a), &products[0], &extremes)
	return slices.Max(extremes[:Group]), slices.Min(extremes[Group:])
}

func mustBeLists(a, b []uint64, words int) (rows, groups int) {
	if words < 1 || len(a)%words != 0 || len(b)%(Group*words) != 0 {
		panic(fmt.Sprintf("simd: lists of %d and %d words, of %d words a vector", len(a), len(b), words))
	}
	return len(a) / words, len(b) / (Group * words)
}

// testsAtOnce is how many iterations of a limit kernel a call of assembly does: some microseconds.
const testsAtOnce = 256

// TestAndCount tests and counts pairs of 1, 2 or 4 words in registers, without reading memory, with the
// fewest instructions that do so: 2, 4 or 6 for eight pairs with AVX-512; 3, 5 or 9 for four with AVX2. It
// returns how many pairs it tested: iterations times 512 with AVX-512, 256 with AVX2. A scan that tests
// every word of every pair in these instructions cannot be faster. For Go it does nothing and returns 0. It
// panics if the processor lacks the instructions, if iterations is negative, and for other numbers of words.
func TestAndCount(isa ISA, words, iterations int) (pairs int64) {
	MustSupport(isa)
	mustCount(iterations)
	if words != 1 && words != 2 && words != 4 {
		panic(fmt.Sprintf("simd: no limit kernel for %d words", words))
	}
	if isa == Go {
		return 0
	}
	var a [16]uint64
	var b [32]uint64
	for done := 0; done < iterations; done += testsAtOnce {
		testAndCount(isa, words, &a, &b, min(testsAtOnce, iterations-done))
	}
	if isa == AVX2 {
		return 256 * int64(iterations)
	}
	return 512 * int64(iterations)
}
