//go:build !amd64

package simd

// Attention64 returns nil: this platform has no vector loops here.
func Attention64(ISA) *Attention[float64] { return nil }

// Attention32 returns nil: this platform has no vector loops here.
func Attention32(ISA) *Attention[float32] { return nil }
