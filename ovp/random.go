package ovp

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"finegrain"
)

// Random returns n vectors against m of d coordinates, each 1 independently with probability density. The
// expected number of orthogonal pairs is n·m·(1−density²)^d. Average-case instances such as these are no
// evidence about the worst case.
func Random(env finegrain.Env, n, m, d int, density float64) (Instance, error) {
	if err := checkShape(n, m, d); err != nil {
		return Instance{}, err
	}
	if err := checkDensity(density); err != nil {
		return Instance{}, err
	}
	in := Instance{NewVectors(n, d), NewVectors(m, d)}
	r := env.Rand("random orthogonal vectors")
	for _, side := range []Vectors{in.A, in.B} {
		if err := side.fill(env, func() uint64 { return randomWord(r, density) }); err != nil {
			return Instance{}, err
		}
	}
	return in, nil
}

// wordsBetweenPolls is how many words are drawn from one look at the context to the next, each with a dozen
// random numbers at most: a fraction of a millisecond.
const wordsBetweenPolls = 1 << 10

// fill sets every word of v to what draw returns, without bits D and above.
func (v Vectors) fill(ctx context.Context, draw func() uint64) error {
	w := v.Words()
	for from := 0; from < len(v.words); from += wordsBetweenPolls {
		if err := ctx.Err(); err != nil {
			return err
		}
		for at := from; at < min(from+wordsBetweenPolls, len(v.words)); at++ {
			v.words[at] = draw() & v.wordMask(at%w)
		}
	}
	return ctx.Err()
}

// randomWord draws 64 coordinates that are 1 independently with the probability p, exactly: each stands for a
// uniform u in [0, 1), drawn digit by digit until it differs from p, and is 1 if u < p. Invariant: the digits
// so far of the open ones are p's, and p holds the rest; doubling and taking 1 off lose nothing. About half
// of the open ones are decided by every digit, so that a word takes 7 random numbers, and for p = ½ one.
func randomWord(r *rand.Rand, p float64) uint64 {
	if p == 1 {
		return math.MaxUint64
	}
	var word uint64
	for open := uint64(math.MaxUint64); open != 0 && p > 0; {
		zeros := r.Uint64() // where u's digit is 0
		if p *= 2; p >= 1 {
			p--
			word |= open & zeros
			open &^= zeros
		} else {
			open &= zeros
		}
	}
	return word
}

// checkShape returns nil if lists of these sizes can be.
func checkShape(n, m, d int) error {
	if n < 0 || m < 0 || d < 0 {
		return fmt.Errorf("n = %d, m = %d, d = %d: none may be negative", n, m, d)
	}
	const most = 1 << 40
	if a, b := VectorsBytes(n, d), VectorsBytes(m, d); a > most || b > most || d > most {
		return fmt.Errorf("n = %d, m = %d, d = %d: a list would take more than 2^40 bytes; choose smaller ones", n, m, d)
	}
	return nil
}

func checkDensity(density float64) error {
	if !(density >= 0 && density <= 1) {
		return fmt.Errorf("density %v is no probability; it must be from 0 to 1", density)
	}
	return nil
}

// randomVectors draws vectors whose coordinates are 1 independently with the given probability.
func randomVectors(r *rand.Rand, n, d int, density float64) Vectors {
	v := NewVectors(n, d)
	if err := v.fill(context.Background(), func() uint64 { return randomWord(r, density) }); err != nil {
		panic("ovp: a context that never ends has ended: " + err.Error())
	}
	return v
}
