package simd

func multiplyAdd64(isa ISA, iterations int) int64 {
	switch isa {
	case AVX512:
		var x [192]float64
		return inCalls(multiplyAdd64AVX512, &x, len(x), iterations)
	case AVX2:
		var x [48]float64
		return inCalls(multiplyAdd64AVX2, &x, len(x), iterations)
	}
	return 0
}

func multiplyAdd32(isa ISA, iterations int) int64 {
	switch isa {
	case AVX512:
		var x [384]float32
		return inCalls(multiplyAdd32AVX512, &x, len(x), iterations)
	case AVX2:
		var x [96]float32
		return inCalls(multiplyAdd32AVX2, &x, len(x), iterations)
	}
	return 0
}

// inCalls spreads iterations over calls of assembly that are short, on lanes numbers at x, and returns the number
// of operations.
func inCalls[X any, F Float](loop func(x *X, a, b F, iterations int), x *X, lanes, iterations int) (flops int64) {
	for left := iterations; left > 0; left -= chainIterations {
		loop(x, factor, summand, min(chainIterations, left))
	}
	return 2 * int64(lanes) * int64(iterations)
}

func read(isa ISA, words []uint64) (sum uint64) {
	switch isa {
	case AVX512:
		const step = 512 / 8
		if steps := len(words) / step; steps > 0 {
			var sums [8]uint64
			readAVX512(&words[0], steps, &sums)
			sum, words = readGo(sums[:]), words[steps*step:]
		}
	case AVX2:
		const step = 256 / 8
		if steps := len(words) / step; steps > 0 {
			var sums [4]uint64
			readAVX2(&words[0], steps, &sums)
			sum, words = readGo(sums[:]), words[steps*step:]
		}
	}
	return sum ^ readGo(words)
}
