package simd

//go:generate go -C asm run ./zeta -out ../zeta_amd64.s -stubs ../zeta_amd64.go -pkg simd

// Sums over subsets, the zeta transform (Yates 1937): for every coordinate, the entry without it is added to
// the entry with it. An entry is 32 bits, number T in half T mod 2 of word ⌊T/2⌋, and wraps; where no sum
// reaches 2^32 that is the same as adding words of two entries.
//
// A coordinate alone takes a load, an addition and a store for every register of entries. Here several are
// done between one load and one store, as a fast Fourier transform of large radix does: the lowest
// coordinates by shifts within registers, and others between 8 or 16 registers.

import "fmt"

// ZetaBlock is the number of coordinates that ZetaWithin does: 8 with AVX-512, 6 with AVX2, and none for Go.
func ZetaBlock(isa ISA) int { return [...]int{Go: 0, AVX2: 6, AVX512: 8}[isa] }

// ZetaMost is the most coordinates that ZetaAcross does at a time.
const ZetaMost = 3

// ZetaWithin does the first ZetaBlock coordinates of f. It panics unless f is whole blocks of 2^ZetaBlock
// entries, or if the processor lacks the instructions or they are Go.
func ZetaWithin(isa ISA, f []uint64) {
	mustBeVector(isa)
	block := 1 << ZetaBlock(isa) / 2
	if len(f)%block != 0 {
		panic(fmt.Sprintf("simd: ZetaWithin of %d words, which are no whole number of blocks of %d", len(f), block))
	}
	const call = 1 << 14 // words; some microseconds
	for ; len(f) > call; f = f[call:] {
		zetaWithin(isa, &f[0], call/block)
	}
	if len(f) > 0 {
		zetaWithin(isa, &f[0], len(f)/block)
	}
}

// ZetaAcross does some coordinates, which tell rows apart: row r is the width words of f from word r·pitch on,
// for r below 2^coordinates. It panics if a row is not in f, if rows overlap, if width is no multiple of 8, if
// coordinates are none or more than ZetaMost, or if the processor lacks the instructions or they are Go.
func ZetaAcross(isa ISA, f []uint64, pitch, width, coordinates int) {
	mustBeVector(isa)
	if coordinates < 1 || coordinates > ZetaMost {
		panic(fmt.Sprintf("simd: ZetaAcross of %d coordinates; it does 1 to %d", coordinates, ZetaMost))
	}
	last := 1<<coordinates - 1
	if width < 0 || width%8 != 0 || pitch < width || len(f) < width || (len(f)-width)/last < pitch {
		panic(fmt.Sprintf("simd: ZetaAcross of %d rows of %d words, %d words apart, in %d words",
			last+1, width, pitch, len(f)))
	}
	const call = 1 << 9 // words of a row; some microseconds
	for at := 0; at < width; at += call {
		zetaAcross(isa, &f[at], pitch, min(call, width-at), coordinates)
	}
}
