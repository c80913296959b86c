package claims

import (
	"slices"
	"testing"

	"finegrain"
	"finegrain/figure"
	"finegrain/measure"
)

// TestOnlyStoppedIsDrawnAsCensored: what was stopped took longer than the seconds after which it was; of counts and
// values, of refusals and of what did not fit in memory nothing is known, so that no point says anything of them.
func TestOnlyStoppedIsDrawnAsCensored(t *testing.T) {
	type trial struct {
		status  measure.Status
		seconds float64
		repeats int
	}
	done := trial{measure.Done, 2, 1}
	stopped, observed := trial{measure.OutOfTime, 60, 0}, trial{measure.OutOfTime, 3, 1}
	refused, unprepared := trial{status: measure.Refusal}, trial{status: measure.OutOfTime}
	tooLarge, ranOut := trial{status: measure.OutOfRoom}, trial{measure.Refusal, 0.5, 0}
	for what, c := range map[string]struct {
		trials []trial // at n = 16; at n = 8 one was done, and took 5 s and 500 operations
		least  float64 // that the seconds are above; 0: nothing is known
	}{
		"stopped":                               {[]trial{stopped}, 60},
		"most were stopped":                     {[]trial{stopped, done, stopped}, 60},
		"half were stopped":                     {[]trial{stopped, done}, 31},
		"refused":                               {[]trial{refused}, 0},
		"refused after some seconds":            {[]trial{ranOut}, 0},
		"one was refused, one stopped":          {[]trial{refused, stopped}, 0},
		"too large for the memory":              {[]trial{tooLarge}, 0},
		"not prepared in time":                  {[]trial{unprepared}, 0},
		"ended, and was not observed in time":   {[]trial{observed}, 0},
		"most refused, and one that was larger": {[]trial{refused, {measure.Done, 9, 1}, refused}, 0},
	} {
		row := func(n int64, x trial) measure.Measurement {
			m := measure.Measurement{
				Experiment: "e", Cell: measure.Cell{{Name: "n", Value: n}}, Status: x.status, Seconds: x.seconds, Repeats: x.repeats,
				Reason: string(x.status),
			}
			if x.status == measure.Done {
				m.Counts, m.Values = finegrain.Cost{"ops": 500}, map[string]float64{"bound": 0.5}
			}
			return m
		}
		rows := Table{row(8, trial{measure.Done, 5, 1})}
		censored := 0
		for _, x := range c.trials {
			if rows = append(rows, row(16, x)); x.status != measure.Done {
				censored++
			}
		}
		for quantity, y := range map[string]Quantity{"seconds": Seconds, "a count": Count("ops"), "a value": ValueOf("bound")} {
			points, missing := rows.Points("n", y), rows.NotDrawn("n", y)
			want := []figure.Point{{X: 8, Y: points[0].Y}}
			if quantity == "seconds" && c.least > 0 {
				want = append(want, figure.Point{X: 16, Y: c.least, Censored: "time"})
			}
			if !slices.Equal(points, want) {
				t.Errorf("%s, %s: points %+v, want %+v", what, quantity, points, want)
			}
			if drawn := len(want) == 2; drawn != (missing == nil) || !drawn && len(missing) != censored {
				t.Errorf("%s, %s: %d of %d censored measurements are not drawn", what, quantity, len(missing), censored)
			}
		}
	}
}
