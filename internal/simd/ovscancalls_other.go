//go:build !amd64

package simd

const hasPopcount = false

// noAssembly is why a loop of assembly that was called all the same panics.
const noAssembly = "simd: there are no vector loops for this platform"

func countOrthogonal(ISA, *uint64, int, *uint64, int, int) uint64 { panic(noAssembly) }

func countEarly(ISA, *uint64, int, *uint64, int, int) (pairs, more uint64) { panic(noAssembly) }

func innerProducts(_, _ *uint64, _, _ int, _ *uint64, _ *[2 * Group]uint64) { panic(noAssembly) }

func testAndCount(ISA, int, *[16]uint64, *[32]uint64, int) uint64 { panic(noAssembly) }
