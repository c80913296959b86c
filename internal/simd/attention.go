package simd

//go:generate go -C asm run ./attention -out ../attention_amd64.s -stubs ../attention_amd64.go -pkg simd

import (
	"math/bits"
	"unsafe"
)

// The loops of attention on one score tile: a group of queries against a run of keys. Queries, keys and
// values are packed in the order in which the loops read them; keys come in panels of 2·Lanes, the last
// one filled up. A sum is kept as a vector of Lanes parts, which are added when all tiles are done.
//
//	queries  [coordinate][Rows]
//	keys     [panel][coordinate][2·Lanes]
//	values   [panel of 2·Lanes columns][key][2·Lanes], then perhaps [key][Lanes]
//	         or, for few columns, [column][key]
//	scores   [Rows][Stride], of which as many entries count as there are keys in the tile
//	sums     [Rows][Lanes]
//	output   [panel][Rows][2·Lanes], then perhaps [Rows][Lanes]; for few columns [column][Rows][Lanes]

// Float is a type that loops exist for.
type Float interface{ float32 | float64 }

// Stride is the length of a row of the score tile, and MaxKeys how many entries of it may be used; the rest
// keeps rows from sharing cache sets.
const (
	Stride  = 272
	MaxKeys = 256
)

// longCall is the cycles of a call of assembly, some 50 µs, beyond which the work is cut if it can be: 12 cycles for
// each coordinate of a panel of keys, or each key of a panel of columns.
const longCall = 1 << 17

// Attention is the loops for one set of instructions and one type. Each does what its method says.
type Attention[F Float] struct {
	Rows  int // queries of a group
	Lanes int // entries of a vector, a power of two

	// ExpError bounds the relative error of a weight, beside that of subtracting its shift.
	ExpError float64

	constants    []F
	scores       func(dst, q, k *F, d, panels int)
	largest      func(s, most *F, pairs int)
	powers       func(s, sum, constants *F, pairs int)
	exponentials func(s, sum, shift, constants *F, pairs int)
	rate         func(s, sum, constants *F, pairs int)
	weights      [Small]weightsOf[F]
	values       func(out, p, v *F, keys, pairs, single, skip int)
	columns      func(out, p, v *F, keys, pairs, single, next int)
	totals       func(dst, parts *F, pairs int)
}

// Small is the most coordinates that Weights serves.
const Small = 8

// weightsOf is the loop of Weights for one number of coordinates.
type weightsOf[F Float] func(s, sum, q, k, constants *F, pairs int)

// Few reports whether so many columns of values are better kept with keys in lanes.
func (a *Attention[F]) Few(columns int) bool { return columns < a.Lanes }

// Columns is the number of output entries that a group's row takes, for so many columns of values.
func (a *Attention[F]) Columns(columns int) int {
	if a.Few(columns) {
		return columns * a.Lanes
	}
	return (columns + a.Lanes - 1) &^ (a.Lanes - 1)
}

// Keys rounds a number of keys up to whole panels.
func (a *Attention[F]) Keys(keys int) int {
	panel := 2 * a.Lanes
	return (keys + panel - 1) &^ (panel - 1)
}

// Panels is the number of panels of so many keys, which fill them.
func (a *Attention[F]) Panels(keys int) int { return keys >> (a.log() + 1) }

// log is log₂ Lanes: a division takes as long as a dozen pairs.
func (a *Attention[F]) log() int { return bits.TrailingZeros(uint(a.Lanes)) }

// Scores sets the tile's entries to the inner products of Rows queries with the keys of whole panels.
func (a *Attention[F]) Scores(tile, queries, keys []F, d, panels int) {
	a.check("scores", panels*2*a.Lanes, tile)
	need("scores", d > 0 && len(queries) >= d*a.Rows && len(keys) >= panels*d*2*a.Lanes)
	for run := max(1, longCall/(12*d)); panels > 0; panels -= run {
		a.scores(&tile[0], &queries[0], &keys[0], d, min(run, panels))
		if panels > run {
			tile, keys = tile[run*2*a.Lanes:], keys[run*d*2*a.Lanes:]
		}
	}
}

// Largest raises each row's vector of maxima to the entries of the tile, lane by lane.
func (a *Attention[F]) Largest(tile, most []F, keys int) {
	a.check("largest", keys, tile)
	need("largest", len(most) >= a.Rows*a.Lanes)
	a.largest(&tile[0], &most[0], a.Panels(keys))
}

// Powers replaces each entry y of the tile by 2^y, or 0 if it is below the floor, and adds to the sums. No y may
// be above 1000 (float64) or 100 (float32).
func (a *Attention[F]) Powers(tile, sums []F, keys int) {
	a.check("powers", keys, tile)
	need("powers", len(sums) >= a.Rows*a.Lanes)
	a.powers(&tile[0], &sums[0], &a.constants[0], a.Panels(keys))
}

// Weights is Scores and then Powers, for at most Small coordinates, with the same result. No score may be below
// the floor.
func (a *Attention[F]) Weights(tile, sums, queries, keys []F, d, panels int) {
	a.check("weights", panels*2*a.Lanes, tile)
	need("weights", d > 0 && d <= Small && len(queries) >= d*a.Rows && len(keys) >= panels*d*2*a.Lanes &&
		len(sums) >= a.Rows*a.Lanes)
	a.weights[d-1](&tile[0], &sums[0], &queries[0], &keys[0], &a.constants[0], panels)
}

// Exponentials replaces each y of the tile by 2^(y − shift), or 0 if that is below 2^floor, and adds to the sums.
// No y may be above its row's shift.
func (a *Attention[F]) Exponentials(tile, sums, shift []F, keys int) {
	a.check("exponentials", keys, tile)
	need("exponentials", len(sums) >= a.Rows*a.Lanes && len(shift) >= a.Rows)
	a.exponentials(&tile[0], &sums[0], &shift[0], &a.constants[0], a.Panels(keys))
}

// Values adds the tile's weights times values to the output. The values are those of all keys, total in
// number and filled up to panels; the tile begins with key first.
func (a *Attention[F]) Values(out, tile, values []F, first, keys, total, columns int) {
	a.check("values", keys, tile)
	need("values", first >= 0 && first+keys <= total && columns > 0 &&
		len(out) >= a.Rows*a.Columns(columns))
	size := sizeOf[F]()
	if a.Few(columns) {
		need("values", len(values) >= total*columns)
		a.columns(&out[0], &tile[0], &values[first], 2*a.Panels(keys), columns/2, columns%2, total*size)
		return
	}
	need("values", len(values) >= total*a.Columns(columns))
	vectors := a.Columns(columns) >> a.log()
	panel := 2 * a.Lanes
	run := max(1, longCall/(12*keys))
	for done := 0; done < vectors/2; done += run {
		pairs := min(run, vectors/2-done)
		a.values(&out[done*a.Rows*panel], &tile[0], &values[(done*total+first)*panel], keys, pairs, 0,
			(total-keys)*panel*size)
	}
	if vectors%2 == 1 {
		pairs := vectors / 2
		a.values(&out[pairs*a.Rows*panel], &tile[0], &values[pairs*total*panel+first*a.Lanes], keys, 0, 1, 0)
	}
}

// Totals sets dst, whose length is even, to the sums of the lanes of as many vectors.
func (a *Attention[F]) Totals(dst, parts []F) {
	need("totals", len(dst) > 0 && len(dst)%2 == 0 && len(parts) >= len(dst)*a.Lanes)
	for run := longCall / 4; len(dst) > 0; {
		n := min(run, len(dst))
		a.totals(&dst[0], &parts[0], n/2)
		dst, parts = dst[n:], parts[n*a.Lanes:]
	}
}

func (a *Attention[F]) check(loop string, keys int, tile []F) {
	need(loop, keys > 0 && keys <= MaxKeys && keys&(2*a.Lanes-1) == 0 && len(tile) >= a.Rows*Stride)
}

func need(loop string, ok bool) {
	if !ok {
		panic("simd: " + loop + ": lengths do not fit")
	}
}

// Aligned returns n zeros that begin on a cache line, so that no vector lies across two.
func Aligned[F Float](n int) []F {
	const line = 64
	size := sizeOf[F]()
	data := make([]F, n+line/size-1)
	offset := 0
	if n > 0 {
		offset = (line - int(uintptr(unsafe.Pointer(&data[0]))%line)) % line / size
	}
	return data[offset : offset+n : offset+n]
}
