package ovp

import (
	"math"
	"math/big"
	"math/bits"
	"sync/atomic"

	"finegrain"
	"finegrain/internal/simd"
)

// The pairwise scan: every pair, 64 coordinates at a time, n·m·⌈d/64⌉ word operations. Nothing better than
// n^{2−o(1)} is known once d is more than a constant times log n, and the OV conjecture says that there is
// nothing. The lists are cut into a grid of blocks, of which a strip of B stays in the nearest caches
// while a band of A passes over it.

// Scan is the bit-parallel pairwise scan, for every size, in the instructions that simd.Chosen names. Its
// functions return the error of a choice that cannot be made.
var Scan = scanBy(simd.Chosen)

// ScanIn is Scan in given instructions. It panics if the processor lacks them.
func ScanIn(isa simd.ISA) Algorithm {
	simd.MustSupport(isa)
	return scanBy(func() (simd.ISA, error) { return isa, nil })
}

func scanBy(choose func() (simd.ISA, error)) Algorithm {
	return Algorithm{
		Name: "scan",
		Doc: "pairwise, bit-parallel, in blocks, on all cores: n·m·⌈d/64⌉ word operations, less on dense lists, " +
			"where a pair is settled by its first words",
		Source: finegrain.Source{
			Argument: "the definition with 64 coordinates a word: a&b = 0 exactly if no coordinate is 1 in both",
		},
		Valid: func(_, _, _ int) error { return nil },
		Cost: func(n, m, d int) finegrain.Cost {
			return finegrain.Cost{finegrain.WordOperations: int64(n) * int64(m) * int64(wordsFor(d))}
		},
		Adapts: func(_, _, d int) bool { return wordsFor(d) > 1 },
		Bytes: func(cores, _, m, d int) int64 {
			isa, _ := choose() // plain Go if there is no choice
			return scanBytes(cores, m, d, isa)
		},
		Find:      with(choose, scanFind),
		Count:     with(choose, scanCount),
		Histogram: with(choose, scanHistogram),
	}
}

// scanBytes is the memory of a scan: for each core the totals of a histogram and, if there is a loop that writes
// them, the products with a strip; and B in groups for vector loops.
func scanBytes(cores, m, d int, isa simd.ISA) int64 {
	numbers, groups := uint64(d)+1, uint64(0)
	if w := wordsFor(d); isa != simd.Go && w > 0 {
		groups = uint64(VectorsBytes(m+simd.Group-1, d))
		if simd.HasInnerProducts(isa) {
			numbers += uint64(stripVectors(w))
		}
	}
	hi, bytes := bits.Mul64(uint64(cores), 8*numbers)
	if hi != 0 || bytes > math.MaxInt64 || bytes+groups > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(bytes + groups)
}

// stripWords is the size of a strip of B, 32 KiB: larger makes longer calls of the loops, which matters to
// early exits, until reading B again binds. See BenchmarkScanCount and BenchmarkEarlyExit.
const stripWords = 1 << 12

// taskWords is about how many word operations a task performs, a fraction of a millisecond: enough to
// drown what a task costs, and little enough to be cancelled promptly and to occupy all cores.
const taskWords = 1 << 19

// least is how many vectors of A and of B the smallest task takes: what a vector loop is at its best with,
// unless vectors are so long that it would be too much.
func least(w int) (rows, columns int) {
	rows, columns = 32, 4*simd.Group
	if rows*columns*w > taskWords {
		return simd.Block, simd.Group
	}
	return rows, columns
}

// stripVectors is the number of vectors of a strip, and bandVectors of a band for so many operations with so
// many words of B.
func stripVectors(w int) int {
	_, columns := least(w)
	return max(1, stripWords/w/columns) * columns
}

func bandVectors(operations, words, w int) int {
	rows, _ := least(w)
	return max(1, operations/words/rows) * rows
}

// grid cuts an instance into bands of A times strips of B.
type grid struct {
	in            Instance
	b             strip // all of B
	w             int
	band, strip   int // vectors in a band, in a strip; the last of each may be smaller
	bands, strips int
	kernels
	release func() // to be called when the grid is no longer used
}

// newGrid returns the grid of an instance with w ≥ 1 whose bands meet one strip in a task.
func newGrid(env finegrain.Env, in Instance, isa simd.ISA) (grid, error) {
	g := grid{in: in, w: in.A.Words()}
	g.kernels = kernelsFor(isa, g.w)
	g.strip = stripVectors(g.w)
	g.band = bandVectors(taskWords, g.strip*g.w, g.w)
	g.bands = ceil(in.A.N(), g.band)
	g.strips = ceil(in.B.N(), g.strip)
	var err error
	g.b, g.release, err = in.B.group(env, g.grouped)
	return g, err
}

func ceil(x, y int) int { return (x + y - 1) / y }

// bandAt is the number of the first vector of band t and the vectors.
func (g grid) bandAt(t int) (int, Vectors) {
	from := t * g.band
	return from, g.in.A.Slice(from, min(from+g.band, g.in.A.N()))
}

func (g grid) stripAt(t int) strip {
	from := t * g.strip
	return g.b.slice(from, min(from+g.strip, g.b.N()))
}

// operations is what a kernel spends on a block that it looks at in full.
func (g grid) operations(a Vectors, b strip) int64 { return int64(a.N()) * int64(b.N()) * int64(g.w) }

func scanCount(env finegrain.Env, in Instance, isa simd.ISA) (*big.Int, finegrain.Cost, error) {
	if err := in.Validate(); err != nil {
		return nil, nil, err
	}
	cost := finegrain.Cost{finegrain.WordOperations: 0}
	if in.D() == 0 {
		return pairs(in), cost, env.Err()
	}
	g, err := newGrid(env, in, isa)
	defer g.release()
	if err != nil {
		return nil, cost, err
	}
	var total atomic.Uint64
	var operations atomic.Int64
	err = parallel(env, g.bands*g.strips, "counting orthogonal pairs", func(task int) {
		_, a := g.bandAt(task / g.strips)
		pairs, spent := g.countIn(a, g.stripAt(task%g.strips), new(exits))
		total.Add(pairs)
		operations.Add(spent)
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

// A search goes by bands of A against all of B, in rounds of 1, 4, 16, … bands, each of which is searched to
// its end. Neither bands nor rounds depend on the number of cores, so neither do the counts.
const (
	findWords = 1 << 18 // word operations of a band
	mostBands = 1 << 7  // of a round
)

// scanFind returns the first pair of the first band that has one.
func scanFind(env finegrain.Env, in Instance, isa simd.ISA) (Found, finegrain.Cost, error) {
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
	g, err := newGrid(env, in, isa)
	defer g.release()
	if err != nil {
		return Found{}, cost, err
	}
	g.band = bandVectors(findWords, in.B.N()*g.w, g.w)
	g.bands = ceil(in.A.N(), g.band)
	quiet := env
	quiet.Progress = nil
	for first, round := 0, 1; first < g.bands; first, round = first+round, min(4*round, mostBands) {
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
	var e exits
	for s := 0; s < g.strips && a.N() > 0 && env.Err() == nil; s++ {
		b := g.stripAt(s)
		pairs, spent := g.countIn(a, b, &e)
		operations += spent
		if pairs == 0 {
			continue
		}
		i := 0
		for operations += g.operations(a.Slice(0, 1), b); g.count(a.Row(i), b, g.w) == 0; i++ {
			operations += g.operations(a.Slice(0, 1), b)
		}
		j, spent := firstOrthogonal(a.Row(i), b.Vectors)
		operations += spent
		found = Found{true, Pair{from + i, b.first + j}}
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
