package monomials

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestRow: every monomial of degree at most g occurs once, those of a lower degree first, and Row computes what
// Exponents says.
func TestRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, g := rapid.IntRange(1, 5).Draw(t, "d"), rapid.IntRange(0, 6).Draw(t, "g")
		x := rapid.SliceOfN(rapid.SampledFrom([]float64{-2, -1, 0.5, 1, 3}), d, d).Draw(t, "x")
		start := rapid.SampledFrom([]float64{1, -0.25}).Draw(t, "start")
		b := New(d, g)
		if int64(b.Rank(g)) != Rank(d, g) {
			t.Fatalf("rank %d, want %d", b.Rank(g), Rank(d, g))
		}
		row := make([]float64, b.Rank(g))
		row[0] = start
		b.Row(row, x, g)
		exponents := make([][5]int, b.Rank(g))
		seen := map[[5]int]bool{{}: true}
		b.Exponents(func(index, variable, times, parent int) {
			e := exponents[parent]
			e[variable]++
			if e[variable] != times || seen[e] {
				t.Fatalf("monomial %d is %v, variable %d %d times", index, e, variable, times)
			}
			exponents[index], seen[e] = e, true
		})
		if len(seen) != len(row) {
			t.Fatalf("%d monomials, want %d", len(seen), len(row))
		}
		degree := 0
		for i, e := range exponents {
			want, total := start, 0
			for l, k := range e[:d] {
				want *= math.Pow(x[l], float64(k))
				total += k
			}
			if row[i] != want {
				t.Fatalf("monomial %v is %g, want %g", e, row[i], want)
			}
			if total < degree || i >= b.Rank(total) {
				t.Fatalf("monomial %v of degree %d is number %d", e, total, i)
			}
			degree = total
		}
	})
}

func TestRank(t *testing.T) {
	for _, c := range []struct {
		d, g int
		want int64
	}{{1, 30, 31}, {2, 20, 231}, {3, 21, 2024}, {64, 64, math.MaxInt64}, {0, 5, 1}, {5, 0, 1}} {
		if got := Rank(c.d, c.g); got != c.want {
			t.Errorf("C(%d+%d,%d) = %d, want %d", c.d, c.g, c.g, got, c.want)
		}
	}
}
