package pass

import (
	"math"

	"finegrain"
	"finegrain/internal/roundoff"

	"gonum.org/v1/gonum/mat"
)

// Extent is the least and the largest entry of each column of some rows.
type Extent struct{ Least, Most []float64 }

// NewExtent is the extent of no rows.
func NewExtent(cols int) *Extent {
	x := &Extent{make([]float64, cols), make([]float64, cols)}
	for c := range cols {
		x.Least[c], x.Most[c] = math.Inf(1), math.Inf(-1)
	}
	return x
}

// Columns is the extent of all rows of v. The error is that of env.
func Columns(env finegrain.Env, v *mat.Dense) (*Extent, error) {
	rows, cols := v.Dims()
	parts := Scratch[Extent]{Fresh: func() *Extent { return NewExtent(cols) }}
	err := Rows(env, rows, cols, func(from, to int) {
		parts.Use(func(x *Extent) { x.Include(v, from, to) })
	})
	return Joined(cols, parts.All()), err
}

// Joined is the extent of what several have.
func Joined(cols int, parts []*Extent) *Extent {
	all := NewExtent(cols)
	for _, x := range parts {
		for c := range cols {
			all.Least[c], all.Most[c] = min(all.Least[c], x.Least[c]), max(all.Most[c], x.Most[c])
		}
	}
	return all
}

// Include takes the rows from … to−1 in.
func (x *Extent) Include(v *mat.Dense, from, to int) {
	least, most := x.Least, x.Most[:len(x.Least)]
	for j := from; j < to; j++ {
		row := v.RawRowView(j)[:len(least)]
		for c, y := range row {
			if y < least[c] {
				least[c] = y
			}
			if y > most[c] {
				most[c] = y
			}
		}
	}
}

// Spread is the largest difference between two entries of one column, rounded up.
func (x *Extent) Spread() float64 {
	var spread float64
	for c := range x.Least {
		spread = max(spread, x.Most[c]-x.Least[c])
	}
	return spread * (1 + 2*roundoff.Unit)
}
