package ovp

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"sync/atomic"

	"finegrain"
	"finegrain/internal/simd"
)

// The zeta transform over the lattice of subsets. A vector is the set of its coordinates that are 1, and
// a is orthogonal to b exactly if b's set lies in the complement of a's. Tabulate f(S) = #{j : b_j = S}
// and replace it, one coordinate after the other, by f̂(T) = Σ_{S⊆T} f(S); then f̂ of the complement of a_i
// is the number of vectors orthogonal to a_i. That is O(n + m + d·2^d), whatever n·m: linear in the lists
// where d is fixed, and the reason why orthogonal vectors are hard only for d = ω(log n). The transform is
// Yates's (1937); histograms of inner products do not come out of it.

// Zeta is the transform, for d up to 26, in the instructions that simd.Chosen names. Its functions return the
// error of a choice that cannot be made.
var Zeta = zetaBy(simd.Chosen)

// ZetaIn is Zeta in given instructions. It panics if the processor lacks them.
func ZetaIn(isa simd.ISA) Algorithm {
	simd.MustSupport(isa)
	return zetaBy(func() (simd.ISA, error) { return isa, nil })
}

func zetaBy(choose func() (simd.ISA, error)) Algorithm {
	return Algorithm{
		Name: "zeta",
		Doc: fmt.Sprintf("subset-sum transform, O(n + m + d·2^d) time and 2^(d+2) bytes, for d up to %d; no histogram",
			zetaMost),
		Source: finegrain.Source{
			Argument: "a is orthogonal to b iff b's support lies in the complement of a's; the sums of f over all subsets " +
				"of every set take one pass a coordinate (Yates 1937)",
		},
		Valid: zetaValid,
		Cost: func(n, m, d int) finegrain.Cost {
			return finegrain.Cost{
				finegrain.Additions:      int64(m) + int64(d)<<d>>1,
				finegrain.WordOperations: int64(n),
			}
		},
		Bytes: func(_, _, _, d int) int64 {
			if d > 60 {
				return math.MaxInt64
			}
			return 8 * int64(tableWords(d))
		},
		Find:  with(choose, zetaFind),
		Count: with(choose, zetaCount),
	}
}

// zetaMost is the largest dimension: its table has 256 MiB, and every further coordinate doubles it.
const zetaMost = 26

func zetaValid(_, m, d int) error {
	if d > zetaMost {
		return fmt.Errorf("zeta needs 2^%d bytes for %d coordinates and serves up to %d; use scan", d+2, d, zetaMost)
	}
	if int64(m) > math.MaxUint32 {
		return fmt.Errorf("zeta counts up to 2^32−1 vectors of B and there are %d; exchange A and B, or use scan", m)
	}
	return nil
}

const (
	// chunkVectors is how many vectors are looked up between two looks at whether env is done: less than a
	// millisecond, if each waits for memory.
	chunkVectors = 1 << 15
	mostChunks   = 1 << 7 // of a round of a search
)

// chunks is the number of chunks of the list.
func (v Vectors) chunks() int { return (v.n + chunkVectors - 1) / chunkVectors }

// chunk is the number of the first vector of chunk t and the vectors.
func (v Vectors) chunk(t int) (int, Vectors) {
	from := t * chunkVectors
	return from, v.Slice(from, min(from+chunkVectors, v.n))
}

// set is vector i as a set of coordinates, for d ≤ 64.
func (v Vectors) set(i int) uint64 {
	if v.d == 0 {
		return 0
	}
	return v.words[i]
}

// complement is the set of coordinates that are 0 in vector i, for d < 64.
func (v Vectors) complement(i int) uint64 { return 1<<v.d - 1 - v.set(i) }

// legal is Validate for lists of one dimension below 64, on all cores; it may also return env's error.
func (in Instance) legal(env finegrain.Env) error {
	var union atomic.Uint64
	for _, v := range []Vectors{in.A, in.B} {
		err := env.ForEach(v.chunks(), func(t int) {
			_, part := v.chunk(t)
			some := uint64(0)
			for _, set := range part.words {
				some |= set
			}
			union.Or(some)
		})
		if err != nil {
			return err
		}
	}
	if union.Load()>>in.D() != 0 {
		return in.Validate()
	}
	return nil
}

// zetaTable makes the table of B.
func zetaTable(env finegrain.Env, in Instance, isa simd.ISA) (f subsetSums, cost finegrain.Cost, err error) {
	if in.A.d != in.B.d {
		return nil, nil, in.Validate()
	}
	if err := zetaValid(in.A.N(), in.B.N(), in.D()); err != nil {
		return nil, nil, err
	}
	if err := in.legal(env); err != nil {
		return nil, nil, err
	}
	f, additions, err := newSubsetSums(env, in.B, zetaKernelOf(isa))
	return f, finegrain.Cost{finegrain.Additions: additions, finegrain.WordOperations: 0}, err
}

func zetaCount(env finegrain.Env, in Instance, isa simd.ISA) (*big.Int, finegrain.Cost, error) {
	f, cost, err := zetaTable(env, in, isa)
	if err != nil {
		return nil, cost, err
	}
	total, lookedUp, err := f.lookUp(env, in.A)
	cost[finegrain.WordOperations] = lookedUp
	if err != nil {
		return nil, cost, err
	}
	return new(big.Int).SetUint64(total), cost, nil
}

// lookUp returns the number of pairs of a vector of a and one, of those in the table, that is orthogonal to it.
func (f subsetSums) lookUp(env finegrain.Env, a Vectors) (pairs uint64, lookedUp int64, err error) {
	var total atomic.Uint64
	var done atomic.Int64
	err = parallel(env, a.chunks(), "looking vectors up", func(t int) {
		_, chunk := a.chunk(t)
		total.Add(f.totalOfComplements(chunk))
		done.Add(int64(chunk.n))
	})
	return total.Load(), done.Load(), err
}

// totalOfComplements is Σ f̂(complement of a_i). Between two look-ups there is as little as can be, so that many
// of them wait for memory at a time.
func (f subsetSums) totalOfComplements(a Vectors) (total uint64) {
	if a.d == 0 {
		return uint64(a.n) * uint64(f.at(0))
	}
	all := uint64(1)<<a.d - 1
	for _, set := range a.words {
		set ^= all
		total += uint64(f.at(set))
	}
	return total
}

// zetaFind looks the vectors of A up to the first that has an orthogonal one, and scans B for that one alone.
// Chunks are looked up in rounds of 1, 2, 4, …, each chunk to its first such vector, so that the count of
// operations does not depend on the cores.
func zetaFind(env finegrain.Env, in Instance, isa simd.ISA) (Found, finegrain.Cost, error) {
	f, cost, err := zetaTable(env, in, isa)
	if err != nil {
		return Found{}, cost, err
	}
	for first, round := 0, 1; first < in.A.chunks(); first, round = first+round, min(2*round, mostChunks) {
		var lookedUp [mostChunks]int64
		var found [mostChunks]bool
		err := env.ForEach(min(round, in.A.chunks()-first), func(t int) {
			_, a := in.A.chunk(first + t)
			for i := 0; i < a.n && !found[t]; i++ {
				found[t] = f.at(a.complement(i)) > 0
				lookedUp[t]++
			}
		})
		for _, n := range lookedUp {
			cost[finegrain.WordOperations] += n
		}
		if err != nil {
			return Found{}, cost, err
		}
		if t := slices.Index(found[:], true); t >= 0 {
			from, _ := in.A.chunk(first + t)
			return zetaPartner(env, in, from+int(lookedUp[t])-1, cost)
		}
	}
	return Found{}, cost, env.Err()
}

// zetaPartner finds the first vector of B that is orthogonal to vector i of A, which has one.
func zetaPartner(env finegrain.Env, in Instance, i int, cost finegrain.Cost) (Found, finegrain.Cost, error) {
	if in.D() == 0 {
		return Found{Any: true}, cost, nil
	}
	for t := range in.B.chunks() {
		if err := env.Err(); err != nil {
			return Found{}, cost, err
		}
		from, b := in.B.chunk(t)
		j, operations := firstOrthogonal(in.A.Row(i), b)
		cost[finegrain.WordOperations] += operations
		if j >= 0 {
			return Found{true, Pair{i, from + j}}, cost, nil
		}
	}
	panic("ovp: zeta counts an orthogonal vector that is not there")
}
