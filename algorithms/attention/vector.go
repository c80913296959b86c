package attention

import (
	"math"
	"slices"

	"finegrain"
	"finegrain/internal/simd"

	"gonum.org/v1/gonum/mat"
)

// The tile in vector instructions, on the loops of package simd: groups of queries, as many as sums fit into
// registers, against runs of keys. K and V are packed once, in the order in which the loops read them (Goto and
// van de Geijn 2008), the queries of a block when it begins. A query's keys are cut at the same places whatever
// its group, and what a group has beyond a query's keys has weight 0, so a row does not depend on its neighbours.

// packed is what all workers share.
type packed[F simd.Float] struct {
	keys   []F
	values []F
	total  int // keys, filled up to whole panels
}

// pack copies K' and V' on all cores. The keys that fill the last panel are 0; so are their values, and columns
// that fill a vector.
func pack[F simd.Float](
	env finegrain.Env, loops *simd.Attention[F], in Instance, r Regime, x operands,
) (packed[F], error) {
	total, d, dv := loops.Keys(r.Keys), r.Dim, r.ValueDim
	columns := loops.Columns(dv)
	if loops.Few(dv) {
		columns = dv
	}
	p := packed[F]{keys: simd.Aligned[F](total * d), values: simd.Aligned[F](total * columns), total: total}
	keyScale, valueScale := newScaler[F](x.keyExponent), newScaler[F](x.exponentLeft())
	panel := 2 * loops.Lanes
	run := max(1, 1<<16/(d+dv)/panel) * panel // keys of a task
	k, v := in.K.RawMatrix(), x.values.RawMatrix()
	err := env.ForEach((r.Keys+run-1)/run, func(task int) {
		low, high := task*run, min((task+1)*run, r.Keys)
		for first := low; first < high; first += panel {
			keys := min(panel, high-first)
			for l := range d {
				keyScale.column(p.keys[first*d+l*panel:][:keys], k.Data[first*k.Stride+l:], k.Stride)
			}
		}
		if loops.Few(dv) {
			for c := range dv {
				valueScale.column(p.values[c*total+low:][:high-low], v.Data[low*v.Stride+c:], v.Stride)
			}
			return
		}
		for j := low; j < high; j++ {
			row := v.Data[j*v.Stride:][:dv]
			for c := 0; c < dv; c += panel {
				valueScale.row(p.values[c*total+j*min(panel, columns-c):], 1, row[c:min(c+panel, dv)])
			}
		}
	})
	return p, err
}

// vectorTile is the working memory of a worker. Groups of loops.Rows queries lie one after the other.
type vectorTile[F simd.Float] struct {
	loops    *simd.Attention[F]
	packed   packed[F]
	in       Instance
	regime   Regime
	keyScale scaler[F] // by 2^κ
	steady   bool      // weights need no shift

	columns int // entries of a row of output
	queries []F
	output  []F
	sums    []F
	buffer  []float64 // d
	shift   []F       // M
	scores  []F       // of one group; then weights
	most    []F       // of one group and tile
	never   []F       // −Inf, as often as a tile has keys
	total   []F       // sums, and with few columns output, parts put together
	outputs []F

	worked int64
}

func newVectorTile[F simd.Float](
	loops *simd.Attention[F], p packed[F], in Instance, r Regime, x operands, steady bool, block int,
) *vectorTile[F] {
	columns := loops.Columns(r.ValueDim)
	var outputs []F
	if loops.Few(r.ValueDim) {
		outputs = make([]F, block*r.ValueDim)
	}
	return &vectorTile[F]{
		loops: loops, packed: p, in: in, regime: r, keyScale: newScaler[F](-x.keyExponent), steady: steady,
		columns: columns,
		queries: simd.Aligned[F](block * r.Dim),
		output:  simd.Aligned[F](block * columns),
		sums:    simd.Aligned[F](block * loops.Lanes),
		buffer:  make([]float64, r.Dim),
		shift:   simd.Aligned[F](block),
		scores:  simd.Aligned[F](loops.Rows * simd.Stride),
		most:    simd.Aligned[F](loops.Rows * loops.Lanes),
		never:   slices.Repeat([]F{F(math.Inf(-1))}, simd.MaxKeys),
		total:   make([]F, block),
		outputs: outputs,
	}
}

func (t *vectorTile[F]) pairs() int64 { return t.worked }

func (t *vectorTile[F]) block(env finegrain.Env, out *mat.Dense, from, to int) bool {
	rows, d := t.loops.Rows, t.regime.Dim
	clear(t.queries) // a last group may lack queries
	clear(t.output)
	clear(t.sums)
	for i := range t.shift {
		t.shift[i] = F(math.Inf(-1))
	}
	for i := from; i < to; i++ {
		g, at := (i-from)/rows, (i-from)%rows
		if at == 0 && env.Err() != nil {
			return false
		}
		query(t.queries[g*rows*d+at:], rows, t.in, t.keyScale, i, t.buffer)
	}
	for low := 0; low < t.regime.Visible(to-1); low += simd.MaxKeys {
		for first := from; first < to; first += rows {
			if env.Err() != nil {
				return false
			}
			t.group((first-from)/rows, first, min(first+rows, to), low)
		}
	}
	t.write(out, from, to)
	return true
}

// group lets group g, the queries from … to−1, take in the keys from low to the end of the tile.
func (t *vectorTile[F]) group(g, from, to, low int) {
	rows, lanes, d := t.loops.Rows, t.loops.Lanes, t.regime.Dim
	seen := min(low+simd.MaxKeys, t.regime.Visible(to-1)) - low // by the last query, hence by any
	if seen <= 0 {
		return
	}
	keys := t.loops.Keys(seen)
	panels := t.loops.Panels(keys)
	queries, packedKeys := t.queries[g*rows*d:], t.packed.keys[low*d:]
	sums, output := t.sums[g*rows*lanes:], t.output[g*rows*t.columns:][:rows*t.columns]
	whole := low+keys <= t.regime.Visible(from) // every query sees every key
	switch {
	case whole && t.steady && d <= simd.Small:
		t.loops.Weights(t.scores, sums, queries, packedKeys, d, panels)
	default:
		t.loops.Scores(t.scores, queries, packedKeys, d, panels)
		if !whole {
			t.hide(from, low, keys)
		}
		if t.steady {
			t.loops.Powers(t.scores, sums, keys)
		} else {
			t.raise(g, keys)
			t.loops.Exponentials(t.scores, sums, t.shift[g*rows:], keys)
		}
	}
	t.loops.Values(output, t.scores, t.packed.values, low, keys, t.packed.total, t.regime.ValueDim)
	if whole {
		t.worked += int64(to-from) * int64(keys)
		return
	}
	for i := from; i < to; i++ {
		t.worked += int64(max(0, min(low+simd.MaxKeys, t.regime.Visible(i))-low))
	}
}

// hide gives the keys that a query does not see, and those that only fill the panel, the score −Inf.
func (t *vectorTile[F]) hide(from, low, keys int) {
	for i := range t.loops.Rows {
		row := t.scores[i*simd.Stride:][:keys]
		copy(row[min(keys, max(0, t.regime.Visible(from+i)-low)):], t.never)
	}
}

// raise lifts the shifts of group g over the scores of the tile.
func (t *vectorTile[F]) raise(g, keys int) {
	rows, lanes := t.loops.Rows, t.loops.Lanes
	for i := range t.most {
		t.most[i] = F(math.Inf(-1))
	}
	t.loops.Largest(t.scores, t.most, keys)
	for i := range rows {
		most := t.most[i*lanes]
		for _, x := range t.most[i*lanes+1:][:lanes-1] {
			most = max(most, x)
		}
		shift := &t.shift[g*rows+i]
		if most <= *shift {
			continue
		}
		top := F(math.Ceil(float64(most)))
		rescale := F(powerOfTwo(float64(*shift) - float64(top)))
		*shift = top
		for l := range lanes {
			t.sums[(g*rows+i)*lanes+l] *= rescale
		}
		t.rescale(g, i, rescale)
	}
}

// rescale multiplies the output of query i of group g.
func (t *vectorTile[F]) rescale(g, i int, by F) {
	rows, lanes := t.loops.Rows, t.loops.Lanes
	parts := t.output[g*rows*t.columns:][:rows*t.columns]
	width := 2 * lanes // of a panel; a vector a column where there are few
	if t.loops.Few(t.regime.ValueDim) {
		width = lanes
	}
	for c := 0; c < t.columns; c += width {
		width := min(width, t.columns-c)
		for l := range width {
			parts[c*rows+i*width+l] *= by
		}
	}
}

// write puts the parts of sums together and divides.
func (t *vectorTile[F]) write(out *mat.Dense, from, to int) {
	rows, lanes := t.loops.Rows, t.loops.Lanes
	t.loops.Totals(t.total, t.sums)
	few := t.loops.Few(t.regime.ValueDim)
	if few {
		t.loops.Totals(t.outputs, t.output)
	}
	for i := from; i < to; i++ {
		g, at := (i-from)/rows, (i-from)%rows
		sum, o := float64(t.total[i-from]), out.RawRowView(i)
		if few {
			for c := range o {
				o[c] = float64(t.outputs[(g*len(o)+c)*rows+at]) / sum
			}
			continue
		}
		parts := t.output[g*rows*t.columns:][:rows*t.columns]
		for c := 0; c < len(o); c += 2 * lanes {
			width := min(2*lanes, t.columns-c)
			for l, x := range parts[c*rows+at*width:][:min(width, len(o)-c)] {
				o[c+l] = float64(x) / sum
			}
		}
	}
}
