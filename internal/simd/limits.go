package simd

//go:generate go -C asm run ./limits -out ../limits_amd64.s -stubs ../limits_amd64.go -pkg simd

// The limits of a core that loops are measured against, by loops that do nothing else: multiply-adds that
// stay in registers, with enough independent chains to keep every unit busy, and reads of consecutive memory
// whose values are hardly looked at. What takes as long as these loops take for its multiply-adds, or for the
// bytes that it must read, cannot be made faster with the same instructions.
//
// Plain Go has no such limit for multiply-adds: which instructions a loop becomes is the compiler's choice,
// and libraries in it bring wider ones.

import "fmt"

// The multiply-adds are x ← x/2 + 1, whose fixed point is 2: no number ever gets large or subnormal, which
// would change what an operation takes.
const factor, summand = 0.5, 1

// chainIterations is how often a call of assembly, about a microsecond, does every multiply-add; loading and
// storing the registers then costs less than a hundredth.
const chainIterations = 512

// MultiplyAdd64 does float64 multiply-adds on registers and returns the number of floating-point operations,
// two for each multiply-add: iterations times 192 multiply-adds with AVX-512, 48 with AVX2. For Go it does
// nothing and returns 0. It panics if the processor lacks the instructions or iterations is negative.
func MultiplyAdd64(isa ISA, iterations int) (flops int64) {
	MustSupport(isa)
	mustCount(iterations)
	return multiplyAdd64(isa, iterations)
}

// MultiplyAdd32 is MultiplyAdd64 for float32: twice as many in a register.
func MultiplyAdd32(isa ISA, iterations int) (flops int64) {
	MustSupport(isa)
	mustCount(iterations)
	return multiplyAdd32(isa, iterations)
}

// Read reads the words with the widest loads that the instructions have and returns their exclusive or. It
// panics if the processor lacks the instructions.
func Read(isa ISA, words []uint64) uint64 {
	MustSupport(isa)
	const call = 1 << 13 // words; some microseconds
	var sum uint64
	for len(words) > call {
		sum ^= read(isa, words[:call])
		words = words[call:]
	}
	return sum ^ read(isa, words)
}

func readGo(words []uint64) uint64 {
	var s0, s1, s2, s3 uint64
	for len(words) >= 4 {
		s0, s1, s2, s3 = s0^words[0], s1^words[1], s2^words[2], s3^words[3]
		words = words[4:]
	}
	for _, x := range words {
		s0 ^= x
	}
	return s0 ^ s1 ^ s2 ^ s3
}

func mustCount(iterations int) {
	if iterations < 0 {
		panic(fmt.Sprintf("simd: %d iterations", iterations))
	}
}
