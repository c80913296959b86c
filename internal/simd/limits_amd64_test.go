package simd

import "testing"

// TestChains: every lane of every register is taken through x ← x/2 + 1 as often as asked. From 2 + i the
// steps are exact in both types: after n of them the distance from 2 is i·2^−n.
func TestChains(t *testing.T) {
	t.Run("AVX512", func(t *testing.T) {
		if widest < AVX512 {
			t.Skip("this processor does not have AVX-512")
		}
		for n := 1; n <= 12; n++ {
			x, y := from2[float64](192), from2[float32](384)
			multiplyAdd64AVX512((*[192]float64)(x), factor, summand, n)
			multiplyAdd32AVX512((*[384]float32)(y), factor, summand, n)
			approached2(t, x, n)
			approached2(t, y, n)
		}
	})
	t.Run("AVX2", func(t *testing.T) {
		if widest < AVX2 {
			t.Skip("this processor does not have AVX2 and FMA")
		}
		for n := 1; n <= 12; n++ {
			x, y := from2[float64](48), from2[float32](96)
			multiplyAdd64AVX2((*[48]float64)(x), factor, summand, n)
			multiplyAdd32AVX2((*[96]float32)(y), factor, summand, n)
			approached2(t, x, n)
			approached2(t, y, n)
		}
	})
}

func from2[F float32 | float64](lanes int) []F {
	x := make([]F, lanes)
	for i := range x {
		x[i] = 2 + F(i)
	}
	return x
}

func approached2[F float32 | float64](t *testing.T, x []F, steps int) {
	t.Helper()
	for i, got := range x {
		if want := 2 + F(i)/F(int(1)<<steps); got != want {
			t.Errorf("%T, lane %d after %d steps: %v, want %v", got, i, steps, got, want)
		}
	}
}
