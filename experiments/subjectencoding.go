package experiments

import (
	"fmt"
	"math/big"
	"math/rand/v2"

	"finegrain"
	"finegrain/measure"
	"finegrain/ovp"
)

// EncodingSubject compares Chinese-remainder encoders (package ovp, remainders.go) with the definition of orthogonality.
// Counts: pairs, of them yes and no, and disagreements. Values: log2_modulus and log2_instances, of the encoder's
// integers as they are. A third of random pairs are orthogonal, a third have one common coordinate, the others are any.
var EncodingSubject = declareSubject(measure.Subject{
	Name:    "encoding",
	Doc:     "a Chinese-remainder encoder of bit vectors as ell integers, compared with the definition of orthogonality",
	Untimed: true,
	Parameters: []measure.Parameter{
		wholeFrom("ell", "integers of an encoding", 1, 64),
		wholeFrom("blocks", "blocks of ell bits", 1, 1<<13),
		innerParameter,
		preset(wholeFrom("pairs", "random pairs to compare; 0: all pairs, of up to 10 bits", 0, 1<<16), int64(0)),
		preset(numberFrom("undersized", "factor by which the bound on moduli is set too low; 1 is the encoder", 1, 1e12), 1.0),
	},
	Yields: []measure.Yield{
		{Name: "pairs", Doc: "compared"},
		{Name: "yes", Doc: "of them orthogonal"},
		{Name: "no", Doc: "of them not"},
		{Name: "disagreements", Doc: "pairs of which the encodings say otherwise"},
		{Name: "log2_modulus", Doc: "log2 of M, which the integers are below"},
		{Name: "log2_instances", Doc: "log2 of the number of instances"},
	},
	Accepts: func(c measure.Cell) error {
		if bits := c.Int("blocks") * c.Int("ell"); c.Int("pairs") == 0 && bits > mostAllBits {
			return fmt.Errorf("all pairs of vectors of %d bits are too many; give pairs, or take blocks·ell of at most %d",
				bits, mostAllBits)
		}
		return nil
	},
	Work: func(c measure.Cell) float64 {
		bits := float64(c.Int("blocks") * c.Int("ell"))
		return 1000 + float64(encodingPairs(c))*bits*bits
	},
	Bytes: func(c measure.Cell) float64 {
		blocks := float64(c.Int("blocks"))
		return 2<<20 + 16*blocks*blocks // the units, each as long as M, of at most 64 bits a block
	},
	Prepare: func(env finegrain.Env, c measure.Cell) (measure.Trial, error) {
		data, with := seeded(env, c, "pairs")
		return measure.Trial{Data: data, Run: func(env finegrain.Env) (measure.Outcome, error) {
			e := ovp.NewUnsoundEncoder(c.Float("undersized"), c.Int("ell"), EncodingGroups(c.Int("blocks"), c.Int("ell"), c.Int("inner"))...)
			counts := finegrain.Cost{"pairs": 0, "yes": 0, "no": 0, "disagreements": 0}
			compare := func(orthogonal bool, x, y []*big.Int) {
				counts["pairs"]++
				if orthogonal {
					counts["yes"]++
				} else {
					counts["no"]++
				}
				if e.Member(ovp.Product(x, y)) != orthogonal {
					counts["disagreements"]++
				}
			}
			var err error
			if c.Int("pairs") == 0 {
				err = compareAll(env, e, c.Int("blocks")*c.Int("ell"), compare)
			} else {
				err = compareRandom(with(env), e, c.Int("blocks")*c.Int("ell"), c.Int("pairs"), compare)
			}
			return measure.Outcome{Counts: counts, Values: map[string]float64{
				"log2_modulus": log2Of(e.Modulus()), "log2_instances": log2Of(e.Instances()),
			}}, err
		}}, nil
	},
})

// mostAllBits is the most bits of which all pairs are compared.
const mostAllBits = 10

// encodingPairs is how many pairs a cell compares.
func encodingPairs(c measure.Cell) int {
	if pairs := c.Int("pairs"); pairs > 0 {
		return pairs
	}
	return 1 << (2 * min(mostAllBits, c.Int("blocks")*c.Int("ell")))
}

// compareAll compares all pairs of vectors of d bits.
func compareAll(env finegrain.Env, e *ovp.Encoder, d int, compare func(bool, []*big.Int, []*big.Int)) error {
	all := ovp.NewVectors(1<<d, d)
	encoded := make([][]*big.Int, all.N())
	for i := range encoded {
		all.Row(i)[0] = uint64(i)
		encoded[i] = e.Encode(all, i)
	}
	for i, x := range encoded {
		if err := env.Err(); err != nil {
			return err
		}
		for j, y := range encoded {
			compare(i&j == 0, x, y)
		}
	}
	return nil
}

// compareRandom compares random pairs, of every kind in turn.
func compareRandom(env finegrain.Env, e *ovp.Encoder, d, pairs int, compare func(bool, []*big.Int, []*big.Int)) error {
	r := env.Rand("pairs")
	for k := range pairs {
		if err := env.Err(); err != nil {
			return err
		}
		pair := randomPair(r, d, k%3)
		orthogonal := ovp.Instance{A: pair, B: pair}.Orthogonal(ovp.Pair{I: 0, J: 1})
		compare(orthogonal, e.Encode(pair, 0), e.Encode(pair, 1))
	}
	return nil
}

// randomPair is two vectors of d random bits; of kind 0 orthogonal, of kind 1 with one common coordinate, otherwise any.
func randomPair(r *rand.Rand, d, kind int) ovp.Vectors {
	pair := ovp.NewVectors(2, d)
	for k := range d {
		x, y := r.IntN(2) == 1, r.IntN(2) == 1
		if x {
			pair.Set(0, k)
		}
		if y && (kind > 1 || !x) {
			pair.Set(1, k)
		}
	}
	if common := r.IntN(d); kind == 1 {
		pair.Set(0, common)
		pair.Set(1, common)
	}
	return pair
}
