package fit

import (
	"fmt"
	"math"
)

// A challenge by extrapolation: a model fitted to the smaller sizes says what the larger ones should give. A fit
// is easily good where it was fitted; it can fail here. The interval is Student's for a new observation of a
// regression, s·√(1 + h), widened for several held-out sizes by Bonferroni's inequality so that together they
// lie inside with at least the level. It supposes one variance for all sizes: where larger sizes are measured
// more exactly than smaller ones, it is too wide, never too narrow.

// Prediction is one held-out size.
type Prediction struct {
	X, Measured, Predicted float64
	Low, High              float64 // jointly with the other sizes held out
	Miss                   float64 // Measured/Predicted
}

// Challenge is a model's prediction of the sizes held out.
type Challenge struct {
	Fitted      Fitted // to the smaller sizes
	Level       float64
	Predictions []Prediction // ascending by size
}

// Within reports whether every held-out size lies in its interval.
func (c Challenge) Within() bool { return !c.Above() && !c.Below() }

// Above reports whether a held-out size lies above its interval, as under a model that grows too slowly.
func (c Challenge) Above() bool {
	for _, p := range c.Predictions {
		if p.Measured > p.High {
			return true
		}
	}
	return false
}

// Below reports whether a held-out size lies below its interval.
func (c Challenge) Below() bool {
	for _, p := range c.Predictions {
		if p.Measured < p.Low {
			return true
		}
	}
	return false
}

// String is as in "n^2 fitted up to 2048 predicts 32768 with a miss of ×1.02, within the 95 % intervals of the 3
// sizes held out".
func (c Challenge) String() string {
	last := c.Predictions[len(c.Predictions)-1]
	where := "outside"
	if c.Within() {
		where = "within"
	}
	return fmt.Sprintf("%s fitted up to %s predicts %s with a miss of ×%.3g, "+
		"%s the %g %% intervals of the %d sizes held out",
		c.Fitted.Name, size(c.Fitted.To), size(last.X), last.Miss, where, 100*c.Level, len(c.Predictions))
}

// Extrapolate fits the model to all but the hold largest sizes and predicts those. At least three sizes must be
// left, and a model needs one more than its parameters C and c. Values beyond the floating-point numbers are
// predicted as infinite.
func Extrapolate(points []Point, m Model, hold int, level float64) (Challenge, error) {
	if err := checkLevel(level); err != nil {
		return Challenge{}, err
	}
	if hold < 1 {
		return Challenge{}, fmt.Errorf("%d sizes held out: an extrapolation needs one at least", hold)
	}
	c, err := logarithms(points, 3)
	if err != nil {
		return Challenge{}, err
	}
	n := len(c.u) - hold
	if n < 3 {
		return Challenge{}, fmt.Errorf("%d sizes without the %d held out; a fit needs 3", max(n, 0), hold)
	}
	f, err := m.fit(c.first(n))
	if err != nil {
		return Challenge{}, err
	}
	out := Challenge{Fitted: f, Level: level}
	t := student(1-(1-level)/float64(hold), f.degrees())
	for i := n; i < len(c.u); i++ {
		spread := 1 + 1/float64(n)
		if f.free != fixed {
			d := f.regressor(c.x[i], c.u[i]) - f.line.mean
			spread += d * d / f.line.suu
		}
		// Rounding is no miss, and grows with the distance.
		half := t*f.ResidualSD*math.Sqrt(spread) + negligible*(1+math.Sqrt(spread))
		v := f.LogAt(c.x[i])
		out.Predictions = append(out.Predictions, Prediction{
			X: c.x[i], Measured: c.y[i], Predicted: math.Exp(v),
			Low: math.Exp(v - half), High: math.Exp(v + half), Miss: math.Exp(c.v[i] - v),
		})
	}
	return out, nil
}
