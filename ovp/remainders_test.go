package ovp

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// ExampleEncoder is two blocks of two bits with the primes 3 and 5: the integers that are (1,0), (0,1) and (1,1) modulo
// them are 10, 6 and 1.
func ExampleEncoder() {
	e := NewEncoder(2, 2)
	v, err := ParseVectors("1001", "0110", "1100")
	if err != nil {
		fmt.Println(err)
		return
	}
	x := e.Encode(v, 0)
	for i := 1; i < v.N(); i++ {
		y := e.Encode(v, i)
		product := Product(x, y)
		fmt.Println(x, y, product, e.Member(product))
	}
	fmt.Println("M =", e.Modulus(), "and instances", e.Instances())
	// Output:
	// [10 6] [6 10] 120 true
	// [10 6] [10 10] 160 false
	// M = 15 and instances 27
}

// allOf lists all vectors of d bits.
func allOf(d int) Vectors {
	words := make([]uint64, 1<<d)
	for i := range words {
		words[i] = uint64(i)
	}
	v, err := NewVectorsFromWords(d, words)
	if err != nil {
		panic(err)
	}
	return v
}

// disagree returns the first pair that the encoder gets wrong, and how many it does.
func disagree(e *Encoder, a, b Vectors) (first Pair, wrong int) {
	encoded := func(v Vectors) (all [][]*big.Int) {
		for i := range v.N() {
			all = append(all, e.Encode(v, i))
		}
		return all
	}
	xs, ys := encoded(a), encoded(b)
	in := Instance{A: a, B: b}
	for i, x := range xs {
		for j, y := range ys {
			if p := (Pair{I: i, J: j}); e.Member(Product(x, y)) != in.Orthogonal(p) {
				if wrong == 0 {
					first = p
				}
				wrong++
			}
		}
	}
	return first, wrong
}

// TestEncoderOnAllPairs: by definition, on all pairs of vectors of few bits, in no level, one, two and three.
func TestEncoderOnAllPairs(t *testing.T) {
	for _, c := range []struct {
		ell    int
		groups []int
	}{
		{1, nil},
		{3, nil},
		{1, []int{1}},
		{2, []int{1}},
		{2, []int{2}},
		{4, []int{2}},
		{2, []int{4}},
		{3, []int{2}},
		{1, []int{6}},
		{2, []int{2, 2}},
		{1, []int{2, 3}},
		{1, []int{3, 2}},
		{2, []int{1, 3}},
		{1, []int{2, 2, 2}},
	} {
		e := NewEncoderLevels(c.ell, c.groups...)
		all := allOf(e.Bits())
		if first, wrong := disagree(e, all, all); wrong > 0 {
			t.Errorf("ell = %d, groups %v: %d pairs are wrong, the first %v", c.ell, c.groups, wrong, first)
		}
		for i := range all.N() {
			for _, z := range e.Encode(all, i) {
				if z.Sign() < 0 || z.Cmp(e.Modulus()) >= 0 {
					t.Fatalf("ell = %d, groups %v: integer %v, and M = %v", c.ell, c.groups, z, e.Modulus())
				}
			}
		}
	}
}

// TestEncoderMutants: an encoder with a prime that is not above ℓ, or with moduli of a later level that are not above
// the inner products before it, is wrong on some pair.
func TestEncoderMutants(t *testing.T) {
	identity := func(ell int) *Encoder { return identityEncoder(ell) }
	for what, e := range map[string]*Encoder{
		"a prime that is ℓ":                    identity(3).level(2, big.NewInt(2)),
		"a prime below ℓ":                      identity(4).level(2, big.NewInt(2)),
		"later primes above M alone":           NewEncoderLevels(2, 2).level(2, big.NewInt(15)),
		"later primes above M²":                NewEncoderLevels(4, 2).level(1, big.NewInt(0).Mul(big.NewInt(20), big.NewInt(20))),
		"later primes not above ℓ(M−1)², half": NewUnsoundEncoder(2.5, 2, 2, 2),
	} {
		all := allOf(e.Bits())
		if _, wrong := disagree(e, all, all); wrong == 0 {
			t.Errorf("%s: no pair is wrong", what)
		}
	}
	if sound := NewUnsoundEncoder(1, 2, 2, 2); sound.Modulus().Cmp(NewEncoderLevels(2, 2, 2).Modulus()) != 0 {
		t.Error("an encoder understated by 1 is another")
	}
}

// TestEncoderOnRandomPairs: orthogonal pairs, pairs with one common bit, and any.
func TestEncoderOnRandomPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ell := rapid.IntRange(1, 9).Draw(t, "ell")
		groups := rapid.SliceOfN(rapid.IntRange(1, 5), 0, 3).Draw(t, "groups")
		e := NewEncoderLevels(ell, groups...)
		d := rapid.IntRange(max(1, e.Bits()-ell), e.Bits()).Draw(t, "d")
		a, b := NewVectors(1, d), NewVectors(1, d)
		kind := rapid.IntRange(0, 2).Draw(t, "kind")
		common := rapid.IntRange(0, d-1).Draw(t, "common")
		for k := range d {
			x, y := rapid.Bool().Draw(t, "x"), rapid.Bool().Draw(t, "y")
			if x {
				a.Set(0, k)
			}
			if y && (kind == 2 || !x) {
				b.Set(0, k)
			}
		}
		if kind == 1 {
			a.Set(0, common)
			b.Set(0, common)
		}
		product := Product(e.Encode(a, 0), e.Encode(b, 0))
		want := Instance{A: a, B: b}.Orthogonal(Pair{})
		if kind < 2 && want != (kind == 0) {
			t.Fatal("the pair is not of its kind")
		}
		if e.Member(product) != want || product.Cmp(e.Largest()) > 0 {
			t.Errorf("product %v, largest %v: member %v, orthogonal %v", product, e.Largest(), e.Member(product), want)
		}
	})
}

// TestInstancesAreTheMembers counts the members of V one by one.
func TestInstancesAreTheMembers(t *testing.T) {
	for _, c := range []struct {
		ell    int
		groups []int
		want   int64 // 0: not known otherwise
	}{
		{3, nil, 1},
		{2, []int{2}, 27},
		{2, []int{4}, 2307},
		{1, []int{1}, 1},
		{1, []int{2}, 5},
		{5, []int{1}, 0},
		{1, []int{2, 2}, 22426},
		{1, []int{1, 3}, 0},
		{1, []int{2, 1, 1}, 0},
	} {
		e := NewEncoderLevels(c.ell, c.groups...)
		if c.want != 0 && e.Instances().Cmp(big.NewInt(c.want)) != 0 {
			t.Errorf("ell = %d, groups %v: %v instances, want %d", c.ell, c.groups, e.Instances(), c.want)
		}
		if e.Largest().BitLen() > 20 {
			continue
		}
		members, product := int64(0), new(big.Int)
		for v := range e.Largest().Int64() + 2 {
			if e.Member(product.SetInt64(v)) {
				members++
			}
		}
		if e.Instances().Cmp(big.NewInt(members)) != 0 || e.Member(big.NewInt(-1)) {
			t.Errorf("ell = %d, groups %v: %v instances, %d members", c.ell, c.groups, e.Instances(), members)
		}
	}
	// Two levels at ℓ = 2, d = 8.
	if e := NewEncoderLevels(2, 2, 2); e.Modulus().Int64() != 159197 || e.Instances().Int64() != 2*159195*27*27+1 {
		t.Errorf("M = %v, %v instances", e.Modulus(), e.Instances())
	}
}

// TestSizeOfEncoder compares with encoders that are made, whose primes are found by a test for primes and not by a sieve.
func TestSizeOfEncoder(t *testing.T) {
	log2 := func(z *big.Int) float64 {
		mantissa := new(big.Float)
		exponent := new(big.Float).SetInt(z).MantExp(mantissa)
		m, _ := mantissa.Float64()
		return math.Log2(m) + float64(exponent)
	}
	for _, c := range []struct {
		ell    int
		groups []int
	}{
		{1, nil},
		{7, nil},
		{1, []int{1}},
		{1, []int{2}},
		{2, []int{2}},
		{2, []int{500}},
		{100, []int{40}},
		{1 << 17, []int{3}},
		{2, []int{2, 2}},
		{2, []int{2, 300}},
		{9, []int{2, 7}},
		{1, []int{2, 2, 5}},
		{3, []int{4, 3}},
	} {
		e := NewEncoderLevels(c.ell, c.groups...)
		size, err := SizeOfEncoder(context.Background(), c.ell, c.groups...)
		if err != nil {
			t.Errorf("ell = %d, groups %v: %v", c.ell, c.groups, err)
			continue
		}
		for what, x := range map[string][2]float64{
			"modulus":   {size.Log2Modulus, log2(e.Modulus())},
			"instances": {size.Log2Instances, log2(e.Instances())},
		} {
			if math.Abs(x[0]-x[1]) > 1e-9*max(1, x[1]) {
				t.Errorf("ell = %d, groups %v: log2 of the %s is %g, want %g", c.ell, c.groups, what, x[0], x[1])
			}
		}
	}
	if _, err := SizeOfEncoder(context.Background(), 1000, 4, 2); err == nil {
		t.Error("moduli beyond 2^40 are found by sieving")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := SizeOfEncoder(ctx, 2, 1<<40); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestPrimesAbove(t *testing.T) {
	for _, above := range []uint64{0, 1, 3, 65530, 1<<32 - 5, 1 << 40} {
		q := new(big.Int).SetUint64(above)
		for p := range primesAbove(above) {
			for q.Add(q, big.NewInt(1)); !q.ProbablyPrime(0); q.Add(q, big.NewInt(1)) {
			}
			if q.Uint64() != p {
				t.Fatalf("above %d: %d, want %v", above, p, q)
			}
			if p > above+70000 { // beyond the first segment
				break
			}
		}
	}
}

// TestEncoderGroups: the levels of Chen's choice, where they begin and what they hold.
func TestEncoderGroups(t *testing.T) {
	for _, c := range []struct {
		b, ell int
		want   []int
	}{
		{1, 5, nil},
		{1, 1, nil},
		{9, 1, []int{9}},
		{5, 5, []int{5}},
		{6, 5, []int{6}},
		{4095, 2, []int{4095}},
		{4096, 2, []int{2, 2048}},
		{4097, 2, []int{2, 2049}},
		{531440, 3, []int{531440}},
		{531441, 3, []int{2, 265721}},
		{math.MaxInt, 2, []int{2, math.MaxInt/2 + 1}},
	} {
		if got := EncoderGroups(c.b, c.ell); !slices.Equal(got, c.want) {
			t.Errorf("b = %d, ell = %d: %v, want %v", c.b, c.ell, got, c.want)
		}
	}
	for x, want := range map[float64]int{0: 0, 1: 0, 2: 1, 3: 2, 4: 2, 5: 3, 16: 3, 17: 4, 65536: 4, 65537: 5, math.MaxFloat64: 5} {
		if got := LogStar(x); got != want {
			t.Errorf("log* %g = %d, want %d", x, got, want)
		}
	}
	if e := NewEncoder(5, 7); e.Bits() != 35 || e.Ell() != 7 || !slices.Equal(e.Groups(), []int{5}) {
		t.Errorf("%d bits into %d by %v", e.Bits(), e.Ell(), e.Groups())
	}
}

// TestEncoderMisuse: each panics with a reason of its own.
func TestEncoderMisuse(t *testing.T) {
	for what, f := range map[string]func(){
		"no integers":        func() { NewEncoderLevels(0) },
		"no groups":          func() { NewEncoderLevels(2, 0) },
		"no blocks":          func() { NewEncoder(0, 2) },
		"too many bits":      func() { NewEncoderLevels(2, 1).level(math.MaxInt, big.NewInt(2)) },
		"a longer vector":    func() { NewEncoder(2, 2).Encode(NewVectors(1, 5), 0) },
		"different lengths":  func() { Product(nil, []*big.Int{big.NewInt(1)}) },
		"an understatement":  func() { NewUnsoundEncoder(0.5, 2, 2) },
		"a size of nothing":  func() { _, _ = SizeOfEncoder(context.Background(), 0) },
		"a size of no group": func() { _, _ = SizeOfEncoder(context.Background(), 2, 0) },
	} {
		t.Run(what, func(t *testing.T) {
			defer func() {
				if reason, ok := recover().(string); !ok || len(reason) < 5 || reason[:5] != "ovp: " {
					t.Errorf("it panics with %q", reason)
				}
			}()
			f()
		})
	}
}
