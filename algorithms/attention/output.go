package attention

import (
	"errors"
	"fmt"
	"math"
	"math/big"

	"finegrain/internal/doubledouble"

	"gonum.org/v1/gonum/mat"
)

// Output is the result of attention: n×dv numbers, either in float64 or at arbitrary precision, and what
// is promised of them. The promise is proved from the rounding of every operation, but that Exact takes
// math.Exp to err by at most 4u: no proof comes with it, and a test holds it to 3u.
type Output struct {
	Float *mat.Dense     // set, or
	Big   [][]*big.Float // set, by rows; never both
	Bound float64        // a-posteriori bound on max|out − exact|

	// Chosen are numbers that the method chose by the instance, by name, such as a degree; nil: none.
	Chosen map[string]float64

	// Words are such choices that are no numbers: "tree": "kd-tree". No name is in both.
	Words map[string]string
}

// Choices is Chosen and Words together; nil: there are none.
func (o Output) Choices() map[string]any {
	var all map[string]any
	note := func(name string, choice any) {
		if all == nil {
			all = map[string]any{}
		}
		all[name] = choice
	}
	for name, number := range o.Chosen {
		note(name, number)
	}
	for name, word := range o.Words {
		note(name, word)
	}
	return all
}

// Dims returns the numbers of rows and columns.
func (o Output) Dims() (rows, cols int) {
	if o.Float != nil {
		return o.Float.Dims()
	}
	if len(o.Big) == 0 {
		return 0, 0
	}
	return len(o.Big), len(o.Big[0])
}

// WellFormed returns nil if the output has the given shape and holds finite numbers, once: what everything
// that reads an output may rely on, and a broken oracle may not keep to.
func (o Output) WellFormed(rows, cols int) error {
	if (o.Float == nil) == (o.Big == nil) {
		return errors.New("attention: exactly one of Float and Big must be set in an output")
	}
	if o.Float != nil {
		if n, dv := o.Dims(); n != rows || dv != cols {
			return fmt.Errorf("attention: the output is %d×%d and must be %d×%d", n, dv, rows, cols)
		}
		return finite("the output", o.Float, rows)
	}
	if len(o.Big) != rows {
		return fmt.Errorf("attention: the output has %d rows and must have %d", len(o.Big), rows)
	}
	for i, row := range o.Big {
		if len(row) != cols {
			return fmt.Errorf("attention: row %d of the output has %d columns and must have %d", i, len(row), cols)
		}
		for j, x := range row {
			if x == nil || x.IsInf() {
				return fmt.Errorf("attention: the output is %v at row %d, column %d (counted from 0)", x, i, j)
			}
		}
	}
	return nil
}

// At returns the number in row i and column j, exactly as it is held. It is the caller's to modify.
func (o Output) At(i, j int) *big.Float {
	if o.Float != nil {
		return new(big.Float).SetFloat64(o.Float.At(i, j))
	}
	return new(big.Float).Set(o.Big[i][j])
}

// Dense returns the numbers rounded to float64, which may add half a unit in the last place to Bound.
func (o Output) Dense() *mat.Dense {
	rows, cols := o.Dims()
	out := mat.NewDense(rows, cols, nil)
	for i := range rows {
		for j := range cols {
			if o.Float != nil {
				out.Set(i, j, o.Float.At(i, j))
			} else {
				x, _ := o.Big[i][j].Float64()
				out.Set(i, j, x)
			}
		}
	}
	return out
}

// Distance returns max|a − b| over all entries, rounded up, and the row where it is reached. It panics if
// the shapes differ.
func Distance(a, b Output) (distance float64, row int) {
	rows, cols := a.Dims()
	if r, c := b.Dims(); r != rows || c != cols {
		panic("attention: Distance of outputs of different shapes")
	}
	most := new(big.Float)
	for i := range rows {
		for j := range cols {
			x, y := a.At(i, j), b.At(i, j)
			diff := new(big.Float).SetPrec(64).SetMode(big.AwayFromZero).Sub(x, y)
			if diff.Abs(diff).Cmp(most) > 0 {
				most, row = diff, i
			}
		}
	}
	return roundUp(most), row
}

// roundUp is the least float64 that is at least x.
func roundUp(x *big.Float) float64 {
	f, accuracy := x.Float64()
	if accuracy == big.Below {
		f = math.Nextafter(f, math.Inf(1))
	}
	return f
}

// sumUp is a + b, rounded up.
func sumUp(a, b float64) float64 {
	sum, lost := doubledouble.TwoSum(a, b)
	if lost > 0 {
		sum = math.Nextafter(sum, math.Inf(1))
	}
	return sum
}

// rows returns the given rows of the output, or all of them for nil, sharing what they hold.
func (o Output) rows(rows []int) Output {
	if rows == nil {
		return o
	}
	picked := Output{Bound: o.Bound}
	if o.Float == nil {
		for _, i := range rows {
			picked.Big = append(picked.Big, o.Big[i])
		}
		return picked
	}
	_, cols := o.Float.Dims()
	picked.Float = mat.NewDense(len(rows), cols, nil)
	for x, i := range rows {
		picked.Float.SetRow(x, o.Float.RawRowView(i))
	}
	return picked
}
