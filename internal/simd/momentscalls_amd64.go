package simd

// MomentsOf returns the loops of a set of instructions; nil for Go and for what the processor lacks.
func MomentsOf(isa ISA) *Moments {
	switch {
	case isa > widest:
		return nil
	case isa == AVX512:
		return avx512Moments
	case isa == AVX2:
		return avx2Moments
	}
	return nil
}

var (
	avx512Moments = &Moments{
		Lanes:   8,
		add:     [mostMoments]momentsLoop{moments1x64AVX512, moments2x64AVX512, moments3x64AVX512, moments4x64AVX512},
		collect: [mostMoments]momentsLoop{collect1x64AVX512, collect2x64AVX512, collect3x64AVX512, collect4x64AVX512},
	}
	avx2Moments = &Moments{
		Lanes:   4,
		add:     [mostMoments]momentsLoop{moments1x64AVX2, moments2x64AVX2, moments3x64AVX2, moments4x64AVX2},
		collect: [mostMoments]momentsLoop{collect1x64AVX2, collect2x64AVX2, collect3x64AVX2, collect4x64AVX2},
	}
)
