package experiments

// The limits of Bench, each a loop of package simd that does one thing. A limit is nil where none is known:
// plain Go has one for memory alone.
//
// A measurement is cut into pieces, which the cores share: a core that is slowed down takes fewer, as it does of
// a kernel's tasks. A piece is long enough that what it needs to begin is less than a hundredth of it.

import (
	"finegrain/internal/simd"
)

func multiplyAddLimit(isa simd.ISA, t attentionType, cores int) *benchLimit {
	row := LimitRow{Subject: Subject{Name: "multiply-add", ISA: isa, Type: t.name}, Unit: "flop"}
	const iterations = 1 << 13 // of 12 cycles with AVX-512, 6 with AVX2
	return newLimit(row, 64*cores, func() int64 { return t.multiplyAdd(isa, iterations) })
}

func exponentialLimit(isa simd.ISA, t attentionType, cores int) *benchLimit {
	row := LimitRow{Subject: Subject{Name: "exponential", ISA: isa, Type: t.name}, Unit: "exponential"}
	const rounds = 1 << 11 // of about a microsecond; to make the tile takes ten
	return newLimit(row, 6*cores, func() int64 { return t.exponentials(isa, rounds) })
}

func testAndCountLimit(isa simd.ISA, words, cores int) *benchLimit {
	row := LimitRow{Subject: Subject{Name: "test and count", ISA: isa, D: 64 * words}, Unit: "pair"}
	const iterations = 1 << 10 // of 64 cycles and more
	return newLimit(row, 64*cores, func() int64 { return simd.TestAndCount(isa, words, iterations) })
}

// newLimit is a limit whose pieces are all alike; nil for plain Go.
func newLimit(row LimitRow, pieces int, piece func() int64) *benchLimit {
	if row.ISA == simd.Go {
		return nil
	}
	return &benchLimit{row: row, pieces: pieces, piece: func(int) float64 { return float64(piece()) }}
}

// readLimit reads the buffer, which is larger than the caches of a core, from its beginning to its end. Cores of
// some servers share a cache that holds it; then the limit is that cache's.
func readLimit(isa simd.ISA, buffer []uint64) *benchLimit {
	const part = 1 << 15 // words
	return &benchLimit{
		row:    LimitRow{Subject: Subject{Name: "memory read", ISA: isa, N: 8 * len(buffer)}, Unit: "byte"},
		pieces: len(buffer) / part,
		piece: func(i int) float64 {
			simd.Read(isa, buffer[i*part:(i+1)*part])
			return 8 * part
		},
	}
}
