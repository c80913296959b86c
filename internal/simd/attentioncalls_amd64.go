package simd

// Attention64 returns the float64 loops of a set of instructions; nil for Go and for what the processor lacks.
func Attention64(isa ISA) *Attention[float64] {
	switch {
	case isa > widest:
		return nil
	case isa == AVX512:
		return avx512x64
	case isa == AVX2:
		return avx2x64
	}
	return nil
}

// Attention32 returns the float32 loops of a set of instructions; nil for Go and for what the processor lacks.
func Attention32(isa ISA) *Attention[float32] {
	switch {
	case isa > widest:
		return nil
	case isa == AVX512:
		return avx512x32
	case isa == AVX2:
		return avx2x32
	}
	return nil
}

var (
	avx512x64 = &Attention[float64]{
		Rows: 12, Lanes: 8,
		ExpError:  errorOf[float64](exponential64[AVX512]),
		constants: constants[float64](exponential64[AVX512], 8),
		scores:    scores64AVX512, largest: largest64AVX512, powers: powers64AVX512,
		exponentials: exponentials64AVX512, rate: rate64AVX512,
		weights: [Small]weightsOf[float64]{
			weights1x64AVX512, weights2x64AVX512, weights3x64AVX512, weights4x64AVX512,
			weights5x64AVX512, weights6x64AVX512, weights7x64AVX512, weights8x64AVX512,
		},
		values: values64AVX512, columns: columns64AVX512, totals: totals64AVX512,
	}
	avx512x32 = &Attention[float32]{
		Rows: 12, Lanes: 16,
		ExpError:  errorOf[float32](exponential32[AVX512]),
		constants: constants[float32](exponential32[AVX512], 16),
		scores:    scores32AVX512, largest: largest32AVX512, powers: powers32AVX512,
		exponentials: exponentials32AVX512, rate: rate32AVX512,
		weights: [Small]weightsOf[float32]{
			weights1x32AVX512, weights2x32AVX512, weights3x32AVX512, weights4x32AVX512,
			weights5x32AVX512, weights6x32AVX512, weights7x32AVX512, weights8x32AVX512,
		},
		values: values32AVX512, columns: columns32AVX512, totals: totals32AVX512,
	}
	avx2x64 = &Attention[float64]{
		Rows: 6, Lanes: 4,
		ExpError:  errorOf[float64](exponential64[AVX2]),
		constants: constants[float64](exponential64[AVX2], 4),
		scores:    scores64AVX2, largest: largest64AVX2, powers: powers64AVX2,
		exponentials: exponentials64AVX2, rate: rate64AVX2,
		weights: [Small]weightsOf[float64]{
			weights1x64AVX2, weights2x64AVX2, weights3x64AVX2, weights4x64AVX2,
			weights5x64AVX2, weights6x64AVX2, weights7x64AVX2, weights8x64AVX2,
		},
		values: values64AVX2, columns: columns64AVX2, totals: totals64AVX2,
	}
	avx2x32 = &Attention[float32]{
		Rows: 6, Lanes: 8,
		ExpError:  errorOf[float32](exponential32[AVX2]),
		constants: constants[float32](exponential32[AVX2], 8),
		scores:    scores32AVX2, largest: largest32AVX2, powers: powers32AVX2,
		exponentials: exponentials32AVX2, rate: rate32AVX2,
		weights: [Small]weightsOf[float32]{
			weights1x32AVX2, weights2x32AVX2, weights3x32AVX2, weights4x32AVX2,
			weights5x32AVX2, weights6x32AVX2, weights7x32AVX2, weights8x32AVX2,
		},
		values: values32AVX2, columns: columns32AVX2, totals: totals32AVX2,
	}
)
