package experiments

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"

	"finegrain"
	"finegrain/measure"
	"finegrain/ovp"
)

// What Chinese-remainder encoders take at n far beyond what runs: orthogonal vectors of D = ⌈c·log2 n⌉ bits, in ⌈D/ℓ⌉
// blocks, become instances in dimension ℓ+1 over the integers. Their number N is n^loss; an algorithm of time n^(2−δ) for
// each then serves only if δ > loss.

// innerParameter is how an encoder's levels are chosen.
var innerParameter = preset(wholeFrom("inner",
	"blocks that the first of two levels encodes; 1: one level, 0: the levels of Chen 2018", 0, 64), int64(1))

// EncodingGroups are the levels of an encoder of at least so many blocks of ell bits, the innermost first, for a value
// of the parameter inner: none for one block.
func EncodingGroups(blocks, ell, inner int) []int {
	switch {
	case blocks == 1:
		return nil
	case inner == 0:
		return ovp.EncoderGroups(blocks, ell)
	case inner == 1 || inner >= blocks:
		return []int{blocks}
	}
	return []int{inner, ceilDiv(blocks, inner)}
}

// mostEncodedBits bounds D, so that primes are enumerated in a second or two.
const mostEncodedBits = 1 << 24

// encodedBits is D = ⌈c·log2 n⌉.
func encodedBits(c measure.Cell) float64 { return math.Ceil(c.Float("c") * float64(c.Int("log2n"))) }

var encodedParameters = []measure.Parameter{
	wholeFrom("log2n", "log2 of the number of vectors", 1, mostEncodedBits),
	preset(numberFrom("c", "bits of a vector over log2 n", 0.01, 50), 1.0),
}

func acceptsEncodedBits(c measure.Cell) error {
	if d := encodedBits(c); d > mostEncodedBits {
		return fmt.Errorf("vectors of c·log2n = %g bits are longer than the %d up to which primes are enumerated", d, mostEncodedBits)
	}
	return nil
}

// EncodingSizeSubject computes what an encoder takes; nothing is measured but the time of the computation.
var EncodingSizeSubject = declareSubject(measure.Subject{
	Name:    "encoding size",
	Doc:     "dimension and number of instances of Chinese-remainder encodings of c·log2 n bits, by the primes themselves",
	Untimed: true,
	Parameters: append(encodedParameters[:2:2],
		wholeFrom("ell", "integers of an encoding; 0: 7^(log* n), as Chen 2018 has", 0, mostEncodedBits),
		innerParameter,
	),
	Yields: []measure.Yield{
		{Name: "bits", Doc: "D, of a vector that is encoded"},
		{Name: "ell", Doc: "integers of an encoding"},
		{Name: "dimension", Doc: "of integer orthogonal vectors, ell+1"},
		{Name: "squared", Doc: "dimension of maximum inner product and of attention, (ell+1)²"},
		{Name: "log2_modulus", Doc: "log2 of M, which the integers are below"},
		{Name: "log2_instances", Doc: "log2 of the number of instances"},
		{Name: "loss", Doc: "log2_instances/log2n"},
	},
	Accepts: acceptsEncodedBits,
	Work:    func(c measure.Cell) float64 { return 1e5 + 20*encodedBits(c)/float64(sizedEll(c)) },
	Bytes:   func(measure.Cell) float64 { return 16 << 20 },
	Prepare: func(_ finegrain.Env, c measure.Cell) (measure.Trial, error) {
		hash := newDigest()
		hash.Write([]byte(c.String()))
		return measure.Trial{Data: hash.text(), Run: func(env finegrain.Env) (measure.Outcome, error) {
			ell, bits := sizedEll(c), int(encodedBits(c))
			size, err := ovp.SizeOfEncoder(env, ell, EncodingGroups(ceilDiv(bits, ell), ell, c.Int("inner"))...)
			if err != nil {
				return measure.Outcome{}, outOfSieve(err)
			}
			return measure.Outcome{
				Counts: encodingDimensions(bits, ell),
				Values: map[string]float64{
					"log2_modulus": size.Log2Modulus, "log2_instances": size.Log2Instances,
					"loss": size.Log2Instances / float64(c.Int("log2n")),
				},
			}, nil
		}}, nil
	},
})

// outOfSieve marks what cannot be computed as refused.
func outOfSieve(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &measure.Refused{Reason: err}
}

// encodingDimensions are the counts of an encoder of so many bits into ell integers.
func encodingDimensions(bits, ell int) finegrain.Cost {
	d := int64(ell) + 1
	return finegrain.Cost{"bits": int64(bits), "ell": int64(ell), "dimension": d, "squared": d * d}
}

// sizedEll is ℓ of a cell. log* n is 1 + log*(log2 n).
func sizedEll(c measure.Cell) int {
	if ell := c.Int("ell"); ell > 0 {
		return ell
	}
	ell := 1
	for range 1 + ovp.LogStar(float64(c.Int("log2n"))) {
		ell *= 7
	}
	return ell
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// log2Of is log2 of a positive integer.
func log2Of(z *big.Int) float64 {
	mantissa := new(big.Float)
	exponent := new(big.Float).SetInt(z).MantExp(mantissa)
	m, _ := mantissa.Float64()
	return math.Log2(m) + float64(exponent)
}

// EncodingDimensionSubject computes the least ℓ at which the loss is at most what is given.
var EncodingDimensionSubject = declareSubject(measure.Subject{
	Name:    "encoding dimension",
	Doc:     "least dimension of a Chinese-remainder encoding of c·log2 n bits that makes at most n^loss instances",
	Untimed: true,
	Parameters: append(encodedParameters[:2:2],
		numberFrom("loss", "log of the number of instances over log n", 0.01, 2),
		preset(wholeFrom("inner", "blocks that the first of two levels encodes; 1: one level", 1, 64), int64(1)),
	),
	Yields: []measure.Yield{
		{Name: "bits", Doc: "D, of a vector that is encoded"},
		{Name: "ell", Doc: "integers of an encoding, the least"},
		{Name: "dimension", Doc: "of integer orthogonal vectors, ell+1"},
		{Name: "squared", Doc: "dimension of maximum inner product and of attention, (ell+1)²"},
		{Name: "log2_instances", Doc: "log2 of the number of instances"},
		{Name: "log2_before", Doc: "the same for ell−1, which is too many; 0 where ell is 1"},
	},
	Accepts: acceptsEncodedBits,
	Work:    func(c measure.Cell) float64 { return 1e5 + 1e3*encodedBits(c)*c.Float("loss") },
	Bytes:   func(measure.Cell) float64 { return 16 << 20 },
	Prepare: func(_ finegrain.Env, c measure.Cell) (measure.Trial, error) {
		hash := newDigest()
		hash.Write([]byte(c.String()))
		return measure.Trial{Data: hash.text(), Run: func(env finegrain.Env) (measure.Outcome, error) {
			bits := int(encodedBits(c))
			ell, log2, err := leastEll(env, bits, c.Int("inner"), c.Float("loss")*float64(c.Int("log2n")))
			if err != nil {
				return measure.Outcome{}, outOfSieve(err)
			}
			before := 0.0
			if ell > 1 {
				size, err := ovp.SizeOfEncoder(env, ell-1, EncodingGroups(ceilDiv(bits, ell-1), ell-1, c.Int("inner"))...)
				if err != nil {
					return measure.Outcome{}, outOfSieve(err)
				}
				before = size.Log2Instances
			}
			return measure.Outcome{
				Counts: encodingDimensions(bits, ell),
				Values: map[string]float64{"log2_instances": log2, "log2_before": before},
			}, nil
		}}, nil
	},
})

// leastEll is the least ℓ at which there are at most 2^most instances, and log2 of how many there are. There is one:
// where ℓ is the number of bits, there is one block, which no level need encode, and one instance.
func leastEll(ctx context.Context, bits, inner int, most float64) (ell int, log2 float64, err error) {
	for ell = 1; ; ell++ {
		groups := EncodingGroups(ceilDiv(bits, ell), ell, inner)
		least, err := instancesAtLeast(ctx, ell, groups)
		if err != nil || least > most {
			if err != nil {
				return 0, 0, err
			}
			continue
		}
		if size, err := ovp.SizeOfEncoder(ctx, ell, groups...); err != nil || size.Log2Instances <= most {
			return ell, size.Log2Instances, err
		}
	}
}

// instancesAtLeast bounds log2 of the number of instances from below in little time. The g moduli of the last level are
// different primes above w = ℓ(M'−1)²: so M is at least w^g, and at least (w+g)!/w!. They are also the primes p_k for
// k = π(w)+1, …, π(w)+g, larger than k·ln k (Rosser 1939), and π(w) ≥ w/ln w =: m for w ≥ 17 (Rosser and Schoenfeld
// 1962): so M is at least (m+g)!/m!·Π ln(m+i), where half of the factors have i > g/2, a quarter i > g/4, and so on.
// And N ≥ ℓ(M−2)·N'^g, where M−2 is at least M/3 unless M = 2 and N = 1.
func instancesAtLeast(ctx context.Context, ell int, groups []int) (float64, error) {
	if groups == nil {
		return 0, nil
	}
	last := len(groups) - 1
	within, err := ovp.SizeOfEncoder(ctx, ell, groups[:last]...)
	if err != nil {
		return 0, err
	}
	g, w := float64(groups[last]), math.Log2(float64(ell))+2*math.Log2(math.Exp2(within.Log2Modulus)-1)
	logM := g * w
	if w < 30 {
		m := 0.0
		if x := math.Exp2(w); x >= 17 {
			m = math.Floor(x / math.Log(x))
		}
		logs := 0.0
		for part := 0.5; part*g >= 8; part /= 2 {
			logs += math.Floor(part*g) * math.Log2(math.Log(m+part*g))
		}
		logM = max(log2Rising(math.Exp2(w), g), log2Rising(m, g)+logs)
	}
	const rounding = 1e-6
	return max(0, math.Log2(float64(ell))+logM*(1-rounding)-math.Log2(3)+g*within.Log2Instances), nil
}

// log2Rising is log2 (x+g)!/x!.
func log2Rising(x, g float64) float64 {
	above, _ := math.Lgamma(x + g + 1)
	below, _ := math.Lgamma(x + 1)
	return (above - below) / math.Ln2
}
