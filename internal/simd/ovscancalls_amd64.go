package simd

// Which assembly serves which instructions; those of vectors, of which the callers make sure.

func countOrthogonal(isa ISA, a *uint64, rows int, b *uint64, groups, words int) uint64 {
	switch wide := isa == AVX512; {
	case wide && words == 1:
		return count1AVX512(a, rows, b, groups)
	case wide:
		return countAnyAVX512(a, rows, b, groups, words)
	case words == 1:
		return count1AVX2(a, rows, b, groups)
	default:
		return countAnyAVX2(a, rows, b, groups, words)
	}
}

func countEarly(isa ISA, a *uint64, rows int, b *uint64, groups, words int) (pairs, more uint64) {
	if isa == AVX512 {
		return earlyAVX512(a, rows, b, groups, words)
	}
	return earlyAVX2(a, rows, b, groups, words)
}

func innerProducts(a, b *uint64, groups, words int, products *uint64, extremes *[2 * Group]uint64) {
	productsAVX512(a, b, groups, words, products, extremes)
}

// testAndCount returns the orthogonal pairs that a limit kernel counts in iterations ≥ 1, of 1, 2 or 4 words.
func testAndCount(isa ISA, words int, a *[16]uint64, b *[32]uint64, iterations int) uint64 {
	kernels := [...][3]func(*[16]uint64, *[32]uint64, int) uint64{
		AVX2:   {testAndCount1AVX2, testAndCount2AVX2, testAndCount4AVX2},
		AVX512: {testAndCount1AVX512, testAndCount2AVX512, testAndCount4AVX512},
	}
	return kernels[isa][words/2](a, b, iterations)
}
