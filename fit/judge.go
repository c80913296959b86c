package fit

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"finegrain"
)

// A claim about growth against everything that a series of sizes says: the slope, a break in it, the choice of
// model, and a challenge by extrapolation. The slope at the large end decides, since a claim about growth is one
// about large n; the rest can only withhold a verdict:
//
//   - If the slope has a break, the slope above it is judged. If it rises there, and as much again would break
//     the claim, the claim is not supported yet; if it falls, and as much again would meet the claim, not yet
//     refuted.
//   - If a model as good as the best breaks the claim at the largest size, it is not supported.
//   - If the most that the claim permits, fitted to the smaller sizes, predicts less than the larger ones give,
//     it is not supported.
//
// So apart from the slope each test can only cost a claim its verdict. In simulations of the noises of
// noise_test.go with 6 to 12 sizes, true claims were refuted at most once in a hundred times, nearly always by a
// break that was none, and claims false by just the tolerance were called consistent at most five times in a
// hundred.

// Options of Judge. The zero value means a level of 0.95 and the demands of Demands.
type Options struct {
	Level   float64
	Demands Demands
}

// Judgement is a verdict with all that it rests on.
type Judgement struct {
	Verdict  finegrain.Verdict
	Claimed  Claimed
	Slope    Estimate  // over all sizes, of y/(log n)^Logs
	Segments *Segments // of y/(log n)^Logs; nil with fewer sizes than six
	// Choice is of models of y: at the sizes above the break, if the slope is broken and five are above; else at
	// all. nil if the range is too short.
	Choice Choice
	// Challenge is the claim's own growth fitted to the smaller sizes, a third being held out; nil if the range
	// is too short.
	Challenge *Challenge

	edges []Challenge // the growth that the claim permits at most and, of a claim of equality, at least
}

// Broken reports whether the slope has a break that permutations do not explain, at the level of the judgement.
func (j Judgement) Broken() bool { return j.Segments != nil && j.Segments.P <= 1-j.Slope.Level }

// Judge judges the claim by the points, at most 100. Errors are those of Slope and Segmented; too short a range
// is no error but undecided. Besides the standard models, n^c (log n)^Logs and the claim's own growth are
// compared.
func Judge(env finegrain.Env, c Claimed, points []Point, o Options) (Judgement, error) {
	if o.Level == 0 {
		o.Level = .95
	}
	d := o.Demands.orDefault()
	j := Judgement{Claimed: c}
	var err error
	if j.Slope, err = c.Slope(points, o.Level); err != nil {
		return j, err
	}
	var short bool
	if j.Verdict, short = tooShort(c, j.Slope, d); short {
		return j, nil
	}
	end, what := j.Slope, "Slope"
	if j.Slope.Sizes >= 2*side {
		divided, err := DivideLogs(points, c.Logs)
		if err != nil {
			return j, err
		}
		s, err := Segmented(env, divided, o.Level)
		if err != nil {
			return j, err
		}
		s.Below.Logs, s.Above.Logs = c.Logs, c.Logs
		j.Segments = &s
		if j.Broken() {
			end, what = s.Above, fmt.Sprintf("Above a break at %s (p = %.3g), slope", size(s.Break), s.P)
		}
	}
	modelled := points
	if j.Broken() && j.Segments.Above.Sizes >= 5 {
		modelled = slices.DeleteFunc(slices.Clone(points), func(p Point) bool {
			return p.X < j.Segments.Above.From
		})
	}
	if j.Choice, err = Choose(modelled, c.models(points)...); err != nil {
		return j, err
	}
	if err = j.challenge(points, o.Level); err != nil {
		return j, err
	}
	j.Verdict = judgeInterval(c, end, what)
	var doubts []string
	switch j.Verdict.Outcome {
	case finegrain.Consistent:
		doubts = append(j.unsettled(), j.rivals()...)
		doubts = append(doubts, j.missed()...)
	case finegrain.Refuted:
		doubts = j.unsettled()
	}
	if doubts != nil {
		j.Verdict.Outcome = finegrain.Undecided
		j.Verdict.Because += " But " + strings.Join(doubts, "; and ") +
			fmt.Sprintf(". Sizes up to about %s would tell.", about(j.further()))
	} else if j.Verdict.Outcome == finegrain.Consistent {
		last := j.Challenge.Predictions[len(j.Challenge.Predictions)-1]
		j.Verdict.Because += fmt.Sprintf(" At %s the measurement is %.4g times what %s, fitted up to %s, predicts.",
			size(last.X), last.Miss, j.Challenge.Fitted.Name, size(j.Challenge.Fitted.To))
	}
	return j, nil
}

// models are the standard ones and the claim's, those with a logarithm only where all sizes have one.
func (c Claimed) models(points []Point) []Model {
	all := append(Standard(), c.Model(), FreePower(c.Logs))
	one := slices.ContainsFunc(points, func(p Point) bool { return p.X <= 1 })
	return slices.DeleteFunc(all, func(m Model) bool { return m.logs != 0 && one })
}

// challenge holds out a third of the sizes and extrapolates what is claimed, and what is permitted at the edges
// of the tolerance.
func (j *Judgement) challenge(points []Point, level float64) error {
	c := j.Claimed
	hold := max(1, min(len(points)/3, len(points)-3))
	for _, off := range []float64{0, c.tolerance(), -c.tolerance()} {
		ch, err := Extrapolate(points, PowerLog(c.Exponent+off, c.Logs), hold, level)
		if err != nil {
			return err
		}
		switch {
		case off == 0:
			j.Challenge = &ch
		case off > 0 || c.Relation == Equal:
			j.edges = append(j.edges, ch)
		}
	}
	return nil
}

// unsettled says how the slope moves at a break if, moving as much again, it would turn the verdict.
func (j Judgement) unsettled() []string {
	if !j.Broken() {
		return nil
	}
	from, to := j.Segments.Below.Slope, j.Segments.Above.Slope
	c, next := j.Claimed, 2*to-from
	off := func(slope float64) float64 { // how far outside the claim
		if c.Relation == AtMost {
			return max(0, slope-c.Exponent)
		}
		return math.Abs(slope - c.Exponent)
	}
	crossed := (to-c.Exponent)*(next-c.Exponent) <= 0
	switch {
	case j.Verdict.Outcome == finegrain.Consistent && off(next) > c.tolerance() && off(next) > off(from):
	case j.Verdict.Outcome == finegrain.Refuted && crossed:
	default:
		return nil
	}
	return []string{fmt.Sprintf("the slope went from %.3g below the break to %.3g above it, and may go on",
		from, to)}
}

// rivals names the models as good as the best that break the claim at the largest size.
func (j Judgement) rivals() []string {
	c, at := j.Claimed, j.Slope.To
	want := PowerLog(c.Exponent, c.Logs)
	permitted := Fitted{Model: want}.Exponent(at)
	var names []string
	for _, f := range j.Choice.Plausible() {
		off := f.Exponent(at) - permitted
		if c.Relation == Equal {
			off = math.Abs(off)
		}
		if off > c.tolerance() && (f.Model != FreePower(0) || c.Logs == 0) {
			names = append(names, fmt.Sprintf("%s (weight %.2f, local exponent %.3g at %s)",
				f.Name, f.Weight, f.Exponent(at), size(at)))
		}
	}
	if names == nil {
		return nil
	}
	return []string{"the points fit " + strings.Join(names, " and ") + " as well as any other model"}
}

// missed says where sizes held out contradict what the claim permits.
func (j Judgement) missed() []string {
	for i, ch := range j.edges {
		if i == 0 && ch.Above() || i == 1 && ch.Below() {
			return []string{ch.String()}
		}
	}
	return nil
}

// further is a largest size at which the sizes above the break, or all of them, span twice the range.
func (j Judgement) further() float64 {
	from := j.Slope.From
	if j.Broken() {
		from = j.Segments.Break
	}
	return j.Slope.To * j.Slope.To / from
}
