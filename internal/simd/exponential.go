package simd

import (
	"math"
	"math/big"
	"unsafe"
)

// The exponential of the vector loops: 2^z = 2^k·2^(i/2^b)·2^f for z = k + i/2^b + f, with a table of
// 2^(i/2^b) that fits into registers and a polynomial on |f| ≤ 2^−(b+1) (Tang, "Table-driven
// implementation of the exponential function", 1989). Adding the number magic rounds z to a multiple of
// 2^−b whose low bits then are i and k; z minus that multiple is f without rounding. The table holds the
// bits of 2^(i/2^b) less i at the place of the exponent's fraction, so that one integer addition of the
// shifted bits makes 2^(k + i/2^b).
//
// The polynomial 1 + f·g(f) interpolates 2^f, g being that of (2^f − 1)/f in the Chebyshev points of the
// interval of half-width h. With degree n of g the error of g is at most
// (ln 2)^(n+2)/(n+2)·e^(h ln 2)·h^(n+1)/((n+1)!·2^n), since (2^f − 1)/f = ∫₀^1 ln 2·2^(tf) dt has the
// (n+1)st derivative ∫₀^1 (ln 2)^(n+2)·t^(n+1)·2^(tf) dt.

// exponential is the method of one set of instructions and type.
type exponential struct {
	table  int // bits b of the table
	degree int // of the whole polynomial, that of g plus 1
}

var (
	exponential64 = map[ISA]exponential{AVX512: {4, 6}, AVX2: {0, 11}}
	exponential32 = map[ISA]exponential{AVX512: {4, 3}, AVX2: {3, 4}}
)

// Weights below 2^floor become 0: numbers near the end of the range are slow, and no sum shows so small a
// part of it. A score that needs no shift must not be below.
const (
	Floor64 = -1000
	Floor32 = -100
)

// constants are what the loop reads, in its order, each as often as a vector has lanes: magic, floor, the
// coefficients c₁ … c_n of the polynomial, the table, and 1 where there is no table.
func constants[F Float](e exponential, lanes int) []F {
	mantissa, floor, single := 52, float64(Floor64), Single[F]()
	if single {
		mantissa, floor = 23, Floor32
	}
	table := make([]F, 1<<e.table)
	for i := range table {
		x := root(i, e.table)
		if single {
			bits := math.Float32bits(round32(x)) - uint32(i)<<(mantissa-e.table)
			table[i] = F(math.Float32frombits(bits))
		} else {
			y, _ := x.Float64()
			table[i] = F(math.Float64frombits(math.Float64bits(y) - uint64(i)<<(mantissa-e.table)))
		}
	}
	each := []float64{1.5 * math.Ldexp(1, mantissa-e.table), floor}
	each = append(each, e.polynomial()...)
	if e.table == 0 {
		each = append(each, 1)
	}
	out := Aligned[F](len(each)*lanes + max(len(table), lanes))
	at := 0
	for _, x := range each {
		for range lanes {
			out[at] = F(x)
			at++
		}
	}
	copy(out[at:], table)
	return out
}

// interpolation bounds |p(f) − 2^f| relative to 2^f for the polynomial p with exact coefficients, by the argument
// above.
func (e exponential) interpolation() float64 {
	h, n := math.Ldexp(1, -e.table-1), float64(e.degree)
	g := math.Pow(math.Ln2, n+1) / (n + 1) * math.Exp2(h) * math.Pow(h, n)
	g /= math.Gamma(n+1) * math.Exp2(n-1)
	return h * g * math.Exp2(h)
}

// errorOf bounds the relative error of the loop: the interpolation; a unit u for the table's entry and one for the
// last operation; and the rounding of f·g(f), at most 4u of |f·g(f)| ≤ 2^h − 1, relative to 2^f ≥ 2^−h. Of these 4u
// the product takes one, the last step of Horner's scheme one and the rounding of c₁, which is at most 1.2 times
// g(f), 1.2; the steps and coefficients before are multiplied by |f| ≤ 1/2 and a falling c_k/c₁ at each step and
// take less than 0.5 altogether.
func errorOf[F Float](e exponential) float64 {
	u, h := unit[F](), math.Ldexp(1, -e.table-1)
	return (e.interpolation() + 2*u + 4*u*(math.Exp2(h)-1)*math.Exp2(h)) * (1 + 0x1p-10)
}

// unit is the unit roundoff of the type.
func unit[F Float]() float64 {
	if Single[F]() {
		return 0x1p-24
	}
	return 0x1p-53
}

// Single reports whether the type is float32.
func Single[F Float]() bool { return sizeOf[F]() == 4 }

// sizeOf is the number of bytes of the type.
func sizeOf[F Float]() int {
	var zero F
	return int(unsafe.Sizeof(zero))
}

// root is 2^(i/2^b) to 192 bits.
func root(i, b int) *big.Float {
	x := new(big.Float).SetPrec(192).SetInt64(1)
	two := new(big.Float).SetPrec(192).SetInt64(2)
	for bit := range b { // from the lowest bit of i: x ← √(x·2^bit)
		if i>>bit&1 == 1 {
			x.Mul(x, two)
		}
		x.Sqrt(x)
	}
	return x
}

func round32(x *big.Float) float32 {
	y, _ := x.Float32()
	return y
}

// polynomial returns c₁ … c_n: g interpolated in n Chebyshev points, by divided differences.
func (e exponential) polynomial() []float64 {
	const precision = 256
	number := func(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }
	n, h := e.degree, math.Ldexp(1, -e.table-1)
	ln2 := ln2(precision)

	at := func(f *big.Float) *big.Float { // g(f) = Σ_{k≥0} ln2^(k+1)·f^k/(k+1)!
		sum, term := number(0), new(big.Float).Copy(ln2)
		for k := 2; k < 60; k++ {
			sum.Add(sum, term)
			term.Mul(term, ln2)
			term.Mul(term, f)
			term.Quo(term, number(float64(k)))
		}
		return sum
	}
	points, differences := make([]*big.Float, n), make([]*big.Float, n)
	for i := range points {
		points[i] = number(h * math.Cos((2*float64(i)+1)*math.Pi/(2*float64(n))))
		differences[i] = at(points[i])
	}
	for order := 1; order < n; order++ {
		for i := n - 1; i >= order; i-- {
			differences[i].Sub(differences[i], differences[i-1])
			differences[i].Quo(differences[i], new(big.Float).Sub(points[i], points[i-order]))
		}
	}
	coefficients := make([]*big.Float, n) // of Newton's form, expanded from the last factor
	for i := range coefficients {
		coefficients[i] = number(0)
	}
	for i := n - 1; i >= 0; i-- { // p ← p·(f − points[i]) + differences[i]
		for k := n - 1; k >= 0; k-- {
			c := new(big.Float).Mul(coefficients[k], points[i])
			c.Neg(c)
			if k > 0 {
				c.Add(c, coefficients[k-1])
			}
			coefficients[k] = c
		}
		coefficients[0].Add(coefficients[0], differences[i])
	}
	out := make([]float64, n)
	for k, c := range coefficients {
		out[k], _ = c.Float64()
	}
	return out
}

// ln2 is Σ_{k≥1} 1/(k·2^k), summed to the precision.
func ln2(precision uint) *big.Float {
	sum := new(big.Float).SetPrec(precision + 16)
	for k := range precision + 16 {
		term := new(big.Float).SetPrec(precision + 16).SetInt64(1)
		term.Quo(term, new(big.Float).SetInt64(int64(k)+1))
		sum.Add(sum, term.SetMantExp(term, -int(k)-1))
	}
	return sum
}
