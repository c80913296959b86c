package fit

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Which law of growth: all models are fitted to the logarithm of y, with residuals on that one scale, so that
// they can be compared, and compared independently of the unit. The comparison is Akaike's criterion corrected
// for few points (Hurvich and Tsai 1989), read as Burnham and Anderson (2002) advise: models within 2 of the
// best are not told apart. It supposes independent residuals of one normal distribution. Residuals of exact
// counts are lower-order terms and not that; the criterion then only says which curve lies closest for its
// parameters.

// Model is a law of growth up to a constant factor.
type Model struct {
	Name           string // as in "n^2", "n log n", "n^c", "2^(cn)"
	exponent, logs float64
	free           freedom
}

type freedom int

const (
	fixed       freedom = iota // C·n^exponent·(ln n)^logs
	power                      // times n^c
	exponential                // times 2^(cn)
)

// PowerLog is C·n^exponent·(log n)^logs with both given, as in 2 − 1/d. With logs not 0, sizes must be above 1.
func PowerLog(exponent, logs float64) Model {
	finite(exponent)
	finite(logs)
	return Model{Name: powerName(fmt.Sprintf("%.5g", exponent), logs), exponent: exponent, logs: logs}
}

// FreePower is C·n^c·(log n)^logs with c to be fitted.
func FreePower(logs float64) Model {
	finite(logs)
	return Model{Name: powerName("c", logs), logs: logs, free: power}
}

// Exponential is C·2^(cn) with c to be fitted.
func Exponential() Model { return Model{Name: "2^(cn)", free: exponential} }

// Standard is n, n log n, n^2, n^c and 2^(cn).
func Standard() []Model {
	return []Model{PowerLog(1, 0), PowerLog(1, 1), PowerLog(2, 0), FreePower(0), Exponential()}
}

func finite(v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		panic(fmt.Sprintf("fit: a model with exponent %g", v))
	}
}

func powerName(exponent string, logs float64) string {
	var parts []string
	switch exponent {
	case "0":
	case "1":
		parts = append(parts, "n")
	default:
		parts = append(parts, "n^"+exponent)
	}
	switch logs {
	case 0:
	case 1:
		parts = append(parts, "log n")
	default:
		parts = append(parts, fmt.Sprintf("(log n)^%.5g", logs))
	}
	if parts == nil {
		return "1"
	}
	return strings.Join(parts, " ")
}

// known is the logarithm of the model's factor without parameters at ln x = u.
func (m Model) known(u float64) float64 {
	v := m.exponent * u
	if m.logs != 0 {
		v += m.logs * math.Log(u)
	}
	return v
}

// regressor is what the parameter c multiplies, at size x with u = ln x.
func (m Model) regressor(x, u float64) float64 {
	if m.free == exponential {
		return x * math.Ln2
	}
	return u
}

// Fitted is a model with its parameters.
type Fitted struct {
	Model
	From, To   float64 // the sizes fitted
	Intercept  float64 // ln C
	C          float64 // the free parameter c; 0 for a model without
	Parameters int     // estimated: C, c and the variance
	ResidualSD float64 // of ln y
	line       line    // of a fixed model, without slope

	// Set by Choose.
	AICc   float64 // comparable among models of the same points only
	Delta  float64 // AICc above the best model's
	Weight float64 // Akaike weight among the models compared
}

// LogAt is the natural logarithm of the fitted value at size x.
func (f Fitted) LogAt(x float64) float64 {
	u := math.Log(x)
	v := f.Intercept + f.known(u)
	if f.free != fixed {
		v += f.C * f.regressor(x, u)
	}
	return v
}

// Exponent is the local exponent d ln y / d ln x at size x.
func (f Fitted) Exponent(x float64) float64 {
	e := f.exponent
	if f.logs != 0 {
		e += f.logs / math.Log(x)
	}
	switch f.free {
	case power:
		e += f.C
	case exponential:
		e += f.C * math.Ln2 * x
	}
	return e
}

func (m Model) fit(c curve) (Fitted, error) {
	if m.Name == "" {
		panic("fit: a Model is made by PowerLog, FreePower or Exponential")
	}
	if m.logs != 0 && c.from() <= 1 {
		return Fitted{}, fmt.Errorf("size %g has no positive logarithm, and the model is %s: leave it out",
			c.from(), m.Name)
	}
	f := Fitted{Model: m, From: c.from(), To: c.to(), Parameters: 2}
	n := len(c.u)
	v, z := make([]float64, n), make([]float64, n)
	for i, u := range c.u {
		v[i] = c.v[i] - m.known(u)
		z[i] = m.regressor(c.x[i], u)
	}
	f.line = leastSquares(z, v)
	if m.free == fixed {
		mean := f.line.a + f.line.b*f.line.mean
		f.line.a, f.line.b = mean, 0
		for i := range v {
			f.line.residual[i] = v[i] - mean
		}
		f.line.rss = sumOfSquares(f.line.residual)
	} else {
		f.Parameters = 3
	}
	f.Intercept, f.C = f.line.a, f.line.b
	f.ResidualSD = math.Sqrt(f.line.rss / f.degrees())
	return f, nil
}

func (f Fitted) degrees() float64 { return float64(len(f.line.u) - f.Parameters + 1) }

// aicc needs more than Parameters + 1 points. Two models that are both exact are told apart by their parameters,
// not by their rounding.
func (f Fitted) aicc() float64 {
	n, k := float64(len(f.line.u)), float64(f.Parameters)
	return n*math.Log(max(f.line.rss/n, negligible*negligible)) + 2*k + 2*k*(k+1)/(n-k-1)
}

// Choice is models compared, the best first.
type Choice []Fitted

// Choose fits the models, Standard if none is named, to the points and orders them by AICc. A model given twice
// is fitted once. It needs five sizes.
func Choose(points []Point, models ...Model) (Choice, error) {
	c, err := logarithms(points, 5)
	if err != nil {
		return nil, err
	}
	if len(models) == 0 {
		models = Standard()
	}
	var choice Choice
	seen := map[Model]bool{}
	for _, m := range models {
		if seen[m] {
			continue
		}
		seen[m] = true
		f, err := m.fit(c)
		if err != nil {
			return nil, err
		}
		f.AICc = f.aicc()
		choice = append(choice, f)
	}
	slices.SortStableFunc(choice, func(a, b Fitted) int { return cmp.Compare(a.AICc, b.AICc) })
	total := 0.0
	for i := range choice {
		choice[i].Delta = choice[i].AICc - choice[0].AICc
		choice[i].Weight = math.Exp(-choice[i].Delta / 2)
		total += choice[i].Weight
	}
	for i := range choice {
		choice[i].Weight /= total
	}
	return choice, nil
}

// Plausible are the models within 2 of the best: where there is more than one, the points do not decide between
// them.
func (c Choice) Plausible() []Fitted {
	n := 0
	for n < len(c) && c[n].Delta <= 2 {
		n++
	}
	return c[:n]
}

// String names the plausible models with their weights.
func (c Choice) String() string {
	var parts []string
	for _, f := range c.Plausible() {
		name := f.Name
		if f.free != fixed {
			name += fmt.Sprintf(" with c = %.4g", f.C)
		}
		parts = append(parts, fmt.Sprintf("%s (weight %.2f)", name, f.Weight))
	}
	return strings.Join(parts, " or ")
}
