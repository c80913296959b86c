package ovp

import (
	"math"
	"math/big"
	"math/bits"
	"sync/atomic"

	"finegrain"
)

// The pairwise scan: every pair, 64 coordinates at a time, n·m·⌈d/64⌉ word operations. Nothing better than
// n^{2−o(1)} is known once d is more than a constant times log n, and the OV conjecture says that there is
// nothing. The lists are cut into a grid of blocks, of which a strip of B stays in the first-level cache
// while a band of A passes over it.

// Scan is the bit-parallel pairwise scan, for every size.
var Scan = Algorithm{
	Name: "scan",
	Doc:  "pairwise, bit-parallel, in blocks, on all cores: n·m·⌈d/64⌉ word operations",
	Source: finegrain.Source{
		Argument: "the definition with 64 coordinates a word: a&b = 0 exactly if no coordinate is 1 in both",
	},
	Valid: func(_, _, _ int) error { return nil },
	Cost: func(n, m, d int) finegrain.Cost {
		return finegrain.Cost{finegrain.WordOperations: int64(n) * int64(m) * int64(wordsFor(d))}
	},
	Bytes: func(cores, _, _, d int) int64 {
		hi, totals := bits.Mul64(uint64(cores), 8*(uint64(d)+1))
		if hi != 0 || totals > math.MaxInt64 {
			return math.MaxInt64
		}
		return int64(totals)
	},
	Find:      scanFind,
	Count:     scanCount,
	Histogram: scanHistogram,
}

// stripWords is the size of a strip of B: 16 KiB, a third of a first-level cache.
const stripWords = 1 << 11

// taskWords is about how many word operations a task performs, a fraction of a millisecond: enough to
// drown what a task costs, and little enough to be cancelled promptly and to occupy all cores.
const taskWords = 1 << 19

// grid cuts an instance into bands of A times strips of B.
type grid struct {
	in            Instance
	w             int
	band, strip   int // vectors in a band, in a strip; the last of each may be smaller
	bands, strips int
	kernels
}

// newGrid returns the grid of an instance with w ≥ 1 whose bands meet one strip in a task.
func newGrid(in Instance) grid {
	g := grid{in: in, w: in.A.Words()}
	g.strip = max(1, stripWords/g.w)
	g.band = max(4, taskWords/(g.strip*g.w))
	g.bands = ceil(in.A.N(), g.band)
	g.strips = ceil(in.B.N(), g.strip)
	g.kernels = plainKernels(g.w)
	return g
}

func ceil(x, y int) int { return (x + y - 1) / y }

// bandAt is the number of the first vector of band t and the vectors; stripAt likewise.
func (g grid) bandAt(t int) (int, Vectors) {
	from := t * g.band
	return from, g.in.A.Slice(from, min(from+g.band, g.in.A.N()))
}

func (g grid) stripAt(t int) (int, Vectors) {
	from := t * g.strip
	return from, g.in.B.Slice(from, min(from+g.strip, g.in.B.N()))
}

// operations is what a kernel spends on a block.
func (g grid) operations(a, b Vectors) int64 { return int64(a.N()) * int64(b.N()) * int64(g.w) }

func scanCount(env finegrain.Env, in Instance) (*big.Int, finegrain.Cost, error) {
	if err := in.Validate(); err != nil {
		return nil, nil, err
	}
	cost := finegrain.Cost{finegrain.WordOperations: 0}
	if in.D() == 0 {
		return pairs(in), cost, env.Err()
	}
	g := newGrid(in)
	var total atomic.Uint64
	var operations atomic.Int64
	err := parallel(env, g.bands*g.strips, "counting orthogonal pairs", func(task int) {
		_, a := g.bandAt(task / g.strips)
		_, b := g.stripAt(task % g.strips)
		total.Add(g.count(a.words, b.words, g.w))
		operations.Add(g.operations(a, b))
	})
	cost[finegrain.WordOperations] = operations.Load()
	if err != nil {
		return nil, cost, err
	}
	return new(big.Int).SetUint64(total.Load()), cost, nil
}

// pairs is n·m, the number of orthogonal pairs in dimension 0.
func pairs(in Instance) *big.Int {
	n, m := big.NewInt(int64(in.A.N())), big.NewInt(int64(in.B.N()))
	return n.Mul(n, m)
}

// A search goes by bands of A against all of B, in rounds of 1, 2, 4, … bands, each of which is searched to
// its end. Neither bands nor rounds depend on the number of cores, so neither do the counts.
const (
	findWords = 1 << 16 // word operations of a band
	mostBands = 1 << 7  // of a round
)

// scanFind returns the first pair of the first band that has one.
func scanFind(env finegrain.Env, in Instance) (Found, finegrain.Cost, error) {
	cost := finegrain.Cost{finegrain.WordOperations: 0}
	if err := in.Validate(); err != nil {
		return Found{}, nil, err
	}
	if in.A.N() == 0 || in.B.N() == 0 {
		return Found{}, cost, env.Err()
	}
	if in.D() == 0 {
		return Found{Any: true}, cost, env.Err()
	}
	g := newGrid(in)
	g.band = max(4, findWords/g.w/in.B.N())
	g.bands = ceil(in.A.N(), g.band)
	quiet := env
	quiet.Progress = nil
	for first, round := 0, 1; first < g.bands; first, round = first+round, min(2*round, mostBands) {
		env.Report(first, g.bands, "searching an orthogonal pair")
		var found [mostBands]Found
		var operations [mostBands]int64
		err := parallel(quiet, min(round, g.bands-first), "", func(t int) {
			found[t], operations[t] = g.findInBand(env, first+t)
		})
		for _, o := range operations {
			cost[finegrain.WordOperations] += o
		}
		if err != nil {
			return Found{}, cost, err
		}
		for _, f := range found {
			if f.Any {
				return f, cost, nil
			}
		}
	}
	return Found{}, cost, nil
}

// findInBand returns the first orthogonal pair of a band, and the word operations spent. A strip is first
// only counted. Invariant: found is the first pair in the strips so far; vectors of B grow from strip to
// strip, so only a vector of A before found.I can still improve it, and the others leave the band.
func (g grid) findInBand(env finegrain.Env, t int) (found Found, operations int64) {
	from, a := g.bandAt(t)
	for s := 0; s < g.strips && a.N() > 0 && env.Err() == nil; s++ {
		start, b := g.stripAt(s)
		operations += g.operations(a, b)
		if g.count(a.words, b.words, g.w) == 0 {
			continue
		}
		i := 0
		for operations += g.operations(a.Slice(0, 1), b); g.count(a.Row(i), b.words, g.w) == 0; i++ {
			operations += g.operations(a.Slice(0, 1), b)
		}
		j, spent := firstOrthogonal(a.Row(i), b)
		operations += spent
		found = Found{true, Pair{from + i, start + j}}
		a = a.Slice(0, i)
	}
	return found, operations
}

// firstOrthogonal returns the index of the first vector of b that is orthogonal to a, or −1, and the word
// operations spent.
func firstOrthogonal(a []uint64, b Vectors) (j int, operations int64) {
	for j := range b.n {
		operations += int64(len(a))
		if disjoint(a, b.Row(j)) > 0 {
			return j, operations
		}
	}
	return -1, operations
}
