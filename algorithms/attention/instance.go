package attention

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Instance is an instance of the attention problem: queries, keys, values, and how they are combined.
// The matrices may be views into larger ones (stride above the number of columns); no algorithm of the
// workbench modifies them.
type Instance struct {
	Q, K, V *mat.Dense // n×d queries, m×d keys, m×dv values
	Scale   float64    // s; 1/d in Alman and Song, 1 in Gupta et al., 1/τ for a temperature τ
	Causal  bool       // query i sees only the keys j ≤ i, hence all of them from i = m−1 on
	Ranges  []Range    // of the keys that each of the n queries sees; nil: those that Causal says
	Epsilon float64    // additive error asked of max|out − exact|; 0: as good as it gets, and say how good
}

// Range is the keys From … To−1. The ranges of an instance need not be sorted, nor have one length.
type Range struct{ From, To int }

// Len is the number of keys.
func (r Range) Len() int { return r.To - r.From }

// Validate returns nil if the instance is one: shapes that fit, at least one query, key, coordinate and
// value column, finite numbers, ε ≥ 0, and one mask at most; ranges, if there are any, one for each query, with
// at least one key and none beyond the last. Otherwise it says which matrix, row and column is at fault.
func (in Instance) Validate() error {
	if err := in.shapes(); err != nil {
		return err
	}
	n, _ := in.Q.Dims()
	m, _ := in.K.Dims()
	if err := finite("Q", in.Q, n); err != nil {
		return err
	}
	if err := finite("K", in.K, m); err != nil {
		return err
	}
	return finite("V", in.V, m)
}

// shapes is Validate but for the entries.
func (in Instance) shapes() error {
	for _, x := range []struct {
		name string
		m    *mat.Dense
	}{{"Q", in.Q}, {"K", in.K}, {"V", in.V}} {
		if x.m == nil || x.m.IsEmpty() {
			return fmt.Errorf("attention: %s is empty; at least one row and one column are needed", x.name)
		}
	}
	_, d := in.Q.Dims()
	m, dk := in.K.Dims()
	mv, _ := in.V.Dims()
	switch {
	case d != dk:
		return fmt.Errorf("attention: Q has %d columns and K has %d; they must agree", d, dk)
	case m != mv:
		return fmt.Errorf("attention: K has %d rows and V has %d; each key needs one row of values", m, mv)
	case math.IsNaN(in.Scale) || math.IsInf(in.Scale, 0):
		return fmt.Errorf("attention: the scale is %v; it must be a finite number", in.Scale)
	case !(in.Epsilon >= 0) || math.IsInf(in.Epsilon, 0):
		return fmt.Errorf("attention: the error asked is %v; it must be a finite number, at least 0", in.Epsilon)
	}
	n, _ := in.Q.Dims()
	return in.rangesFit(n, m)
}

// rangesFit is the part of shapes about ranges.
func (in Instance) rangesFit(n, m int) error {
	switch {
	case in.Ranges == nil:
		return nil
	case in.Causal:
		return errors.New("attention: the instance is causal and has ranges; a causal mask is the ranges 0 … i, so " +
			"leave one out")
	case len(in.Ranges) != n:
		return fmt.Errorf("attention: there are %d ranges and %d queries; each query needs one", len(in.Ranges), n)
	}
	for i, r := range in.Ranges {
		switch {
		case r.From < 0 || r.To > m:
			return fmt.Errorf("attention: query %d is to see the keys from %d to before %d, and there are %d "+
				"(counted from 0)", i, r.From, r.To, m)
		case r.From >= r.To:
			return fmt.Errorf("attention: query %d is to see the keys from %d to before %d, which are none; "+
				"it needs at least one", i, r.From, r.To)
		}
	}
	return nil
}

// finite returns an error that names the first entry that is NaN or infinite.
func finite(name string, x *mat.Dense, rows int) error {
	for i := range rows {
		if largestOf(x.RawRowView(i)) < infinite {
			continue
		}
		for j, v := range x.RawRowView(i) {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("attention: %s is %v at row %d, column %d (counted from 0); "+
					"entries must be finite", name, v, i, j)
			}
		}
	}
	return nil
}

// Visible is the keys that query i sees.
func (in Instance) Visible(i int) Range {
	if in.Ranges != nil {
		return in.Ranges[i]
	}
	m, _ := in.K.Dims()
	return Range{0, visible(i, m, in.Causal)}
}

func visible(i, keys int, causal bool) int {
	if causal {
		return min(i+1, keys)
	}
	return keys
}
