package ovp

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"finegrain/internal/simd"
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
			h, _, err := Scan.Histogram(testEnv(), in)
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

// TestPlantedIsLinearInPairs: a strip is counted once for a vector of A, however many pairs need repair.
func TestPlantedIsLinearInPairs(t *testing.T) {
	const n, m, d = 10, 3 * stripWords, 64
	for _, density := range []float64{0, 0.02, 0.5} {
		in := must(Random(testEnv(), n, m, d, density))
		r := testEnv().Rand("planted")
		planted := Pair{n - 1, m - 1}
		makeOrthogonal(in, planted, r)
		in.A.Set(planted.I, 0)
		in.B.Clear(planted.J, 0)
		in.B.Set(planted.J, 1)
		in.A.Clear(planted.I, 1)
		g := must(newGrid(testEnv(), in, simd.Go))
		counted, count := 0, g.count
		g.count = func(a []uint64, b strip, w int) uint64 {
			counted += len(a) / w * b.N()
			return count(a, b, w)
		}
		if err := g.separate(testEnv(), r, planted); err != nil {
			t.Fatal(err)
		}
		if counted != n*m {
			t.Errorf("density %v: %d pairs counted of %d", density, counted, n*m)
		}
		if found, _, err := Scan.Find(testEnv(), in); err != nil || found != (Found{true, planted}) {
			t.Errorf("density %v: found %v, %v", density, found, err)
		}
	}
}

func TestSomeOne(t *testing.T) {
	v := NewVectors(1, 200)
	for _, k := range []int{3, 63, 64, 130} {
		v.Set(0, k)
	}
	for from, want := range map[int]int{0: 3, 3: 3, 4: 63, 63: 63, 64: 64, 65: 130, 130: 130, 131: 3, 199: 3} {
		if got := v.someOne(0, from); got != want {
			t.Errorf("from %d on: %d, want %d", from, got, want)
		}
	}
}

// TestGeneratorsPoll: whatever the shape, no more than wordsBetweenPolls words are drawn, or pairs of as many
// words compared, without a look at the context; and making that is cancelled, early or late, ends there and
// returns no instance.
func TestGeneratorsPoll(t *testing.T) {
	for _, g := range Generators() {
		for _, p := range []Parameters{{1 << 17, 2, 0.5}, {1 << 12, 64, 0.3}, {2, 1 << 20, 0.3}, {2, 1 << 20, 0.5}} {
			if g.Name == "planted" {
				p.N = min(p.N, 1<<11)
			}
			env, live := polledEnv(testEnv(), math.MaxInt64)
			in, err := g.Generate(env, p)
			if err != nil {
				t.Fatal(err)
			}
			if least := in.Bytes() / 8 / wordsBetweenPolls; live.polls.Load() < least {
				t.Errorf("%s, %+v: %d polls for %d words", g.Name, p, live.polls.Load(), in.Bytes()/8)
			}
			for _, until := range []int64{0, live.polls.Load() / 2, live.polls.Load() - 1} {
				env, ended := polledEnv(testEnv(), until)
				in, err := g.Generate(env, p)
				if asked := ended.polls.Load(); !errors.Is(err, context.Canceled) || in.A.N() > 0 || asked > until+farewellPolls {
					t.Errorf("%s, %+v: %v, %v, cancelled at poll %d, after %d", g.Name, p, in.Size(), err, until+1, asked)
				}
			}
		}
	}
}

func TestPlantedReturnsItsPair(t *testing.T) {
	for _, density := range []float64{0, 0.2, 0.5, 1} {
		in, p, err := Planted(testEnv(), 40, 3000, 70, density)
		if err != nil {
			t.Fatal(err)
		}
		found, _, err := Scan.Find(testEnv(), in)
		if err != nil || found != (Found{true, p}) {
			t.Errorf("density %v: planted %v, found %v; %v", density, p, found, err)
		}
	}
}

// TestRandomDensity: the number of ones is within six standard deviations.
func TestRandomDensity(t *testing.T) {
	for _, density := range []float64{0, 5e-324, 0.1, 0.5, 0.75, 0.9, 1} {
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

// coins is a source of one number after the other.
type coins []uint64

func (c *coins) Uint64() uint64 {
	x := (*c)[0]
	*c = (*c)[1:]
	return x
}

// TestRandomWordIsExact goes through all digits of u, and holds every coordinate to u < p.
func TestRandomWordIsExact(t *testing.T) {
	const digits = 5
	for numerator := range 1<<digits + 1 {
		p := float64(numerator) / (1 << digits)
		var source coins
		for k := range digits { // coordinate i stands for u = i mod 32, first digit first, inverted
			var x uint64
			for i := range uint64(64) {
				x |= (^i >> (digits - 1 - k) & 1) << i
			}
			source = append(source, x)
		}
		word := randomWord(rand.New(&source), p)
		for i := range 64 {
			if got, want := word>>i&1 == 1, i%(1<<digits) < numerator; got != want {
				t.Errorf("p = %d/32, u = %d/32: %t", numerator, i%(1<<digits), got)
			}
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
