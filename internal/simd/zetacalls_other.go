//go:build !amd64

package simd

func zetaWithin(ISA, *uint64, int) { panic(noAssembly) }

func zetaAcross(ISA, *uint64, int, int, int) { panic(noAssembly) }
