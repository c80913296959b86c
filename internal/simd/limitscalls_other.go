//go:build !amd64

package simd

func multiplyAdd64(ISA, int) int64 { return 0 }

func multiplyAdd32(ISA, int) int64 { return 0 }

func read(_ ISA, words []uint64) uint64 { return readGo(words) }
