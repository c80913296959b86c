package simd

// The rate of the exponential: how many 2^y with their sum a processor computes in float64 or float32 where the
// data stays in the first-level cache and nothing is stored. It is the loop of attention, hence a limit for that
// and not for every method.

// ExponentialRate64 computes exponentials in float64, rounds times those of a tile, and returns how many; 0 for Go.
// It panics if the processor lacks the instructions or rounds is negative.
func ExponentialRate64(isa ISA, rounds int) (count int64) {
	MustSupport(isa)
	return exponentialRate(Attention64(isa), rounds)
}

// ExponentialRate32 is ExponentialRate64 in float32.
func ExponentialRate32(isa ISA, rounds int) (count int64) {
	MustSupport(isa)
	return exponentialRate(Attention32(isa), rounds)
}

func exponentialRate[F Float](a *Attention[F], rounds int) (count int64) {
	mustCount(rounds)
	if a == nil {
		return 0
	}
	tile, sums := Aligned[F](a.Rows*Stride), Aligned[F](a.Rows*a.Lanes)
	for i := range tile {
		tile[i] = -F(i%Stride) / Stride
	}
	for range rounds {
		a.rate(&tile[0], &sums[0], &a.constants[0], MaxKeys/(2*a.Lanes))
	}
	return int64(rounds) * int64(a.Rows*MaxKeys)
}
