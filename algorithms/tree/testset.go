package tree

import (
	"math"
	"math/rand/v2"
	"slices"

	"finegrain"
	"finegrain/internal/monomials"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat/combin"
)

// A test set: a few hyperplanes such that what crosses few pairs of points among them crosses few among all
// (Matoušek, "Efficient partition trees", 1992, Lemma 3.3, by a cutting; here by a sample, derived as follows).
//
// The test set is the hyperplanes through all d-tuples of a random sample of t points, t as large as makes no more
// than n of them, about (d!·n)^{1/d}. Let h be any hyperplane. The pairs (normal, offset) for which every point of the
// sample stays on its closed side of h, and on the hyperplane if it is on h, are a cone. If the sample spans the
// space, the cone has an edge, on which d affinely independent points of the sample lie: a test hyperplane g. Call a
// point between if it lies strictly on one side of g, and not strictly on that side of h. No point of the sample does.
// The sets of points between two hyperplanes are ranges of a dimension that d bounds, so that by the ε-net theorem
// (Haussler and Welzl 1987), with high probability over the sample, only O((n/t)·log t) of all points are between h and
// its g. Two points of which neither is between, and which are not strictly on one side of h, are not strictly on one
// side of g. Hence h separates at most as many edges of a path as some test hyperplane, and O((n/t)·log t) =
// O(n^{1−1/d}·log n) more. (Here a point within roundings of a test hyperplane counts to one side or the other. Of points
// in general position these are the d through which it goes.)

// sides are the sides of points of the test hyperplanes.
type sides struct {
	columns [][]float64 // coordinates of the points, by coordinate
	planes  int
	words   int      // of a point, its sides as bits
	bits    []uint64 // of point i at i·words
}

// of is whether point i is above plane h.
func (s *sides) of(i, h int32) bool { return s.bits[int(i)*s.words+int(h>>6)]>>(h&63)&1 != 0 }

// row is the sides of point i.
func (s *sides) row(i int32) []uint64 { return s.bits[int(i)*s.words:][:s.words] }

// newSides draws the test set for points in general coordinates, at least two. The error is env's.
func newSides(env finegrain.Env, r *rand.Rand, columns [][]float64) (*sides, error) {
	d, n := len(columns), len(columns[0])
	t := d
	for t < n && monomials.Rank(d, t+1-d) <= int64(n) {
		t++
	}
	sample, tuples := r.Perm(n)[:t], combin.Combinations(t, d)
	s := &sides{columns: columns, planes: len(tuples), words: (len(tuples) + 63) / 64}
	s.bits = make([]uint64, n*s.words)
	offsets, normals := make([]float64, 64*s.words), make([][]float64, d)
	for l := range normals {
		normals[l] = make([]float64, len(offsets))
	}
	through := make([][]float64, d)
	for i := range through {
		through[i] = make([]float64, d)
	}
	for h, tuple := range tuples {
		if err := env.Err(); err != nil {
			return nil, err
		}
		for i, at := range tuple {
			for l, c := range columns {
				through[i][l] = c[sample[at]]
			}
		}
		normal := across(r, through)
		for l, y := range normal {
			normals[l][h] = y
		}
		offsets[h] = floats.Dot(normal, through[0])
	}
	err := env.ForEach(n, func(i int) {
		var off [64]float64
		for w := range s.words {
			copy(off[:], offsets[w*64:])
			for l, c := range columns {
				x, normal := c[i], normals[l][w*64:][:64]
				for k, y := range normal {
					off[k] -= x * y
				}
			}
			word := uint64(0)
			for k, x := range off {
				word |= math.Float64bits(x) >> 63 << k
			}
			s.bits[i*s.words+w] = word
		}
	})
	return s, err
}

// across is a vector across the hyperplane through d points, which become the first and differences to it made
// orthogonal. Where the points span less, r draws one of the hyperplanes.
func across(r *rand.Rand, points [][]float64) []float64 {
	normal := make([]float64, len(points))
	for l := range normal {
		normal[l] = r.NormFloat64()
	}
	for i, x := range points[1:] {
		floats.Sub(x, points[0])
		orthogonal(x, points[1:1+i])
	}
	orthogonal(normal, points[1:])
	return normal
}

// orthogonal subtracts from x its parts along vectors that are orthogonal to each other: twice is enough (Kahan).
func orthogonal(x []float64, to [][]float64) {
	for range 2 {
		for _, y := range to {
			if square := floats.Dot(y, y); square > 0 {
				floats.AddScaled(x, -floats.Dot(x, y)/square, y)
			}
		}
	}
}

// dependent is the length of what is orthogonal to other columns, relative to the whole, below which it is taken
// for roundings.
const dependent = 0x1p-40

// standardised are coordinates of the points, by coordinate, in which they have mean 0 and covariance 1: an affine
// map keeps what is on one side of a hyperplane, and in these coordinates sides do not depend on roundings where the
// points are nearly on a line. Coordinates that depend on the others are left out: points that are all equal have none.
func (t *tree) standardised() (columns [][]float64) {
	n, d := len(t.order), t.dim
	largest := max(floats.Max(t.points), -floats.Min(t.points))
	_, exponent := math.Frexp(largest)
	type column struct {
		x     []float64
		whole float64
	}
	var rest []column
	for l := range d {
		c, base := make([]float64, n), math.Ldexp(t.points[l], -exponent)
		for i := range c {
			c[i] = math.Ldexp(t.points[i*d+l], -exponent) - base
		}
		floats.AddConst(-floats.Sum(c)/float64(n), c)
		// Each to a size of about 1, since a coordinate may be as much smaller than the others as float64 has room.
		_, size := math.Frexp(max(floats.Max(c), -floats.Min(c)))
		for i, x := range c {
			c[i] = math.Ldexp(x, -size)
		}
		rest = append(rest, column{c, floats.Norm(c, 2)})
	}
	for {
		best, most := -1, dependent
		for l, c := range rest {
			if part := floats.Norm(c.x, 2) / c.whole; part > most {
				best, most = l, part
			}
		}
		if best < 0 {
			return columns
		}
		c := rest[best].x
		rest = slices.Delete(rest, best, best+1)
		orthogonal(c, columns)
		floats.Scale(math.Sqrt(float64(n))/floats.Norm(c, 2), c)
		columns = append(columns, c)
		for _, o := range rest {
			orthogonal(o.x, columns[len(columns)-1:])
		}
	}
}
