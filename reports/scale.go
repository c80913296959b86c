package reports

import (
	"math"
	"strconv"
	"strings"

	fig "finegrain/figure"
)

// A scale is how an axis is drawn, the same in every writer: its range and its ticks as positions, which are the
// values themselves or their logarithms in the axis's base. Ticks of a logarithmic scale are powers of the base,
// every one or every second, third, …; those of a linear one are multiples of 1, 2 or 5 times a power of ten.

type scale struct {
	axis      fig.Axis
	low, high float64
	ticks     []scaleTick
	minor     []float64 // positions of ticks without labels
}

type scaleTick struct {
	at    float64 // position
	label string
}

// fewTicks and manyTicks are the most ticks on narrow and on wide drawings.
const (
	fewTicks  = 6
	manyTicks = 9
)

// margin is what is left free beyond the data at both ends, as a part of their range.
const margin = 0.04

// scalesOf are the scales of a valid figure, with at most so many ticks.
func scalesOf(f fig.Figure, most int) (x, y scale) {
	xs, ys := empty(), empty()
	for _, s := range f.Series {
		for _, p := range s.Points {
			xs.add(f.X.At(p.X))
			ys.add(f.Y.At(p.Y))
			if p.Interval() {
				ys.add(f.Y.At(p.Low))
				ys.add(f.Y.At(p.High))
			}
		}
	}
	if g := f.Grid; g != nil {
		xs.low, xs.high = fig.Cells(f.X, g.X)
		ys.low, ys.high = fig.Cells(f.Y, g.Y)
		return newScale(f.X, xs, most, true), newScale(f.Y, ys, most, true)
	}
	return newScale(f.X, xs, most, false), newScale(f.Y, ys, most, false)
}

// span is a range of positions.
type span struct{ low, high float64 }

func empty() span { return span{math.Inf(1), math.Inf(-1)} }

func (s *span) add(p float64) { s.low, s.high = min(s.low, p), max(s.high, p) }

// newScale makes the scale over the positions: exactly, or with a margin.
func newScale(a fig.Axis, over span, most int, exact bool) scale {
	s := scale{axis: a, low: over.low, high: over.high}
	switch {
	case a.Categories != nil:
		s.low, s.high = -0.5, float64(len(a.Categories))-0.5
		for i, name := range a.Categories {
			s.ticks = append(s.ticks, scaleTick{float64(i), name})
		}
		return s
	case exact:
	case a.Low != 0 || a.High != 0:
		s.low, s.high = a.At(a.Low), a.At(a.High)
	default:
		s.widen()
	}
	if a.Base == 0 {
		s.linearTicks(most)
	} else {
		s.powerTicks(most)
	}
	return s
}

// widen leaves a margin around the data, begins at 0 what comes near it, and makes room for two ticks.
func (s *scale) widen() {
	size := max(math.Abs(s.low), math.Abs(s.high))
	free := margin * (s.high - s.low)
	if s.axis.Base == 0 {
		if s.high-s.low < 1e-6*size || size == 0 { // as good as one value
			free = max(0.1*size, 1e-6*size)
			if size == 0 {
				free = 1
			}
		}
		zero := s.low >= 0 && s.low <= 0.4*s.high
		s.low, s.high = s.low-free, s.high+free
		if zero {
			s.low = min(0, s.low)
		}
		return
	}
	s.low, s.high = s.low-free, s.high+free
	for math.Floor(s.high)-math.Ceil(s.low) < 1 { // fewer than two powers
		if s.low-math.Floor(s.low) < math.Ceil(s.high)-s.high && s.low != math.Floor(s.low) || s.high == math.Ceil(s.high) {
			s.low = math.Floor(s.low) - margin
		} else {
			s.high = math.Ceil(s.high) + margin
		}
	}
}

func (s *scale) powerTicks(most int) {
	first, last := math.Ceil(s.low), math.Floor(s.high)
	step := 1.0
	for (last-first)/step+1 > float64(most) {
		step++
	}
	for e := math.Ceil(first/step) * step; e <= last; e += step {
		s.ticks = append(s.ticks, scaleTick{e, power(int(s.axis.Base), int(e))})
	}
	if step > 1 && last-first <= 60 {
		for e := first; e <= last; e++ {
			s.minor = append(s.minor, e)
		}
	}
	if step == 1 && s.axis.Base == 10 {
		for e := first - 1; e <= last; e++ {
			for k := 2.0; k <= 9; k++ {
				if at := e + math.Log10(k); at >= s.low && at <= s.high {
					s.minor = append(s.minor, at)
				}
			}
		}
	}
}

func (s *scale) linearTicks(most int) {
	step := niceStep((s.high - s.low) / float64(most))
	places := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	for k := math.Ceil(s.low/step - 1e-9); k*step <= s.high+1e-9*step; k++ {
		s.ticks = append(s.ticks, scaleTick{k * step, linearLabel(k, step, places)})
	}
}

// niceStep is the least of 1, 2, 5 times a power of ten that is at least x.
func niceStep(x float64) float64 {
	e := math.Floor(math.Log10(x))
	for {
		for _, m := range []float64{1, 2, 5} {
			if step := m * math.Pow(10, e); step >= x*(1-1e-9) {
				return step
			}
		}
		e++
	}
}

// linearLabel is k·step with the places that tell the ticks apart, or as a power of ten beyond five digits.
func linearLabel(k, step float64, places int) string {
	x := k * step
	if x == 0 && places > 4 {
		return "0"
	}
	if size := math.Abs(x); x == 0 || size < 1e5 && places <= 4 {
		return strings.Replace(strconv.FormatFloat(x+0, 'f', places, 64), "-", "−", 1)
	}
	e := int(math.Floor(math.Log10(math.Abs(x)) + 1e-9))
	digits := max(0, e-int(math.Floor(math.Log10(step)+1e-9)))
	mantissa := strconv.FormatFloat(x/math.Pow(10, float64(e)), 'f', digits, 64)
	return strings.Replace(mantissa, "-", "−", 1) + "·" + power(10, e)
}

// axisTitle is the label with its unit, as in "time (s)", and what the scale is where ticks do not tell.
func axisTitle(label, unit string) string {
	if unit == "" {
		return label
	}
	return label + " (" + unit + ")"
}

// fraction is where a position lies between the ends of the scale.
func (s scale) fraction(at float64) float64 { return (at - s.low) / (s.high - s.low) }
