package claims

import (
	"math"
	"time"

	"finegrain/measure"
)

// Grids that several claims measure on.

// sizes are the powers of two from 2^low to 2^high.
func sizes(low, high int) []measure.Value {
	var all []measure.Value
	for k := low; k <= high; k++ {
		all = append(all, int64(1)<<k)
	}
	return all
}

// halfOctaves are the sizes 2^(k/2), rounded, from 2^low to 2^high.
func halfOctaves(low, high float64) []measure.Value {
	var all []measure.Value
	for k := low; k <= high; k += 0.5 {
		all = append(all, int64(math.Round(math.Exp2(k))))
	}
	return all
}

// evens are the even numbers from low to high.
func evens(low, high int64) []measure.Value {
	var all []measure.Value
	for n := low; n <= high; n += 2 {
		all = append(all, n)
	}
	return all
}

// growing is an experiment about how operations and seconds of a subject grow with n at several d, on one core: from
// sizes at which what is linear in n is small beside the rest, in half octaves, so that fits have sizes enough.
func growing(id, doc, subject string, d []measure.Value, more ...measure.Axis) measure.Experiment {
	return measure.Experiment{
		ID: id, Doc: doc, Subject: subject,
		Axes: append(more,
			measure.Axis{Name: "cores", Values: measure.Values(1)},
			measure.Axis{Name: "d", Values: d},
			measure.Axis{Name: "n", Values: halfOctaves(11, 15), Full: halfOctaves(15.5, 17)},
		),
		Trials: 3, Seed: 1,
		Limits: measure.Limits{Time: time.Minute, Memory: 4 << 30},
	}
}
