package ovp

import (
	"fmt"
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
		const vectorsBetweenPolls = 1 << 8
		for from := 0; from < side.N(); from += vectorsBetweenPolls {
			if err := env.Err(); err != nil {
				return Instance{}, err
			}
			fillRandom(r, side.Slice(from, min(from+vectorsBetweenPolls, side.N())), density)
		}
	}
	return in, nil
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
	fillRandom(r, v, density)
	return v
}

// fillRandom draws every coordinate of zero vectors; 64 at once if the density is ½.
func fillRandom(r *rand.Rand, v Vectors, density float64) {
	if density != 0.5 {
		for i := range v.n {
			for k := range v.d {
				if r.Float64() < density {
					v.Set(i, k)
				}
			}
		}
		return
	}
	for i := range v.words {
		v.words[i] = r.Uint64()
	}
	if v.d%64 != 0 {
		for i, w := 0, v.Words(); i < v.n; i++ {
			v.words[(i+1)*w-1] &= 1<<(v.d%64) - 1
		}
	}
}
