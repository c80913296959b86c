package simd

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// power is 2^y to far more digits than float64 has.
func power(y float64) *big.Float {
	const precision = 160
	number := func(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }
	k := math.Round(y)
	x := new(big.Float).Mul(ln2(precision), number(y-k))
	sum, term := number(1), number(1)
	for i := 1; i < 34; i++ { // (ln 2/2)^34/34! < 2^−175
		term.Mul(term, x)
		term.Quo(term, number(float64(i)))
		sum.Add(sum, term)
	}
	return sum.SetMantExp(sum, int(k))
}

// relative is how far got is off, in parts of want.
func relative(got float64, want *big.Float) float64 {
	off := new(big.Float).SetPrec(200).SetFloat64(got)
	off.Sub(off, want)
	off.Quo(off, want)
	f, _ := off.Float64()
	return math.Abs(f)
}

// every calls test with the loops of each set of instructions that this machine has.
func every(
	t *testing.T, test64 func(*testing.T, *Attention[float64]), test32 func(*testing.T, *Attention[float32]),
) {
	for _, isa := range vectorSets(t) {
		t.Run(isa.String()+"/float64", func(t *testing.T) { test64(t, Attention64(isa)) })
		t.Run(isa.String()+"/float32", func(t *testing.T) { test32(t, Attention32(isa)) })
	}
}

func TestExponentialError(t *testing.T) {
	every(t, exponentialError[float64], exponentialError[float32])
}

// exponentialError holds both loops to the proven bound: at random points, beside the points where the
// rounding to the table changes, and near the ends. Shifts and scores are such that the subtraction is exact.
func exponentialError[F Float](t *testing.T, a *Attention[F]) {
	r := rand.New(rand.NewPCG(1, 2))
	least, most := -float64(MaxKeys), float64(MaxKeys)
	if Single[F]() {
		least, most = -99, 99
	}
	points := []float64{0, -0.5, 0.5, math.Copysign(0, -1), least, most, 0x1p-40, -0x1p-40, 0x1p-1000}
	for len(points) < a.Rows*MaxKeys {
		x := least + (most-least)*r.Float64()
		switch r.IntN(3) {
		case 0: // about the middle between two entries of the largest table
			x = (math.Round(x*16) + 0.5) / 16 * (1 + (r.Float64()-0.5)*0x1p-20)
		case 1:
			x = math.Ldexp(x, -r.IntN(30))
		}
		points = append(points, x)
	}
	tile, sums := Aligned[F](a.Rows*Stride), Aligned[F](a.Rows*a.Lanes)
	shifts := Aligned[F](a.Rows)
	for i := range shifts {
		shifts[i] = F(2 * i)
	}
	fill := func(sign float64) {
		for i := range a.Rows {
			for j := range MaxKeys {
				y := F(points[i*MaxKeys+j])
				if sign != 0 { // at or below the shift, and a multiple of 2^−20
					y = -F(math.Round(math.Abs(float64(y))*1024) / 1024)
				}
				tile[i*Stride+j] = y
			}
		}
	}
	worst := 0.0
	check := func(shift []F) {
		before := append([]F(nil), tile...)
		clear(sums)
		if shift == nil {
			a.Powers(tile, sums, MaxKeys)
		} else {
			a.Exponentials(tile, sums, shift, MaxKeys)
		}
		for i := range a.Rows {
			var total, exact float64
			for _, s := range sums[i*a.Lanes:][:a.Lanes] {
				total += float64(s)
			}
			for j := range MaxKeys {
				y := float64(before[i*Stride+j])
				if shift != nil {
					y -= float64(shift[i])
				}
				got := float64(tile[i*Stride+j])
				exact += got
				floor := float64(Floor64)
				if Single[F]() {
					floor = Floor32
				}
				if y < floor {
					if got != 0 {
						t.Fatalf("2^%v is called %v below the floor", y, got)
					}
					continue
				}
				off := relative(got, power(y))
				worst = max(worst, off)
				if off > a.ExpError {
					t.Fatalf("2^%v is called %v: %.3g off, proven %.3g", y, got, off, a.ExpError)
				}
			}
			if math.Abs(total-exact) > exact*float64(MaxKeys)*unit[F]() {
				t.Fatalf("row %d: the sum is %v, and the entries make %v", i, total, exact)
			}
		}
	}
	fill(0)
	check(nil)
	fill(1)
	check(shifts)
	t.Logf("largest relative error %.2f u, proven %.2f u", worst/unit[F](), a.ExpError/unit[F]())
}

func TestFlush(t *testing.T) { every(t, flush[float64], flush[float32]) }

// flush: what is below the floor, also −Inf and what no float64 exponent reaches, weighs exactly nothing.
func flush[F Float](t *testing.T, a *Attention[F]) {
	tile, sums, shift := Aligned[F](a.Rows*Stride), Aligned[F](a.Rows*a.Lanes), Aligned[F](a.Rows)
	floor := F(Floor64)
	if Single[F]() {
		floor = Floor32
	}
	low := []F{F(math.Inf(-1)), 2 * floor, floor - 1, -1e30, floor * 1.001}
	for _, shifted := range []bool{false, true} {
		for i := range tile {
			tile[i] = low[i%len(low)]
		}
		for i := range a.Rows {
			tile[i*Stride+i] = 0
			tile[i*Stride+20+i] = floor
		}
		clear(sums)
		if shifted {
			a.Exponentials(tile, sums, shift, MaxKeys)
		} else {
			a.Powers(tile, sums, MaxKeys)
		}
		for i := range a.Rows {
			for j, x := range tile[i*Stride:][:MaxKeys] {
				want := F(0)
				switch j {
				case i:
					want = 1
				case 20 + i:
					want = F(math.Exp2(float64(floor)))
				}
				if x != want {
					t.Fatalf("row %d, entry %d is %v, want %v", i, j, x, want)
				}
			}
		}
	}
}

// TestInterpolationError: the polynomial is as near 2^f as the argument of exponential.go says, and a polynomial of
// one degree less is not: the bound would notice a missing coefficient.
func TestInterpolationError(t *testing.T) {
	for _, method := range []map[ISA]exponential{exponential64, exponential32} {
		for isa, e := range method {
			h := math.Ldexp(1, -e.table-1)
			off := func(c []float64) (worst float64) {
				for i := range 401 {
					f := h * (float64(i)/200 - 1)
					sum := new(big.Float).SetPrec(160)
					for k := len(c) - 1; k >= 0; k-- {
						sum.Add(sum, big.NewFloat(c[k]))
						sum.Mul(sum, big.NewFloat(f))
					}
					sum.Add(sum, big.NewFloat(1))
					sum.Sub(sum, power(f))
					sum.Quo(sum, power(f))
					x, _ := sum.Float64()
					worst = max(worst, math.Abs(x))
				}
				return worst
			}
			c := e.polynomial()
			bound := e.interpolation() + 0x1p-54*h // the coefficients are rounded
			if got := off(c); got > bound {
				t.Errorf("%v: the polynomial is %.3g off, proven %.3g", isa, got, bound)
			}
			if got := off(c[:len(c)-1]); got <= bound {
				t.Errorf("%v: without its last coefficient the polynomial is %.3g off, within %.3g", isa, got, bound)
			}
		}
	}
}
