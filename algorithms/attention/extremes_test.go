package attention

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"finegrain"
	"finegrain/internal/doubledouble"
	"finegrain/internal/roundoff"
	"finegrain/internal/simd"

	"gonum.org/v1/gonum/mat"
)

// Instances that each fail without one line of the algorithms or one term of their bounds.

// filled is a matrix whose entries are all x.
func filled(rows, cols int, x float64) *mat.Dense {
	m := ones(rows, cols)
	m.Scale(x, m)
	return m
}

func column(x ...float64) *mat.Dense { return mat.NewDense(len(x), 1, x) }

// holdsBound runs the method and holds the result to what is reported, and that to what is declared.
func holdsBound(t *testing.T, m Method, in Instance) (deviation, Output, finegrain.Cost) {
	t.Helper()
	out, cost := run(t, m, in, 2)
	if err := wellFormed(in, out); err != nil {
		t.Fatalf("%s: %v", m.Name, err)
	}
	if declared := m.Guarantee.Error(in.Regime()); !(out.Bound <= declared) {
		t.Errorf("%s reports %g and declares %g", m.Name, out.Bound, declared)
	}
	off, err := measure(testEnv(), in, out, nil)
	if err != nil {
		t.Fatal(err)
	}
	if off.distance > sumUp(out.Bound, off.reference) {
		t.Errorf("%s: row %d is %g off, and %g is reported", m.Name, off.row, off.distance, out.Bound)
	}
	return off, out, cost
}

func TestExtremes(t *testing.T) {
	tiny := func(factors ...float64) *mat.Dense {
		x := column(factors...)
		x.Scale(math.SmallestNonzeroFloat64, x)
		return x
	}
	below := filled(2, 64, 0x1p-538)
	clear(below.RawRowView(1))
	for _, c := range []struct {
		name string
		in   Instance
	}{
		{"s·log₂e overflows", Instance{
			Q: mat.NewDense(1, 2, []float64{1e-10, 0}), V: column(1, 2), Scale: 1.5e308,
			K: mat.NewDense(2, 2, []float64{1e-300, 1e-300, 2e-300, 3e-300}),
		}},
		{"scores far apart, values of opposite sign", Instance{
			Q: column(1e5), K: column(1, 2), V: column(1, -1), Scale: 1,
		}},
		{"sums of values overflow", Instance{
			Q: column(0), K: filled(64, 1, 1), V: filled(64, 1, 0x1p1019), Scale: 1,
		}},
		{"subnormal average", Instance{Q: column(0), K: column(1, 1), V: tiny(1, 2), Scale: 1}},
		{"subnormal shares", Instance{Q: column(0), K: filled(64, 1, 1), V: filled(64, 1, 0x7p-1074), Scale: 1}},
		{"s·q subnormal", Instance{
			Q: tiny(3, -7), K: column(0x1p999, 0x1.8p998, 0), V: column(1, -1, 0.3), Scale: 0.7,
		}},
		{"inner products below 2^−1074", Instance{
			Q: filled(1, 64, 0x1.8p-538), K: below, V: column(1, -1), Scale: 1.7e308,
		}},
		{"values beside far larger ones", Instance{
			Q: column(0, 1), K: column(1, -1, 1), V: column(0x1p1019, 1e-300, -3), Scale: 700,
		}},
		{"scores rise over three tiles, beyond what needs no shift", Instance{
			Q: column(1, -1, 300), K: ramp(700, 1), V: ramp(700, -2), Scale: 1,
		}},
		{"scores of 2^59, tied and not", Instance{
			Q: column(0x1p30, -0x1p30), K: column(0x1p29, 0x1p29, 0x1p29-32, 0x1p28), V: column(1, -1, 7, 9), Scale: 1,
		}},
		{"everything subnormal", Instance{Q: tiny(3, -5), K: tiny(1, 2, 9), V: tiny(4, 8, 15), Scale: 1}},
		{"weights and values at the ends of float32", Instance{
			Q: column(27, -27), K: ramp(300, 1), V: ramp(300, 0x1p-110), Scale: 1,
		}},
		{"one value huge, its weight none", Instance{
			Q: column(500), K: ramp(40, 1), V: spike(40, 0x1p990), Scale: 1,
		}},
		{"the largest scores that need no shift", Instance{
			Q: column(1, -1), K: ramp(300, steady64*math.Ln2*0.999), V: ramp(300, 1), Scale: 1,
		}},
		{"the least that do", Instance{
			Q: column(1, -1), K: ramp(300, steady64*math.Ln2*1.001), V: ramp(300, 1), Scale: 1,
		}},
		{"the largest scores that need no shift in float32", Instance{
			Q: column(1, -1), K: ramp(300, steady32*math.Ln2*0.999), V: ramp(300, 1), Scale: 1,
		}},
	} {
		for _, m := range append(kernels(), Exact, Multiprecision) {
			t.Run(c.name+"/"+m.Name, func(t *testing.T) {
				if m.Guarantee.Valid(c.in.Regime()) == nil {
					holdsBound(t, m, c.in)
				}
			})
		}
	}
}

// ramp is a column that rises in equal steps to most.
func ramp(rows int, most float64) *mat.Dense {
	x := mat.NewDense(rows, 1, nil)
	for j := range rows {
		x.Set(j, 0, most*float64(j+1)/float64(rows))
	}
	return x
}

// spike is a column of ones whose first entry is something else.
func spike(rows int, first float64) *mat.Dense {
	x := filled(rows, 1, 1)
	x.Set(0, 0, first)
	return x
}

// Inner products of 64 equal coordinates, of keys chosen so that additions of either method mostly round up
// for the one and down for the other: the error of a score grows with d.
func TestScoresOfManyCoordinates(t *testing.T) {
	const d = 64
	key := func(x int) float64 { return 1 + float64(x)*0x1p-45 }
	for _, c := range []struct {
		method    Method
		factor    float64 // of the queries, before the products are summed
		forgotten float64 // roundings that a bound would count that forgot the coordinates
	}{{Exact, 1, 2}, {StreamingIn(simd.Go), math.Log2E, 3}} {
		q := float64(1e6 / d)
		sums := newMatrix[float64](1, 1)
		off := func(x int) float64 {
			query, _ := asMatrix[float64](testEnv(), filled(1, d, c.factor*q), 0) // float64s are taken as they are
			k, _ := asMatrix[float64](testEnv(), filled(1, d, key(x)), 0)
			portable64.scores(sums, query, k)
			if c.method.Name == Exact.Name {
				sums.data[0] = 0
				for l := range d {
					sums.data[0] += query.data[l] * k.data[l]
				}
			}
			return math.FMA(d*c.factor*q, key(x), -sums.data[0])
		}
		low, high := 0, 0
		for x := range 256 {
			if off(x) < off(low) {
				low = x
			}
			if off(x) > off(high) {
				high = x
			}
		}
		in := Instance{Q: filled(1, d, q), K: filled(2, d, key(low)), V: column(1, -1), Scale: 1, Epsilon: 1}
		in.K.SetRow(1, filled(1, d, key(high)).RawRowView(0))
		r := in.Regime()
		result, _, _ := holdsBound(t, c.method, in)
		if without := softmaxError(r, 2, roundoff.Gamma(c.forgotten)*r.Score(), 0, 0); result.distance <= without {
			t.Errorf("%s: %g off, within %g: a bound that forgot d would pass",
				c.method.Name, result.distance, without)
		}
	}
}

// A refined row sees every key that may matter although plain scores are off by thousands.
func TestRefinedRowsSeeEveryKey(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 7))
		in := Instance{Q: Uniform(r, 6, 6, 1e9), K: filled(20, 6, 0), V: Uniform(r, 20, 2, 1), Scale: 1}
		for l, k := range Uniform(r, 1, 6, 1.8e8).RawRowView(0) {
			for j := range 20 {
				in.K.Set(j, l, k*(1+float64(2*r.IntN(2)-1)*0x1p-52))
			}
		}
		if _, _, cost := holdsBound(t, Streaming, in); cost[RefinedRows] != 6 {
			t.Errorf("%d rows refined, want all 6", cost[RefinedRows])
		}
	}
}

// Keys of one exact score, permutations of each other, whose scores in double-double differ most: their error
// grows with the coordinates too.
func TestRefinedManyCoordinates(t *testing.T) {
	const d = 2048
	r := rand.New(rand.NewPCG(2, 9))
	q, k := Uniform(r, 1, d, 0).RawRowView(0), make([]float64, d)
	for l := range k {
		q[l], k[l] = 5e7/3, 1e7*(1+r.Float64())
	}
	first := doubledouble.Dot(q, k)
	low, high := slices.Clone(k), slices.Clone(k)
	least, most := 0.0, 0.0
	for range 200 {
		r.Shuffle(d, func(a, b int) { k[a], k[b] = k[b], k[a] })
		switch off := doubledouble.Dot(q, k).Minus(first); {
		case off < least:
			least = off
			copy(low, k)
		case off > most:
			most = off
			copy(high, k)
		}
	}
	in := Instance{Q: mat.NewDense(1, d, q), K: mat.NewDense(2, d, append(low, high...)), V: column(1, -1), Scale: 1}
	off, _, cost := holdsBound(t, Streaming, in)
	if cost[RefinedRows] != 1 {
		t.Error("the row was not refined")
	}
	score := in.Regime().Score()
	if without := softmaxError(in.Regime(), 2, 20*unit*unit*score, 0, 0); off.distance <= without {
		t.Errorf("%g off: within %g, a bound that forgot d (%g to %g)", off.distance, without, least, most)
	}
}

// Refined rows with products below 2^−1074, that is with s near the end of float64.
func TestRefinedUnderflow(t *testing.T) {
	in := Instance{
		Q: filled(1, 64, 0x1.8p-538), K: filled(2, 64, 0x1p-538), V: column(1, -1), Scale: 1.7e308,
	}
	clear(in.K.RawRowView(1))
	r := in.Regime()
	plain, refined := rounding64(simd.Go).streamingError(r, 2), refinedError(r, 2)
	in.Epsilon = (plain + refined) / 2
	if _, _, cost := holdsBound(t, Streaming, in); cost[RefinedRows] != 1 {
		t.Errorf("no row was refined for an error of %g between %g and %g", in.Epsilon, refined, plain)
	}
}

// One key against 2^16 that are e^−a below it, a chosen so that the exponential of a is 13u off, most of it from
// a·log₂e: what β·a in the bound of refined rows is for.
func TestRefinedDeepKeys(t *testing.T) {
	const log2eLow = 2.0355273740931033e-17 // log₂e beyond its float64
	a, worst := 0.0, 0.0
	for x := 16.0001 * math.Ln2; x < 16.02*math.Ln2; x += 1e-7 {
		y := math.Log2E * x
		if math.FMA(math.Log2E, x, -y)+log2eLow*x < 17.5*unit {
			continue
		}
		if off := relativeError(Exp2(-y), fixedExp(-x, 150)); off > worst {
			a, worst = x, off
		}
	}
	m := 1 + int(math.Round(math.Exp(a)))
	in := Instance{Q: column(1), K: filled(m, 1, -a), V: filled(m, 1, -1), Scale: 1, Epsilon: 300 * unit}
	in.K.Set(0, 0, 0)
	in.V.Set(0, 0, 1)
	off, _, cost := holdsBound(t, Streaming, in)
	if cost[RefinedRows] != 1 {
		t.Error("the row was not refined")
	}
	if without := softmaxError(in.Regime(), 2, Exp2Error, 0, 4*unit); off.distance <= without {
		t.Errorf("%g off: within %g, the bound without β", off.distance, without)
	}
}

// The counts do not depend on the cores, also where rows are refined and V is copied.
func TestCostsDoNotDependOnCores(t *testing.T) {
	in := random(300, 200, 3, 2)
	in.Q.Scale(1e8, in.Q)
	in.V.Scale(0x1p900, in.V)
	for i := 0; i < 300; i += 2 { // refine every second row
		clear(in.Q.RawRowView(i))
	}
	isa, err := simd.Chosen()
	if err != nil {
		t.Fatal(err)
	}
	var first string
	for cores := 1; cores <= 4; cores++ {
		_, cost := run(t, Streaming, in, cores)
		if cost[RefinedRows] != 150 {
			t.Errorf("%d rows refined, want 150", cost[RefinedRows])
		}
		want := streaming[float64]{loops: simd.Attention64(isa)}.bytes(in.Regime(), 1, true, true)
		if cost[finegrain.Bytes] != want {
			t.Errorf("%d bytes counted on %d cores, want %d", cost[finegrain.Bytes], cores, want)
		}
		if text := fmt.Sprint(cost); cores == 1 {
			first = text
		} else if text != first {
			t.Errorf("%d cores count %s, one %s", cores, text, first)
		}
	}
}
