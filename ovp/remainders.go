package ovp

import (
	"fmt"
	"math"
	"math/big"
	"slices"
)

// Vectors of bits as few large integers, by Chinese remainders: Williams 2018 in one level, Chen 2018 recursively. The
// construction is theirs, its constants not compared with the papers' texts; the proof below, and how many zeros there
// are, are derived here.
//
// An encoder ψ takes vectors of b blocks of ℓ bits, bit i of block j at position j·ℓ+i, to ℓ integers in [0,M), and has
// a set V of zeros among the integers in [0, ℓ(M−1)²], in which all inner products of two such encodings lie:
//
//	x·y = 0  iff  ψ(x)·ψ(y) ∈ V.
//
// The encoder of no levels is the identity on one block: M = 2 and V = {0}. Given an encoder φ with M' and V', a level
// of g groups encodes g vectors x_1 … x_g, each as φ does: with pairwise coprime moduli q_1 … q_g, all larger than
// ℓ(M'−1)², and M their product, ψ(x)_i is the number in [0,M) that is φ(x_j)_i modulo q_j for every j. Then
//
//	ψ(x)·ψ(y) mod q_j = φ(x_j)·φ(y_j),
//
// since the right side is one of 0 … ℓ(M'−1)² < q_j. So x·y = 0 iff V' holds ψ(x)·ψ(y) mod q_j for every j: these v
// are V. With primes above ℓ in the first level this is Williams's encoding: V is the multiples of M.
//
// How many zeros there are. Let N be that number and N' that of φ. The ℓ(M−1)²+1 = ℓ(M−2)·M + (ℓ+1) integers of the
// range are ℓ(M−2) periods of M and the integers 0 … ℓ once more. In a period V has N'^g, by the Chinese remainder
// theorem; and of 0 … ℓ only 0, since they are below every modulus, so that they lie in V as they lie in {0}. So
//
//	N = ℓ(M−2)·N'^g + 1,  N = 1 without levels.
//
// For each v ∈ V the vectors (ψ(x), −v) and (ψ(y), 1) have inner product 0 iff ψ(x)·ψ(y) = v: orthogonal vectors over
// the integers in dimension ℓ+1, of which N instances stand for one over bits. Squared, as −(x·y)² = −(x⊗x)·(y⊗y),
// each is one of maximum inner product in dimension (ℓ+1)².

// Encoder is such an encoding. It is safe for concurrent use.
type Encoder struct {
	ell     int
	blocks  int
	inner   *Encoder   // nil: the identity, without levels
	moduli  []*big.Int // of the last level, one a group
	units   []*big.Int // units[j] is 1 modulo moduli[j] and 0 modulo the others
	modulus *big.Int   // M
	largest *big.Int   // ℓ(M−1)²
}

// NewEncoder is the encoder of at least b blocks of ell bits with the levels that Chen 2018 takes; see EncoderGroups. It
// panics unless both are positive.
func NewEncoder(b, ell int) *Encoder { return NewEncoderLevels(ell, EncoderGroups(b, ell)...) }

// NewEncoderLevels is the encoder with a level for every number of groups, the innermost first; its blocks are as many
// as the product of the numbers. Moduli are the least primes that serve; beyond 2^64 they have passed a test for primes
// that is not known to be without exception, and are coprime in any case, which is what is needed. Finding them takes
// seconds for some thousand groups, and minutes for moduli of some thousand bits; it cannot be interrupted. It panics
// unless all numbers are positive.
func NewEncoderLevels(ell int, groups ...int) *Encoder {
	e := identityEncoder(ell)
	for _, g := range groups {
		e = e.level(g, e.largest)
	}
	return e
}

// NewUnsoundEncoder is NewEncoderLevels with moduli that need only exceed their bound divided by the given number: for
// larger ones than 1 tests find pairs that it gets wrong. Its Instances is not the number of its zeros.
func NewUnsoundEncoder(understated float64, ell int, groups ...int) *Encoder {
	if !(understated >= 1) || math.IsInf(understated, 0) {
		panic(fmt.Sprintf("ovp: NewUnsoundEncoder(%g, …): the first argument must be at least 1, and finite", understated))
	}
	e := identityEncoder(ell)
	for _, g := range groups {
		least, _ := new(big.Float).Quo(new(big.Float).SetInt(e.largest), big.NewFloat(understated)).Int(nil)
		e = e.level(g, least)
	}
	return e
}

func identityEncoder(ell int) *Encoder {
	if ell < 1 {
		panic(fmt.Sprintf("ovp: an encoder into %d integers; there must be one at least", ell))
	}
	return &Encoder{ell: ell, blocks: 1, modulus: big.NewInt(2), largest: big.NewInt(int64(ell))}
}

// level is the encoder of g groups, each encoded by e, with the least primes above a number.
func (e *Encoder) level(g int, above *big.Int) *Encoder {
	if g < 1 || g > math.MaxInt/(e.blocks*e.ell) {
		panic(fmt.Sprintf("ovp: %d groups of %d bits: there must be one at least, and no more bits than an int counts", g, e.blocks*e.ell))
	}
	out := &Encoder{ell: e.ell, blocks: g * e.blocks, inner: e, modulus: big.NewInt(1)}
	one := big.NewInt(1)
	for q := new(big.Int).Set(above); len(out.moduli) < g; {
		q.Add(q, one)
		if q.ProbablyPrime(0) && (q.IsUint64() || new(big.Int).GCD(nil, nil, q, out.modulus).Cmp(one) == 0) {
			out.moduli = append(out.moduli, new(big.Int).Set(q))
			out.modulus.Mul(out.modulus, q)
		}
	}
	for _, q := range out.moduli {
		others := new(big.Int).Quo(out.modulus, q)
		unit := new(big.Int).ModInverse(others, q) // exists, since the moduli are coprime
		out.units = append(out.units, unit.Mul(unit, others))
	}
	most := new(big.Int).Sub(out.modulus, one)
	out.largest = most.Mul(most, most).Mul(most, big.NewInt(int64(e.ell)))
	return out
}

// EncoderGroups is what Chen 2018 takes for at least b blocks of ell bits, the innermost level first: no level for one
// block; one for b ≤ ell; otherwise the groups have b' blocks, the largest with ell^(6^(log* b')·b') ≤ b, are encoded as
// this says for b', and are ⌈b/b'⌉. So two levels begin at b = ell^12. For ell = 1, of which the paper does not speak,
// there is one level. It panics unless both are positive.
func EncoderGroups(b, ell int) []int {
	switch {
	case b < 1 || ell < 1:
		panic(fmt.Sprintf("ovp: EncoderGroups(%d, %d): both must be positive", b, ell))
	case b == 1:
		return nil
	case b <= ell || ell == 1:
		return []int{b}
	}
	inner := 1
	for chenServes(inner+1, ell, b) {
		inner++
	}
	return append(EncoderGroups(inner, ell), (b-1)/inner+1)
}

// chenServes reports whether ell^(6^(log* inner)·inner) ≤ b, for ell > 1; it grows with inner.
func chenServes(inner, ell, b int) bool {
	exponent := math.Pow(6, float64(LogStar(float64(inner)))) * float64(inner)
	for ; exponent > 0 && b > 0; exponent-- {
		b /= ell // ⌊⌊b/ℓ⌋/ℓ⌋ = ⌊b/ℓ²⌋
	}
	return b > 0
}

// LogStar is log* x: how often the logarithm to base 2 is taken until the result is at most 1.
func LogStar(x float64) int {
	n := 0
	for ; x > 1; n++ {
		x = math.Log2(x)
	}
	return n
}

// Bits is the dimension of the vectors that are encoded, blocks times ell.
func (e *Encoder) Bits() int { return e.blocks * e.ell }

// Ell is the number of integers of an encoding.
func (e *Encoder) Ell() int { return e.ell }

// Groups are the groups of every level, the innermost first.
func (e *Encoder) Groups() []int {
	if e.inner == nil {
		return nil
	}
	return append(e.inner.Groups(), len(e.moduli))
}

// Modulus is M: the integers of an encoding lie in [0,M). For one level the zeros are the multiples of M.
func (e *Encoder) Modulus() *big.Int { return new(big.Int).Set(e.modulus) }

// Largest is ℓ(M−1)², which no inner product of two encodings exceeds.
func (e *Encoder) Largest() *big.Int { return new(big.Int).Set(e.largest) }

// Encode is ψ of vector i of the list, as Ell integers. Of a vector that has fewer than Bits coordinates the others are
// 0; it panics if there are more.
func (e *Encoder) Encode(v Vectors, i int) []*big.Int {
	if v.D() > e.Bits() {
		panic(fmt.Sprintf("ovp: Encode of a vector of %d bits, and the encoder is for %d", v.D(), e.Bits()))
	}
	out := make([]*big.Int, e.ell)
	for k := range out {
		out[k] = e.encode(v, i, 0, k)
	}
	return out
}

// encode is integer k of the encoding of the blocks of e that begin with block first.
func (e *Encoder) encode(v Vectors, i, first, k int) *big.Int {
	sum := new(big.Int)
	if e.inner == nil {
		if at := first*e.ell + k; at < v.D() && v.Bit(i, at) {
			sum.SetInt64(1)
		}
		return sum
	}
	for j, unit := range e.units {
		remainder := e.inner.encode(v, i, first+j*e.inner.blocks, k)
		sum.Add(sum, remainder.Mul(remainder, unit))
	}
	return sum.Mod(sum, e.modulus)
}

// Member reports whether V holds the integer: of an inner product of two encodings, whether that of the vectors is 0.
func (e *Encoder) Member(product *big.Int) bool {
	if product.Sign() < 0 || product.Cmp(e.largest) > 0 {
		return false
	}
	if e.inner == nil {
		return product.Sign() == 0
	}
	return !slices.ContainsFunc(e.moduli, func(q *big.Int) bool { return !e.inner.Member(new(big.Int).Mod(product, q)) })
}

// Instances is N, the number of integers in V, each of which makes an instance.
func (e *Encoder) Instances() *big.Int {
	if e.inner == nil {
		return big.NewInt(1)
	}
	n := new(big.Int).Exp(e.inner.Instances(), big.NewInt(int64(len(e.moduli))), nil)
	n.Mul(n, new(big.Int).Sub(e.modulus, big.NewInt(2)))
	n.Mul(n, big.NewInt(int64(e.ell)))
	return n.Add(n, big.NewInt(1))
}

// Product is the inner product of two encodings. It panics unless they have one length.
func Product(x, y []*big.Int) *big.Int {
	if len(x) != len(y) {
		panic(fmt.Sprintf("ovp: Product of %d and %d integers", len(x), len(y)))
	}
	sum := new(big.Int)
	for k := range x {
		sum.Add(sum, new(big.Int).Mul(x[k], y[k]))
	}
	return sum
}
