package simd

import "golang.org/x/sys/cpu"

// widest is the widest set that processor and system support.
var widest = func() ISA {
	switch x := cpu.X86; {
	case x.HasAVX512F && x.HasAVX512DQ && x.HasAVX512BW && x.HasAVX512VL && x.HasAVX2 && x.HasFMA:
		return AVX512
	case x.HasAVX2 && x.HasFMA:
		return AVX2
	}
	return Go
}()

// hasPopcount: AVX-512 instructions that count the bits of 64-bit lanes.
var hasPopcount = widest == AVX512 && cpu.X86.HasAVX512VPOPCNTDQ
