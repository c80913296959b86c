package ovp

import (
	"math"
	"testing"
)

func TestGeneratorsMakeWhatTheySay(t *testing.T) {
	counts := map[string]uint64{"planted": 1, "adversarial": 0, "adversarial-last": 1}
	for _, g := range Generators() {
		for _, p := range []Parameters{
			{2, 2, 0.5}, {1, 2, 0}, {20, 3, 1}, {60, 9, 0.3}, {40, 64, 0.1}, {40, 130, 0.2}, g.Default,
		} {
			in, err := g.Generate(testEnv(), p)
			if err != nil || in.A.N() != p.N || in.B.N() != p.N || in.D() != p.D || in.Validate() != nil {
				t.Fatalf("%s, %+v: %v, %v", g.Name, p, in.Size(), err)
			}
			if in.Bytes() != p.Bytes() {
				t.Errorf("%s, %+v: %d bytes, and %d announced", g.Name, p, in.Bytes(), p.Bytes())
			}
			if again, err := g.Generate(testEnv(), p); err != nil || !again.Equal(in) {
				t.Errorf("%s, %+v: another instance from the same seed; %v", g.Name, p, err)
			}
			h, _, err := scanHistogram(testEnv(), in)
			if err != nil {
				t.Fatal(err)
			}
			if want, ok := counts[g.Name]; ok && h.Totals[0] != want {
				t.Errorf("%s, %+v: %d orthogonal pairs, want %d", g.Name, p, h.Totals[0], want)
			}
			all := uint64(p.N * p.N)
			switch g.Name {
			case "adversarial":
				if h.Totals[1] != all {
					t.Errorf("%s, %+v: not every pair meets once: %v", g.Name, p, h.Totals)
				}
			case "adversarial-last":
				if h.Totals[1] != all-1 || h.Min.Pair != (Pair{p.N - 1, p.N - 1}) {
					t.Errorf("%s, %+v: products %v, least %v", g.Name, p, h.Totals, h.Min)
				}
			}
		}
	}
}

// TestAdversarialDefeatsEarlyExit: all words before the last say "orthogonal".
func TestAdversarialDefeatsEarlyExit(t *testing.T) {
	in := must(Adversarial(testEnv(), 10, 12, 200, false))
	for _, p := range in.pairsWhere(func(Pair) bool { return true }) {
		a, b := in.A.Row(p.I), in.B.Row(p.J)
		if disjoint(a[:3], b[:3]) != 1 || disjoint(a, b) != 0 {
			t.Fatalf("pair %v: %x and %x", p, a, b)
		}
	}
}

func TestPlantedReturnsItsPair(t *testing.T) {
	for _, density := range []float64{0, 0.2, 0.5, 1} {
		in, p, err := Planted(testEnv(), 40, 3000, 70, density)
		if err != nil {
			t.Fatal(err)
		}
		found, _, err := scanFind(testEnv(), in)
		if err != nil || found != (Found{true, p}) {
			t.Errorf("density %v: planted %v, found %v; %v", density, p, found, err)
		}
	}
}

// TestRandomDensity: the number of ones is within six standard deviations.
func TestRandomDensity(t *testing.T) {
	for _, density := range []float64{0, 0.1, 0.5, 0.9, 1} {
		in := must(Random(testEnv(), 300, 200, 130, density))
		ones := 0
		for _, side := range []Vectors{in.A, in.B} {
			for i := range side.N() {
				for k := range side.D() {
					if side.Bit(i, k) {
						ones++
					}
				}
			}
		}
		n := 500.0 * 130
		if off := math.Abs(float64(ones) - n*density); off > 6*math.Sqrt(n*density*(1-density)) {
			t.Errorf("density %v: %d ones of %v", density, ones, n)
		}
	}
}

func TestGeneratorsRefuse(t *testing.T) {
	for name, wrong := range map[string]Parameters{
		"negative n": {-1, 5, 0.5},
		"negative d": {5, -1, 0.5},
		"huge":       {1 << 40, 1 << 20, 0.5},
		"overflow":   {math.MaxInt, math.MaxInt, 0.5},
	} {
		for _, g := range Generators() {
			if in, err := g.Generate(testEnv(), wrong); err == nil {
				t.Errorf("%s, %s: %v", g.Name, name, in.Size())
			}
		}
	}
	for _, density := range []float64{-0.1, 1.1, math.NaN()} {
		if _, err := Random(testEnv(), 2, 2, 2, density); err == nil {
			t.Errorf("density %v is accepted", density)
		}
		if _, _, err := Planted(testEnv(), 2, 2, 2, density); err == nil {
			t.Errorf("density %v is accepted for a planted pair", density)
		}
	}
	if _, _, err := Planted(testEnv(), 0, 5, 5, 0.5); err == nil {
		t.Error("a pair is planted in an empty list")
	}
	if _, _, err := Planted(testEnv(), 5, 5, 1, 0.5); err == nil {
		t.Error("a single pair is planted in dimension 1")
	}
	if _, err := Adversarial(testEnv(), 5, 5, 1, true); err == nil {
		t.Error("the last of two coordinates is found in one")
	}
	if _, err := Adversarial(testEnv(), 0, 5, 4, true); err == nil {
		t.Error("an empty list has a last vector")
	}
	if _, err := GeneratorNamed("randm"); err == nil {
		t.Error("there is a generator randm")
	}
	if g, err := GeneratorNamed("planted"); err != nil || g.Name != "planted" {
		t.Error(g.Name, err)
	}
}
