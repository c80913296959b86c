package simd

func multiplyAdd64(isa ISA, iterations int) int64 {
	switch isa {
	case AVX512:
		var x [192]float64
		inCalls(iterations, func(n int) { multiplyAdd64AVX512(&x, factor, summand, n) })
		return 2 * int64(len(x)) * int64(iterations)
	case AVX2:
		var x [48]float64
		inCalls(iterations, func(n int) { multiplyAdd64AVX2(&x, factor, summand, n) })
		return 2 * int64(len(x)) * int64(iterations)
	}
	return 0
}

func multiplyAdd32(isa ISA, iterations int) int64 {
	switch isa {
	case AVX512:
		var x [384]float32
		inCalls(iterations, func(n int) { multiplyAdd32AVX512(&x, factor, summand, n) })
		return 2 * int64(len(x)) * int64(iterations)
	case AVX2:
		var x [96]float32
		inCalls(iterations, func(n int) { multiplyAdd32AVX2(&x, factor, summand, n) })
		return 2 * int64(len(x)) * int64(iterations)
	}
	return 0
}

// inCalls spreads iterations over calls of assembly that are short.
func inCalls(iterations int, loop func(n int)) {
	for ; iterations > 0; iterations -= chainIterations {
		loop(min(chainIterations, iterations))
	}
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
