package measure

import (
	"context"
	"fmt"
	"time"

	"finegrain"
)

// Running experiments into a store: what is missing is measured, and nothing twice, but for what hit a limit that is
// wider now, or failed in another version of finegrain: that is measured again, as the next attempt.
//
// Trials go in rounds, each cell once a round, in an order that is drawn anew for every round: a drift of the
// machine's clocks, within a round or over the rounds, then aligns with no parameter. The order is fixed by the
// experiment and its seed.

// Job is an experiment with its subject, to be run on its usual grid or on its full one.
type Job struct {
	Experiment Experiment
	Subject    Subject
	Full       bool
}

// Summary is what a run found and did.
type Summary struct {
	Total     int            // measurements that the jobs ask for
	Before    int            // of them, that the store had and that stand
	Again     int            // of them, that the store had and that are to be measured again
	Measured  int            // in this run
	Status    map[Status]int // of all that the jobs ask for and the store now has
	Elsewhere int            // that the store has of these experiments and no job asks for
	Others    map[string]int // of Before, those made with other code than now, by Machine.Code
}

// Run measures what the jobs ask for and the store does not have, or not with limits as wide, with the memory and the cores that env allows, and
// reports progress to env with the time left. Every measurement is on disk before the next begins. It stops where env
// is done, with env's error, and what was being measured then is measured anew the next time; a trial that does not
// stop ends it with an error that wraps ErrStuck. A measurement that ends in an error is no error of Run: it is one of
// the summary's failures.
func Run(env finegrain.Env, store *Store, machine Machine, jobs ...Job) (Summary, error) {
	plans, summary, err := planned(env, store, machine, jobs)
	if err != nil {
		return summary, err
	}
	for _, p := range plans {
		if err := store.Declare(env, p.Experiment); err != nil {
			return summary, err
		}
	}
	said := time.Time{}
	report := func(p *plan, what string) {
		if env.Progress == nil || time.Since(said) < time.Second/5 {
			return
		}
		text := p.Experiment.ID + what
		if left, known := left(env, plans); known {
			text = fmt.Sprintf("%v left, %s", left, text)
		}
		env.Report(summary.Before+summary.Measured, summary.Total, text)
		said = time.Now()
	}
	for _, p := range plans {
		for len(p.missing) > 0 {
			next := p.missing[0]
			if err := env.Err(); err != nil {
				return summary, err
			}
			c := p.cells[next.cell].Cell
			report(p, p.varied(c))
			start := time.Now()
			m, failure := p.measure(env, c, next.trial)
			if m.Status == "" {
				return summary, failure
			}
			m.Attempt, m.Machine, m.At, m.Whole = next.attempt, machine, time.Now(), time.Since(start).Seconds()
			moment("measured")
			// An interrupt that comes now does not lose what is measured.
			if err := store.Add(context.WithoutCancel(env), m); err != nil {
				return summary, err
			}
			moment("committed")
			p.missing = p.missing[1:]
			p.cells[next.cell].missing--
			p.rates.learn(m)
			summary.Measured++
			summary.Status[m.Status]++
			if failure != nil {
				return summary, fmt.Errorf("experiment %q, %v, trial %d: %w; it is recorded, and resuming goes on after it",
					m.Experiment, c, m.Trial, failure)
			}
		}
	}
	return summary, nil
}

// plan is a job at work.
type plan struct {
	Job
	measurer
	cells   []plannedCell
	missing []next // in the order in which they are to be measured
	rates   *rates
}

// varied is what tells the cell from others of the experiment, as a terminal has room for it.
func (p *plan) varied(c Cell) string {
	text := ""
	for _, x := range p.Experiment.Axes {
		if v, ok := c.Lookup(x.Name); ok && len(x.Values)+len(x.Full) > 1 {
			text += fmt.Sprintf(" %s=%.20s", x.Name, Text(v))
		}
	}
	return text
}

// plannedCell is a cell with what is asked of it again and again.
type plannedCell struct {
	Cell
	name, words string
	work        float64
	missing     int // trials
}

// next is a trial of a cell that is to be measured, and the how manieth time it is.
type next struct{ cell, trial, attempt int }

// planned checks the jobs and sets what the store, which may be nil, has against what they ask for.
func planned(env finegrain.Env, store *Store, machine Machine, jobs []Job) ([]*plan, Summary, error) {
	summary := Summary{Status: map[Status]int{}, Others: map[string]int{}}
	var declared []Experiment
	if store != nil {
		var err error
		if declared, err = store.Experiments(env); err != nil {
			return nil, summary, err
		}
	}
	var plans []*plan
	shared := map[string]*rates{} // by subject
	for _, j := range jobs {
		cells, err := Cells(j.Experiment, j.Subject, j.Full)
		if err != nil {
			return nil, summary, err
		}
		for _, other := range plans {
			if other.Experiment.ID == j.Experiment.ID {
				return nil, summary, &FieldError{j.Experiment.ID, "id", -1, "comes twice; give each experiment one of its own"}
			}
		}
		for _, before := range declared {
			if before.ID == j.Experiment.ID {
				if err := j.Experiment.follows(before); err != nil {
					return nil, summary, err
				}
			}
		}
		if shared[j.Subject.Name] == nil {
			shared[j.Subject.Name] = &rates{subject: j.Subject}
		}
		p := &plan{Job: j, measurer: measurer{j.Experiment, j.Subject, grace}, rates: shared[j.Subject.Name]}
		for _, c := range cells {
			p.cells = append(p.cells, plannedCell{c, c.String(), words(c), p.rates.work(c), 0})
		}
		type key struct {
			cell  string
			trial int
		}
		had := map[key]Measurement{}
		if store != nil {
			rows, err := store.Measurements(env, j.Experiment.ID)
			if err != nil {
				return nil, summary, err
			}
			for _, m := range rows {
				had[key{m.Cell.String(), m.Trial}] = m
				p.rates.learn(m)
			}
		}
		wanted := len(cells) * j.Experiment.Trials
		elsewhere := len(had)
		order := finegrain.NewEnv(env, j.Experiment.Seed).Sub("experiment " + j.Experiment.ID)
		for trial := range j.Experiment.Trials {
			for _, i := range order.Rand(fmt.Sprintf("round %d", trial)).Perm(len(cells)) {
				m, there := had[key{p.cells[i].name, trial}]
				if there {
					elsewhere--
				}
				if there && !p.again(env, machine, m) {
					summary.Before++
					summary.Status[m.Status]++
					if m.Machine.Code() != machine.Code() {
						summary.Others[m.Machine.Code()]++
					}
					continue
				}
				attempt := 0
				if there {
					attempt = m.Attempt + 1
					summary.Again++
				}
				p.missing = append(p.missing, next{i, trial, attempt})
				p.cells[i].missing++
			}
		}
		summary.Total += wanted
		summary.Elsewhere += elsewhere
		plans = append(plans, p)
	}
	return plans, summary, nil
}

// Progress sets what a store has against what the jobs ask for, as Run would on this machine with the memory that env
// allows, and measures nothing.
func Progress(env finegrain.Env, store *Store, machine Machine, jobs ...Job) (Summary, error) {
	_, summary, err := planned(env, store, machine, jobs)
	return summary, err
}
