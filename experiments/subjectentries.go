package experiments

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"finegrain"
	"finegrain/measure"
)

// EntriesSubject computes what the routes' formulas say of entries and tolerances at n, which may be far beyond what
// can be run: nothing is measured but the time of the computation. Values: b, the largest entry; scale; tolerance, the
// error that the read-off tolerates. Count: dimension.
var EntriesSubject = declareSubject(measure.Subject{
	Name:    "entries",
	Doc:     "entries and tolerance of a route at n, computed from its formulas, for d = ⌈c·ln n⌉",
	Untimed: true,
	Parameters: []measure.Parameter{
		oneOf("route", "route; threshold has scale 1, and normalised 1/d", "interpolation",
			[]string{"interpolation", "threshold", "threshold normalised"}),
		{
			Name: "error", Doc: `error that the oracle of the interpolation route is allowed, as in "n^-6" or "1e-12"`, Default: "n^-6",
			Check: func(v measure.Value) error {
				_, err := errorSetting(v.(string))
				return err
			},
		},
		{
			Name: "n", Doc: "vectors a side, a power of two from 2 to 2^62", Type: int64(0),
			Check: func(v measure.Value) error {
				if n := v.(int64); n < 2 || n&(n-1) != 0 {
					return fmt.Errorf("%d is no power of two from 2 to 2^62", n)
				}
				return nil
			},
		},
		preset(numberFrom("c", "dimension over ln n", 0.1, 100), 4.0),
	},
	Yields: []measure.Yield{
		{Name: "dimension", Doc: "of the vectors"},
		{Name: "b", Doc: "largest entry of Q and K"},
		{Name: "scale", Doc: "of the scores"},
		{Name: "tolerance", Doc: "error that the read-off tolerates"},
	},
	Work:  func(c measure.Cell) float64 { return math.Log(float64(c.Int("n"))) },
	Bytes: func(measure.Cell) float64 { return 1 << 20 },
	Prepare: func(_ finegrain.Env, c measure.Cell) (measure.Trial, error) {
		s, err := errorSetting(c.Word("error"))
		if err != nil {
			return measure.Trial{}, err
		}
		s.Dim = c.Float("c")
		hash := newDigest()
		hash.Write([]byte(c.String()))
		k := bits.Len64(uint64(c.Int("n"))) - 1
		return measure.Trial{Data: hash.text(), Run: func(finegrain.Env) (measure.Outcome, error) {
			route := c.Word("route")
			curve := ThresholdEntries(s, route == "threshold normalised", k, k)
			if route == "interpolation" {
				var err error
				if curve, err = InterpolationEntries(s, k, k); err != nil {
					return measure.Outcome{}, &measure.Refused{Reason: err}
				}
			}
			p := curve.Points[0]
			return measure.Outcome{
				Counts: finegrain.Cost{"dimension": int64(p.D)},
				Values: map[string]float64{"b": p.B, "scale": p.Scale, "tolerance": p.Tolerance},
			}, nil
		}}, nil
	},
})

// errorSetting reads an error as a function of n: n^-C with C in (0, 100], or a number in (0, 1).
func errorSetting(text string) (Setting, error) {
	exponent, power := strings.CutPrefix(text, "n^-")
	x, err := strconv.ParseFloat(strings.TrimPrefix(exponent, "+"), 64)
	switch {
	case err == nil && power && x > 0 && x <= 100:
		return Setting{C: x}, nil
	case err == nil && !power && x > 0 && x < 1:
		return Setting{FixedError: x}, nil
	}
	return Setting{}, fmt.Errorf(`%.60q is no error; write it as "n^-6" or "1e-12"`, text)
}
