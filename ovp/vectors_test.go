package ovp

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawInstance draws small instances, with empty sides and dimensions about a multiple of 64 among them.
func drawInstance(t *rapid.T) Instance {
	d := rapid.OneOf(rapid.IntRange(0, 10), rapid.IntRange(60, 68), rapid.IntRange(120, 200)).Draw(t, "d")
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	density := rapid.SampledFrom([]float64{0, 0.1, 0.3, 0.5, 1}).Draw(t, "density")
	n, m := rapid.IntRange(0, 8).Draw(t, "n"), rapid.IntRange(0, 8).Draw(t, "m")
	return Instance{randomVectors(r, n, d, density), randomVectors(r, m, d, density)}
}

// TestVectorsAreMatrices holds Vectors to a matrix of booleans.
func TestVectorsAreMatrices(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, d := rapid.IntRange(1, 5).Draw(t, "n"), rapid.IntRange(1, 140).Draw(t, "d")
		v, model := NewVectors(n, d), map[Pair]bool{}
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			i, k := rapid.IntRange(0, n-1).Draw(t, "i"), rapid.IntRange(0, d-1).Draw(t, "k")
			if rapid.Bool().Draw(t, "set") {
				v.Set(i, k)
				model[Pair{i, k}] = true
			} else {
				v.Clear(i, k)
				model[Pair{i, k}] = false
			}
		}
		for i := range n {
			for k := range d {
				if v.Bit(i, k) != model[Pair{i, k}] {
					t.Fatalf("coordinate %d of vector %d is %t", k, i, v.Bit(i, k))
				}
			}
		}
		if err := v.Validate(); err != nil {
			t.Fatal(err)
		}
		parsed, err := ParseVectors(strings.Fields(v.String())...)
		if err != nil || !parsed.Equal(v) {
			t.Fatalf("%v reads back as %v: %v", v, parsed, err)
		}
		made, err := NewVectorsFromWords(d, v.Clone().Raw())
		if err != nil || !made.Equal(v) {
			t.Fatalf("the words of %v make %v: %v", v, made, err)
		}
		from := rapid.IntRange(0, n).Draw(t, "from")
		if want := strings.Join(strings.Fields(v.String())[from:], " "); v.Slice(from, n).String() != want {
			t.Fatalf("vectors of %v from %d are %v", v, from, v.Slice(from, n))
		}
	})
}

func TestNewVectorsFromWords(t *testing.T) {
	for _, c := range []struct {
		d     int
		words []uint64
		n     int
		says  string
	}{
		{64, []uint64{1, math.MaxUint64}, 2, "<nil>"},
		{65, []uint64{1, 1, 0, 0}, 2, "<nil>"},
		{65, []uint64{1, 2}, 0, "vector 0 has bit 65 set"},
		{3, []uint64{7, 8}, 0, "vector 1 has bit 3 set"},
		{65, []uint64{1, 1, 1}, 0, "no whole number of vectors"},
		{0, nil, 0, "<nil>"},
		{0, []uint64{0}, 0, "no whole number of vectors"},
		{-1, nil, 0, "negative"},
	} {
		v, err := NewVectorsFromWords(c.d, c.words)
		if !strings.Contains(fmt.Sprint(err), c.says) || err == nil && v.N() != c.n {
			t.Errorf("d = %d, %v: %d vectors, %v", c.d, c.words, v.N(), err)
		}
	}
}

// TestDimensionZero: vectors without coordinates are counted, and take no memory.
func TestDimensionZero(t *testing.T) {
	v := NewVectors(5, 0)
	if v.N() != 5 || v.Bytes() != 0 || len(v.Row(4)) != 0 || v.Validate() != nil || v.Slice(1, 3).N() != 2 {
		t.Errorf("%+v", v)
	}
}

func TestMisusePanics(t *testing.T) {
	v := NewVectors(2, 65)
	for name, misuse := range map[string]func(){
		"coordinate in the last word above d": func() { v.Set(0, 65) },
		"coordinate of the next vector":       func() { v.Bit(0, 128) },
		"coordinate below 0":                  func() { v.Clear(0, -1) },
		"vector n":                            func() { v.Bit(2, 0) },
		"negative n":                          func() { NewVectors(-1, 1) },
		"negative d":                          func() { NewVectors(1, -1) },
		"too large":                           func() { NewVectors(math.MaxInt, math.MaxInt) },
		"slice beyond the end":                func() { v.Slice(1, 3) },
	} {
		func() {
			defer func() {
				if r := fmt.Sprint(recover()); !strings.HasPrefix(r, "ovp: ") {
					t.Errorf("%s: %s", name, r)
				}
			}()
			misuse()
		}()
	}
}

func TestParseVectorsRejects(t *testing.T) {
	for _, rows := range [][]string{{"01", "0"}, {"0", "01"}, {"0a"}, {"0 1"}} {
		if v, err := ParseVectors(rows...); err == nil {
			t.Errorf("%q is %v", rows, v)
		}
	}
}

// TestSquareKeepsPairs: lists of one length, d ≥ 1, and exactly the orthogonal pairs that there were.
func TestSquareKeepsPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInstance(t)
		out := Square(in)
		if out.A.N() != out.B.N() || out.D() < 1 || out.Validate() != nil {
			t.Fatalf("%v: %v", out.Size(), out.Validate())
		}
		if got, want := out.pairsWhere(out.Orthogonal), in.pairsWhere(in.Orthogonal); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("orthogonal pairs %v became %v", want, got)
		}
		for _, p := range in.pairsWhere(func(Pair) bool { return true }) {
			if in.InnerProduct(p) != out.InnerProduct(p) {
				t.Fatalf("inner product of %v changed", p)
			}
		}
		before, after := must(HistogramByDefinition(unbounded(), in)), must(HistogramByDefinition(unbounded(), out))
		added := uint64(out.A.N()*out.B.N() - in.A.N()*in.B.N())
		for k := range after.Totals {
			want := added
			if k != 1 {
				want = 0
			}
			if k < len(before.Totals) {
				want += before.Totals[k]
			}
			if after.Totals[k] != want {
				t.Fatalf("%d pairs have the product %d, want %d", after.Totals[k], k, want)
			}
		}
		if in.A.N() == in.B.N() && in.D() > 0 && !out.Equal(in) {
			t.Fatal("a square instance was changed")
		}
	})
}

// TestSquareMovesExtremes: the products of the padding are 1, which may be beyond all others on either side.
func TestSquareMovesExtremes(t *testing.T) {
	for _, c := range []struct {
		in         Instance
		least, max int
	}{
		{Instance{must(ParseVectors("10")), must(ParseVectors("01", "01"))}, 0, 1},
		{Instance{must(ParseVectors("11")), must(ParseVectors("11", "11"))}, 1, 2},
	} {
		h := must(HistogramByDefinition(unbounded(), Square(c.in)))
		if h.Min.Value != c.least || h.Max.Value != c.max {
			t.Errorf("%v against %v squared: least product %d, largest %d", c.in.A, c.in.B, h.Min.Value, h.Max.Value)
		}
	}
}

// TestPaddingWithoutMarkWouldShow: padding with zero vectors, the obvious mistake, makes orthogonal pairs.
func TestPaddingWithoutMarkWouldShow(t *testing.T) {
	in := Instance{must(ParseVectors("11")), must(ParseVectors("11", "01"))}
	zeroPadded := Instance{widen(in.A, 2), widen(in.B, 2)}
	if len(zeroPadded.pairsWhere(zeroPadded.Orthogonal)) == len(in.pairsWhere(in.Orthogonal)) {
		t.Error("the comparison of pairs in TestSquareKeepsPairs cannot fail")
	}
}
