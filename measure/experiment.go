package measure

import (
	"fmt"
	"math"
	"strings"
	"time"

	"finegrain"
	"finegrain/internal/slug"
)

// The words: an experiment is a declared value that says what is measured (a subject), over which grid of
// parameters, how often, within which limits. Claims declare theirs in Go, users write theirs in TOML.

// Experiment says what to measure.
type Experiment struct {
	ID      string // of lower-case letters, digits and hyphens
	Doc     string // what it is to show, in a sentence
	Subject string // what is measured: the name of a Subject
	Axes    []Axis // the parameters; cells are all combinations, the last axis running fastest
	Trials  int    // measurements of a cell, each with randomness of its own
	Seed    uint64
	Limits  Limits
}

// Axis is a parameter of the subject with the values that it takes.
type Axis struct {
	Name   string
	Values []Value
	// Full are values that only a full run takes in addition.
	Full []Value
}

// Limits of one measurement. What exceeds them is recorded as censored. 0: none.
type Limits struct {
	Time   time.Duration // of Trial.Run; Prepare and Observe have more, see Beside
	Memory int64         // bytes
}

// Beside is the limit of time of preparing an instance, and of observing what came out: each may take ten times as
// long as Run, and at least a minute. 0: none, where Run has none.
func (l Limits) Beside() time.Duration {
	if l.Time == 0 {
		return 0
	}
	if l.Time > math.MaxInt64/10 {
		return math.MaxInt64
	}
	return max(leastBeside, 10*l.Time)
}

var leastBeside = time.Minute // tests are less patient

// Subject is something that can be measured.
type Subject struct {
	Name, Doc  string
	Parameters []Parameter
	Yields     []Yield // what trials may count or find, beside seconds
	// Accepts returns an error for values that are legal each and do not go together; it allocates nothing of their
	// size. nil: all do.
	Accepts func(Cell) error
	// Work estimates the elementary operations of a cell, and Bytes its memory, from the parameters alone: what a
	// full run will take is foretold from Work, and what exceeds the memory limit is not begun. Estimates are floats
	// so that no product overflows; only ratios of Work matter.
	Work  func(Cell) float64
	Bytes func(Cell) float64
	// Prepare makes the instance of a trial, outside the measured time. What it draws, it draws from env.
	Prepare func(finegrain.Env, Cell) (Trial, error)
	// Untimed says that nobody asks how long trials take: brief ones run a second time, to compare counts, and no more.
	Untimed bool
}

// Yield is a count or a value of an outcome.
type Yield struct{ Name, Doc string }

// Parameter is a parameter of a subject. A parameter without a default must be given.
type Parameter struct {
	Name, Doc string
	Default   Value             // nil: none. Its type is the parameter's type; see Type
	Type      Value             // a zero of the type where there is no default
	Check     func(Value) error // nil: every value of the type
}

// Trial is an instance ready to be measured. Run is measured; it may be called several times, and yields the same
// each time. Observe, which may be nil, adds to what Run yielded last what takes time of its own to find out, such
// as the error made; it is not measured.
type Trial struct {
	Data    string // hash of the instance, hexadecimal
	Run     func(finegrain.Env) (Outcome, error)
	Observe func(finegrain.Env, *Outcome) error
}

// Outcome is what a trial yields beside the time that it takes. Counts are exact and the same whenever the trial is
// run again; values may be floating-point numbers such as errors, and are finite.
type Outcome struct {
	Counts finegrain.Cost
	Values map[string]float64
}

// Refused is the error of a trial that ends because the algorithm cannot promise what was asked, or is outside its
// regime. It is a censored measurement, not a failure.
type Refused struct{ Reason error }

func (r *Refused) Error() string { return r.Reason.Error() }
func (r *Refused) Unwrap() error { return r.Reason }

// Status is how a measurement ended.
type Status string

const (
	Done      Status = "done"
	OutOfTime Status = "time"    // censored: it exceeded the time limit, or preparing or observing it did
	OutOfRoom Status = "memory"  // censored: it would have exceeded the memory limit
	Refusal   Status = "refused" // censored: the algorithm cannot promise what was asked, or is outside its regime
	Failure   Status = "failed"  // the run ended in any other error: a finding
)

// Measurement is one row of a store.
type Measurement struct {
	Experiment string // ID
	Cell       Cell
	Trial      int    // from 0
	Attempt    int    // from 0: how often the trial was measured before
	Limits     Limits // that it was made under; the memory is the least of the experiment's and of the surroundings'
	Seed       uint64
	Status     Status
	Reason     string // of a censored or failed one, in a sentence
	Outcome
	Seconds float64 // of Run alone, also when it was stopped
	Repeats int     // runs that Seconds is the mean of; 0: none ended
	Whole   float64 // seconds that the measurement took with everything, preparation and repeats too
	Data    string  // hash of the instance; empty if it was not made
	Machine Machine
	At      time.Time // when it ended
}

// Machine is where and with what a measurement was made.
type Machine struct {
	CPU     string
	Cores   int
	Kernel  string // the vector instructions, as simd.ISA names them
	Go      string
	OS      string // as in linux/amd64
	Version string // of finegrain: tag, and commit or that it is unknown
	Dirty   bool   // false: built from that very commit; true: from a tree with changes, or nobody knows
}

// UnknownCommit is how Version ends where a build does not know its commit.
const UnknownCommit = "commit unknown"

// Build is the version in words: with what is not in the commit.
func (m Machine) Build() string {
	if m.Dirty && !strings.HasSuffix(m.Version, UnknownCommit) {
		return m.Version + " with changes"
	}
	return m.Version
}

// String is the machine in words: "Xeon, 2 cores, kernel avx512".
func (m Machine) String() string {
	return fmt.Sprintf("%s, %d cores, kernel %s", m.CPU, m.Cores, m.Kernel)
}

// Code is what a measurement was made with, as far as it decides on what is counted: version and kernel.
func (m Machine) Code() string { return m.Build() + ", kernel " + m.Kernel }

// FieldError says what is wrong in an experiment, and in which field, by the name that it has in a file: "id",
// "grid.n". Index is that of the value in an axis, −1 for the field as a whole.
type FieldError struct {
	Experiment, Field string
	Index             int
	Problem           string
}

func (e *FieldError) Error() string {
	field := e.Field
	if e.Index >= 0 {
		field += fmt.Sprintf(", value %d", e.Index+1)
	}
	return fmt.Sprintf("experiment %q: %s: %s", e.Experiment, field, e.Problem)
}

// Bounds on what one experiment may ask for, checked before anything is made.
const (
	MaxCells  = 1 << 16
	MaxTrials = 1 << 16
	maxRows   = 1 << 20 // cells times trials
)

// validate checks all but the axes.
func (e Experiment) validate(s Subject) error {
	wrong := func(field, format string, args ...any) error {
		return &FieldError{e.ID, field, -1, fmt.Sprintf(format, args...)}
	}
	switch {
	case !slug.Valid(e.ID):
		such := ""
		if made := slug.Of(e.ID); made != "" {
			such = fmt.Sprintf(", such as %q", made)
		}
		return wrong("id", "%.40q is no name; take lower-case letters, digits, and hyphens between them, at most %d characters%s",
			e.ID, slug.Longest, such)
	case strings.TrimSpace(e.Doc) == "":
		return wrong("doc", "is missing; say in a sentence what the experiment is to show")
	case e.Subject != s.Name:
		return wrong("subject", "is %q, not %q", e.Subject, s.Name)
	case e.Trials < 1 || e.Trials > MaxTrials:
		return wrong("trials", "%d is out of range; a cell is measured at least once and at most %d times", e.Trials, MaxTrials)
	case e.Limits.Time < 0:
		return wrong("time", "%v is no limit; take a positive one, or leave it out", e.Limits.Time)
	case e.Limits.Memory < 0:
		return wrong("memory", "%d bytes is no limit; take a positive one, or leave it out", e.Limits.Memory)
	}
	return nil
}

// Validate panics if a field of the subject is missing or a parameter's declaration contradicts itself, so that an
// incomplete subject does not start.
func (s Subject) Validate() {
	misuse := func(format string, args ...any) {
		panic(fmt.Sprintf("measure: the declaration of subject %q: %s", s.Name, fmt.Sprintf(format, args...)))
	}
	if s.Name == "" || s.Doc == "" || s.Work == nil || s.Bytes == nil || s.Prepare == nil {
		misuse("a field is missing")
	}
	seen := map[string]bool{}
	for _, p := range s.Parameters {
		switch {
		case p.Name == "" || p.Doc == "" || strings.ContainsAny(p.Name, " =\"."):
			misuse("parameter %q lacks a doc or a name without spaces, =, \" and dots", p.Name)
		case seen[p.Name]:
			misuse("parameter %q comes twice", p.Name)
		case p.Default == nil && p.Type == nil:
			misuse("parameter %q has neither default nor type", p.Name)
		}
		seen[p.Name] = true
		if p.Default != nil {
			if _, err := p.accept(p.Default); err != nil {
				misuse("parameter %q refuses its own default: %v", p.Name, err)
			}
		}
	}
}
