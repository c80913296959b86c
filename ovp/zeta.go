package ovp

import (
	"fmt"
	"math"
	"math/big"
	"sync/atomic"

	"finegrain"
)

// The zeta transform over the lattice of subsets. A vector is the set of its coordinates that are 1, and
// a is orthogonal to b exactly if b's set lies in the complement of a's. Tabulate f(S) = #{j : b_j = S}
// and replace it, one coordinate after the other, by f̂(T) = Σ_{S⊆T} f(S); then f̂ of the complement of a_i
// is the number of vectors orthogonal to a_i. That is O(n + m + d·2^d), whatever n·m: linear in the lists
// where d is fixed, and the reason why orthogonal vectors are hard only for d = ω(log n). The transform is
// Yates's (1937); histograms of inner products do not come out of it.
//
// After coordinates 0 … k−1 are done, f̂(T) is the sum over the S ⊆ T that agree with T from k on; doing
// coordinate k adds the entry without k to every entry with k. Each sum counts some vectors of B once, so
// that m < 2^32 makes 32 bits enough, and two entries a word, which are then added two at a time: no
// carry leaves the lower one.

// Zeta is the transform, for d up to 26.
var Zeta = Algorithm{
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
	Find:  zetaFind,
	Count: zetaCount,
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

// subsetSums is f̂, entry T in half T mod 2 of word ⌊T/2⌋.
type subsetSums []uint64

func tableWords(d int) int { return max(1, 1<<d>>1) }

// at returns f̂(T).
func (f subsetSums) at(set uint64) uint32 { return uint32(f[set>>1] >> (32 * (set & 1))) }

// The table is done in two passes: in rows of 2^15 entries, which fit in the second-level cache, the
// coordinates below 15; and in columns of 2^9 entries, over all rows, the coordinates from 15 on.
const (
	rowCoordinates = 15
	columnWords    = 1 << 8
)

// newSubsetSums returns f̂ for the vectors, of which d ≤ zetaMost, and the number of additions made.
func newSubsetSums(env finegrain.Env, b Vectors) (f subsetSums, additions int64, err error) {
	f = make(subsetSums, tableWords(b.d))
	for j := range b.n {
		if j%(1<<20) == 0 && env.Err() != nil {
			return nil, additions, env.Err()
		}
		set := b.set(j)
		f[set>>1] += 1 << (32 * (set & 1))
		additions++
	}
	var added atomic.Int64
	row := min(len(f), 1<<(rowCoordinates-1))
	err = parallel(env, len(f)/row, "summing over subsets: rows", func(t int) {
		part := f[t*row : (t+1)*row]
		sum := int64(0)
		if b.d > 0 {
			for i, x := range part { // coordinate 0 is within a word
				part[i] = x + x<<32
			}
			sum = int64(len(part))
		}
		for step := 1; step < len(part); step *= 2 {
			for at := 0; at < len(part); at += 2 * step {
				sum += addWords(part[at+step:at+2*step], part[at:at+step])
			}
		}
		added.Add(sum)
	})
	if err != nil {
		return nil, additions + added.Load(), err
	}
	column := min(row, columnWords)
	columns := row / column
	if row == len(f) {
		columns = 0
	}
	err = parallel(env, columns, "summing over subsets: columns", func(t int) {
		sum := int64(0)
		for step := row; step < len(f); step *= 2 {
			for at := 0; at < len(f); at += 2 * step {
				for to := at + step + t*column; to < at+2*step; to += row {
					sum += addWords(f[to:to+column], f[to-step:to-step+column])
				}
			}
		}
		added.Add(sum)
	})
	return f, additions + added.Load(), err
}

// addWords adds src to dst, two entries a word, and returns the number of additions.
func addWords(dst, src []uint64) int64 {
	src = src[:len(dst)]
	for i := range dst {
		dst[i] += src[i]
	}
	return 2 * int64(len(dst))
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

// zetaEach makes the table of B and visits the vectors of A with the number of vectors orthogonal to
// each, until visit returns false. It returns what was counted.
func zetaEach(env finegrain.Env, in Instance, visit func(i int, orthogonal uint32) bool) (finegrain.Cost, error) {
	if err := in.Validate(); err != nil {
		return nil, err
	}
	if err := zetaValid(in.A.N(), in.B.N(), in.D()); err != nil {
		return nil, err
	}
	f, additions, err := newSubsetSums(env, in.B)
	lookedUp := 0
	for i := 0; i < in.A.n && err == nil; i++ {
		if i%(1<<20) == 0 {
			err = env.Err()
		}
		lookedUp++
		if !visit(i, f.at(in.A.complement(i))) {
			break
		}
	}
	return finegrain.Cost{finegrain.Additions: additions, finegrain.WordOperations: int64(lookedUp)}, err
}

func zetaCount(env finegrain.Env, in Instance) (*big.Int, finegrain.Cost, error) {
	var total uint64
	cost, err := zetaEach(env, in, func(_ int, orthogonal uint32) bool {
		total += uint64(orthogonal)
		return true
	})
	if err != nil {
		return nil, cost, err
	}
	return new(big.Int).SetUint64(total), cost, nil
}

// zetaFind looks the first vector of A up that has an orthogonal one, and scans B for that one alone.
func zetaFind(env finegrain.Env, in Instance) (Found, finegrain.Cost, error) {
	row := -1
	cost, err := zetaEach(env, in, func(i int, orthogonal uint32) bool {
		if orthogonal > 0 {
			row = i
		}
		return row < 0
	})
	if err != nil || row < 0 {
		return Found{}, cost, err
	}
	if in.D() == 0 {
		return Found{Any: true}, cost, nil
	}
	j, operations := firstOrthogonal(in.A.Row(row), in.B)
	cost[finegrain.WordOperations] += operations
	return Found{true, Pair{row, j}}, cost, nil
}
