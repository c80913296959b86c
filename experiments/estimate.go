package experiments

import (
	"fmt"
	"math/big"

	"finegrain"
	"finegrain/reductions"
	"finegrain/sat"
)

// What a route would take for a formula, before anything of its size is allocated.
//
// Split and list keeps the assignments of a half that satisfy the clauses lying wholly in it. How many
// those are is a matter of counting models, which sat.Count does without listing any; so the sizes are
// exact however much is pruned, and only the dimension is an upper bound.

// Estimate is the size of the orthogonal-vectors instance of a formula, and the memory of a route.
type Estimate struct {
	N, M  *big.Int // vectors of the two sides: exact
	D     int      // at most so many coordinates
	Bytes *big.Int // at most so much memory is held at once
}

// EstimateSplit estimates split and list by itself. It returns an error for a formula with more variables
// than can be split, or if env is done.
func EstimateSplit(env finegrain.Env, f sat.Formula) (Estimate, error) {
	used := f.Used()
	middle := (len(used) + 1) / 2
	if middle > reductions.MaxHalf {
		return Estimate{}, fmt.Errorf("split and list would make 2^%d vectors: %d variables occur, at most %d can be split",
			middle, len(used), 2*reductions.MaxHalf)
	}
	number := make([]sat.Literal, f.Variables+1) // of a variable within its half, from 1; negative in the second
	for i, v := range used {
		if number[v] = sat.Literal(i + 1); i >= middle {
			number[v] = -sat.Literal(i + 1 - middle)
		}
	}
	halves := [2]sat.Formula{{Variables: middle}, {Variables: len(used) - middle}}
	e := Estimate{}
clauses:
	for _, clause := range f.Clauses {
		if len(clause) == 0 { // no vectors at all
			e.N, e.M, e.Bytes = new(big.Int), new(big.Int), new(big.Int)
			return e, nil
		}
		renamed := make([]sat.Literal, len(clause))
		for i, l := range clause {
			v := number[l.Variable()]
			if (v < 0) != (number[clause[0].Variable()] < 0) {
				e.D++
				continue clauses
			}
			if renamed[i] = max(v, -v); l < 0 {
				renamed[i] = -renamed[i]
			}
		}
		half := &halves[0]
		if number[clause[0].Variable()] < 0 {
			half = &halves[1]
		}
		half.Clauses = append(half.Clauses, renamed)
	}
	var err error
	if e.N, err = sat.Count(env, halves[0]); err != nil {
		return e, err
	}
	if e.M, err = sat.Count(env, halves[1]); err != nil {
		return e, err
	}
	e.Bytes = e.lists()
	return e, nil
}

// lists is the bytes of the two lists while they are made: words and the assignment of every vector, and a copy while
// coordinates are dropped.
func (e Estimate) lists() *big.Int {
	perVector := big.NewInt(2*8*int64((e.D+63)/64) + 4)
	bytes := new(big.Int).Add(e.N, e.M)
	return bytes.Mul(bytes, perVector)
}

// through is the bytes of the lists and of what a route makes of them.
func (e Estimate) through(route reductions.Route) *big.Int {
	keys := new(big.Int).Add(e.M, big.NewInt(1))
	if route.Census != nil { // as many zero keys as data keys
		keys.Lsh(e.M, 1)
	}
	// An instance has Q, K, V and an output, in float64. Two are held, the one at work and the hardest so
	// far, and the collector of garbage may leave as much again. A row's sums are some 256 bytes.
	numbers := new(big.Int).Mul(new(big.Int).Add(e.N, keys), big.NewInt(int64(e.D)))
	numbers.Add(numbers, keys).Add(numbers, e.N)
	bytes := e.lists()
	bytes.Add(bytes, numbers.Mul(numbers, big.NewInt(8*2*2)))
	return bytes.Add(bytes, new(big.Int).Mul(e.N, big.NewInt(256)))
}

// inFloat is a count that may be beyond integers.
func inFloat(n *big.Int) float64 {
	x, _ := new(big.Float).SetInt(n).Float64()
	return x
}

// EstimateRoute estimates a route with all it needs.
func EstimateRoute(env finegrain.Env, f sat.Formula, route reductions.Route) (Estimate, error) {
	e, err := EstimateSplit(env, f)
	if err == nil {
		e.Bytes = e.through(route)
	}
	return e, err
}
