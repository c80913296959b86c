package measure

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"finegrain"
)

// How long it will take. A subject's Work says how much more one cell is than another; what was measured says how
// long such work takes here. A cell is set against the measured ones of nearest work, on a logarithmic scale, among
// those with the same words and truth values, such as the same algorithm; where there is none, among all of the
// subject. From one, time is taken to grow as work does; from two, as it did between them, but not faster than its
// power 3/2. It is an estimate: caches and memory make large cells slower than small ones foretell.

// rates is what is known of how long a subject's work takes here.
type rates struct {
	subject Subject
	known   map[string][]rate // by words, ascending in work; "" for all
}

// rate is the sums over some measurements of cells of one work.
type rate struct {
	work    float64 // of one
	seconds float64 // of Run
	beside  float64 // of the rest, repeats left out
	number  float64
}

// each is the mean of one measurement.
func (r rate) each() (run, beside float64) { return r.seconds / r.number, r.beside / r.number }

func (r *rates) work(c Cell) float64 { return max(1, r.subject.Work(c)) }

// words are the settings of a cell that are no numbers.
func words(c Cell) string {
	var parts []string
	for _, s := range c {
		switch s.Value.(type) {
		case string, bool:
			parts = append(parts, s.Name+"="+Text(s.Value))
		}
	}
	return "words " + strings.Join(parts, " ")
}

// learn takes note of a measurement that ran to its end.
func (r *rates) learn(m Measurement) {
	if m.Status != Done || !(m.Whole > 0) {
		return
	}
	if !r.knows(m.Cell) {
		return
	}
	work := r.work(m.Cell)
	if r.known == nil {
		r.known = map[string][]rate{}
	}
	for _, group := range []string{words(m.Cell), ""} {
		list := r.known[group]
		i, found := slices.BinarySearchFunc(list, work, func(x rate, w float64) int { return cmp.Compare(x.work, w) })
		if !found {
			list = slices.Insert(list, i, rate{work: work})
		}
		list[i].seconds += m.Seconds
		list[i].beside += max(0, m.Whole-float64(m.Repeats)*m.Seconds)
		list[i].number++
		r.known[group] = list
	}
}

// knows reports whether a cell is one of the subject as it is now: a store may have others.
func (r *rates) knows(c Cell) bool {
	if len(c) != len(r.subject.Parameters) {
		return false
	}
	for i, p := range r.subject.Parameters {
		if _, err := p.accept(c[i].Value); err != nil || c[i].Name != p.Name {
			return false
		}
	}
	return true
}

// guess is the seconds of one measurement, 0 where nothing is known, and whether enough is known to tell: more than one
// work that is much smaller. limit is that of Run, 0 for none.
func (r *rates) guess(words string, work, limit float64) (float64, bool) {
	list := r.known[words]
	if len(list) == 0 {
		list = r.known[""]
	}
	if len(list) == 0 {
		return 0, false
	}
	i, _ := slices.BinarySearchFunc(list, work, func(x rate, w float64) int { return cmp.Compare(x.work, w) })
	i = min(i, len(list)-1)
	if i > 0 && work/list[i-1].work < list[i].work/work {
		i--
	}
	other := i - 1 // the next nearest, on the other side of work if there is one there
	if i+1 < len(list) && (i == 0 || list[i].work < work) {
		other = i + 1
	}
	run, beside := list[i].each()
	more := work / list[i].work
	if other < 0 {
		run, beside = run*more, beside*more
	} else {
		run2, beside2 := list[other].each()
		step := math.Log(list[other].work / list[i].work)
		grown := func(t, t2 float64) float64 {
			if !(t > 0 && t2 > 0) {
				return t * more
			}
			return t * math.Pow(more, min(1.5, max(0, math.Log(t2/t)/step)))
		}
		run, beside = grown(run, run2), grown(beside, beside2)
	}
	if run < briefest.Seconds() {
		run = briefest.Seconds()
	} else if limit > 0 {
		run = min(run, limit)
	}
	return run + beside, other >= 0 || more <= pilotReach
}

// left is how long the missing measurements will take, rounded, and whether that is known for all of them; of what
// nothing is known it takes the limit of time.
func left(env finegrain.Env, plans []*plan) (time.Duration, bool) {
	total, known := 0.0, true
	for _, p := range plans {
		limit := p.Experiment.Limits.Time.Seconds()
		for _, c := range p.cells {
			if c.missing == 0 || !p.fits(env, c.Cell) {
				continue
			}
			seconds, told := p.rates.guess(c.words, c.work, limit)
			if seconds == 0 {
				seconds = limit
			}
			total += float64(c.missing) * seconds
			known = known && told
		}
	}
	return rounded(total), known
}

// rounded is a time to two digits or so, as one says it.
func rounded(seconds float64) time.Duration {
	d := time.Duration(min(seconds, math.MaxInt64/4/float64(time.Second)) * float64(time.Second))
	switch {
	case d < time.Second:
		return d.Round(10 * time.Millisecond)
	case d < 10*time.Second:
		return d.Round(100 * time.Millisecond)
	case d < 10*time.Minute:
		return d.Round(time.Second)
	case d < 10*time.Hour:
		return d.Round(time.Minute)
	}
	return d.Round(time.Hour)
}

// pilotTime is when a pilot's cell is long enough to tell from, if it is not the first, part of which is the same
// whatever the work; pilotSteps is how many cells one tries at most. What is known tells of pilotReach times the work.
const (
	pilotTime  = 100 * time.Millisecond
	pilotSteps = 6
	pilotReach = 64
)

// Foretell estimates how long it will take to measure what the jobs ask for and the store, which may be nil, does not
// have, on this machine with the memory that env allows. Of what little was measured yet, by the words of its cells, it
// runs a short pilot, whose measurements are not kept: the least cell, then larger ones until one takes a tenth of a
// second. The error is that of env, of the store, of a job, or wraps ErrStuck.
func Foretell(env finegrain.Env, store *Store, machine Machine, jobs ...Job) (time.Duration, Summary, error) {
	plans, summary, err := planned(env, store, machine, jobs)
	if err != nil {
		return 0, summary, err
	}
	for _, p := range plans {
		if err := p.pilot(env); err != nil {
			return 0, summary, err
		}
	}
	d, _ := left(env, plans)
	return d, summary, nil
}

// pilot learns the rates of the words of which nothing is known, or only of one work, or of much less work.
func (p *plan) pilot(env finegrain.Env) error {
	cells := slices.Clone(p.cells)
	slices.SortStableFunc(cells, func(a, b plannedCell) int { return cmp.Compare(a.work, b.work) })
	type progress struct {
		steps int
		last  float64 // work
		done  bool
	}
	largest := map[string]float64{}
	for _, c := range cells {
		if c.missing > 0 && p.fits(env, c.Cell) {
			largest[c.words] = c.work
		}
	}
	tried := map[string]*progress{}
	for _, c := range cells {
		t := tried[c.words]
		if t == nil {
			t = &progress{}
			if known := p.rates.known[c.words]; len(known) > 0 {
				t.last = known[len(known)-1].work
				t.done = t.last >= largest[c.words] || len(known) > 1 && pilotReach*t.last >= largest[c.words]
			}
			tried[c.words] = t
		}
		if t.done || c.missing == 0 || c.work < 2*t.last {
			continue
		}
		start := time.Now()
		m, err := p.measure(env, c.Cell, -1) // a trial that no experiment has
		if err != nil {
			return fmt.Errorf("experiment %q, pilot of %v: %w", p.Experiment.ID, c.Cell, err)
		}
		m.Whole = time.Since(start).Seconds()
		p.rates.learn(m)
		t.steps, t.last = t.steps+1, c.work
		t.done = t.steps == pilotSteps || m.Status == OutOfTime || m.Status == OutOfRoom ||
			len(p.rates.known[c.words]) > 1 && time.Since(start) > pilotTime
	}
	return nil
}

// Left is Foretell without a pilot: how long what is missing will take, and whether enough was measured to tell.
func Left(env finegrain.Env, store *Store, machine Machine, jobs ...Job) (time.Duration, bool, error) {
	plans, _, err := planned(env, store, machine, jobs)
	if err != nil {
		return 0, false, err
	}
	d, known := left(env, plans)
	if !known {
		d = 0
	}
	return d, known, nil
}
