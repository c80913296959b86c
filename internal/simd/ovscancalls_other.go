//go:build !amd64

package simd

const hasPopcount = false

func countOrthogonal(ISA, *uint64, int, *uint64, int, int) uint64 { panic(noScan) }

func countEarly(ISA, *uint64, int, *uint64, int, int) (pairs, more uint64) { panic(noScan) }

func innerProducts(_, _ *uint64, _, _ int, _ *uint64, _ *[2 * Group]uint64) { panic(noScan) }

func testAndCount(ISA, int, *[16]uint64, *[32]uint64, int) uint64 { panic(noScan) }
