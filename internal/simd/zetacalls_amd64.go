package simd

func zetaWithin(isa ISA, f *uint64, blocks int) {
	if isa == AVX512 {
		zetaWithinAVX512(f, blocks)
	} else {
		zetaWithinAVX2(f, blocks)
	}
}

// zetaAcross takes pitch and width in words.
func zetaAcross(isa ISA, f *uint64, pitch, width, coordinates int) {
	if isa == AVX512 {
		[...]func(*uint64, int, int){
			1: zetaAcross1AVX512, 2: zetaAcross2AVX512, 3: zetaAcross3AVX512,
		}[coordinates](f, 8*pitch, width/8)
	} else {
		[...]func(*uint64, int, int){
			1: zetaAcross1AVX2, 2: zetaAcross2AVX2, 3: zetaAcross3AVX2,
		}[coordinates](f, 8*pitch, width/4)
	}
}
