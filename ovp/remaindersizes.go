package ovp

import (
	"context"
	"fmt"
	"iter"
	"math"
	"math/big"
)

// Sizes of encoders that are too large to be made: logarithms of the modulus and of the number of instances, by the
// primes themselves, one after the other, and the formula of Instances (derived here, see remainders.go).

// EncoderSize is what an encoder of some levels takes.
type EncoderSize struct {
	Log2Modulus   float64 // of M; integers have at most so many bits, rounded up
	Log2Instances float64 // of N
}

// MostModuli bounds the least modulus of SizeOfEncoder, so that primes are found by sieving.
const MostModuli = 1 << 40

// SizeOfEncoder is the size of NewEncoderLevels(ell, groups...), to a relative 1e-9, in time and memory about linear in
// the largest modulus's distance from the least and in the root of it. The error is the context's, or says that a level
// needs moduli beyond MostModuli. It panics unless ell and groups are positive.
func SizeOfEncoder(ctx context.Context, ell int, groups ...int) (EncoderSize, error) {
	if ell < 1 {
		panic(fmt.Sprintf("ovp: SizeOfEncoder into %d integers; there must be one at least", ell))
	}
	size := EncoderSize{Log2Modulus: 1}
	modulus := big.NewInt(2) // exactly, as long as a further level can follow
	for k, g := range groups {
		if g < 1 {
			panic(fmt.Sprintf("ovp: SizeOfEncoder with a level of %d groups; there must be one at least", g))
		}
		above, ok := leastModulus(ell, modulus)
		if !ok {
			return EncoderSize{}, fmt.Errorf("level %d of an encoder into %d integers needs moduli beyond 2^40; "+
				"take fewer levels or groups", k+1, ell)
		}
		modulus.SetInt64(1)
		log, found := 0.0, 0
		for q := range primesAbove(above) {
			if found%(1<<12) == 0 && ctx.Err() != nil {
				return EncoderSize{}, ctx.Err()
			}
			log += math.Log2(float64(q))
			if modulus.BitLen() <= 64 {
				modulus.Mul(modulus, new(big.Int).SetUint64(q))
			}
			if found++; found == g {
				break
			}
		}
		size = EncoderSize{log, logInstances(ell, log, float64(g)*size.Log2Instances)}
	}
	return size, nil
}

// leastModulus is ℓ(M−1)², above which the moduli of the next level lie; false beyond MostModuli.
func leastModulus(ell int, modulus *big.Int) (uint64, bool) {
	most := new(big.Int).Sub(modulus, big.NewInt(1))
	most.Mul(most, most).Mul(most, big.NewInt(int64(ell)))
	if most.Cmp(big.NewInt(MostModuli)) > 0 {
		return 0, false
	}
	return most.Uint64(), true
}

// logInstances is log2(ℓ(M−2)·2^inner + 1), given log2 M.
func logInstances(ell int, logModulus, inner float64) float64 {
	if logModulus <= 1 {
		return 0 // M = 2
	}
	x := math.Log2(float64(ell)) + logModulus + math.Log1p(-math.Exp2(1-logModulus))/math.Ln2 + inner
	return x + math.Log1p(math.Exp2(-x))/math.Ln2
}

// primesAbove lists the primes above a number, ascending, by the sieve of Eratosthenes on one segment after the other.
func primesAbove(above uint64) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		const segment = 1 << 16
		var small []uint64 // primes up to reach
		var reach uint64
		composite := make([]bool, segment)
		for low := max(above+1, 2); ; low += segment {
			clear(composite)
			high := low + segment // beyond the last
			if reach*reach < high {
				reach = 2*uint64(math.Sqrt(float64(high))) + 2
				small = primesUpTo(reach)
			}
			for _, p := range small {
				if p*p >= high {
					break
				}
				for m := max(p*p, (low+p-1)/p*p); m < high; m += p {
					composite[m-low] = true
				}
			}
			for k, is := range composite {
				if !is && !yield(low+uint64(k)) {
					return
				}
			}
		}
	}
}

func primesUpTo(most uint64) (primes []uint64) {
	composite := make([]bool, most+1)
	for p := uint64(2); p <= most; p++ {
		if composite[p] {
			continue
		}
		primes = append(primes, p)
		for m := p * p; m <= most; m += p {
			composite[m] = true
		}
	}
	return primes
}
