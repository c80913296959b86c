package ovp

import (
	"math/big"

	"finegrain"
)

// The definition, run directly: every pair, and of every pair one coordinate after the other. It shares
// nothing with the bit-parallel code and referees it.

// Orthogonal reports by the definition whether no coordinate is 1 in both vectors of the pair.
func (in Instance) Orthogonal(p Pair) bool {
	a, b := in.A.Row(p.I), in.B.Row(p.J)
	for k := range in.D() {
		if bit(a, k) && bit(b, k) {
			return false
		}
	}
	return true
}

// InnerProduct is by the definition the number of coordinates that are 1 in both vectors of the pair.
func (in Instance) InnerProduct(p Pair) int {
	a, b := in.A.Row(p.I), in.B.Row(p.J)
	sum := 0
	for k := range in.D() {
		if bit(a, k) && bit(b, k) {
			sum++
		}
	}
	return sum
}

// bit reports whether coordinate k of a vector is 1.
func bit(vector []uint64, k int) bool { return vector[k>>6]>>(k&63)&1 == 1 }

// FindByDefinition returns the first orthogonal pair.
func FindByDefinition(env finegrain.Env, in Instance) (Found, error) {
	var found Found
	err := in.eachPair(env, func(p Pair) bool {
		if in.Orthogonal(p) {
			found = Found{true, p}
		}
		return !found.Any
	})
	return found, err
}

// CountByDefinition returns the number of orthogonal pairs.
func CountByDefinition(env finegrain.Env, in Instance) (*big.Int, error) {
	var count int64
	err := in.eachPair(env, func(p Pair) bool {
		if in.Orthogonal(p) {
			count++
		}
		return true
	})
	return big.NewInt(count), err
}

// HistogramByDefinition returns how many pairs have each inner product, and the first pairs with the
// largest and the least.
func HistogramByDefinition(env finegrain.Env, in Instance) (Histogram, error) {
	h := Histogram{Totals: make([]uint64, in.D()+1)}
	err := in.eachPair(env, func(p Pair) bool {
		v := in.InnerProduct(p)
		h.Totals[v]++
		if !h.Max.Any || v > h.Max.Value {
			h.Max = Extreme{true, v, p}
		}
		if !h.Min.Any || v < h.Min.Value {
			h.Min = Extreme{true, v, p}
		}
		return true
	})
	return h, err
}

// eachPair visits the pairs in order until visit returns false or env is cancelled.
func (in Instance) eachPair(env finegrain.Env, visit func(Pair) bool) error {
	const coordinatesBetweenPolls = 1 << 20
	spent := 0
	for i := range in.A.N() {
		for j := range in.B.N() {
			if spent += 1 + in.D(); spent >= coordinatesBetweenPolls {
				if err := env.Err(); err != nil {
					return err
				}
				spent = 0
			}
			if !visit(Pair{i, j}) {
				return nil
			}
		}
	}
	return env.Err()
}
