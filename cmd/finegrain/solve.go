package main

// solve: a formula decided, or its models counted, through a route and an attention algorithm, in the output
// format and with the exit codes of SAT solvers and model counters.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"finegrain"
	"finegrain/algorithms"
	"finegrain/algorithms/attention"
	"finegrain/experiments"
	"finegrain/internal/memory"
	"finegrain/reductions"
	"finegrain/sat"
)

func routeNames() []string {
	var names []string
	for _, r := range reductions.Routes() {
		names = append(names, r.Name)
	}
	return names
}

func attentionNames() []string {
	var names []string
	for _, m := range algorithms.Attention() {
		names = append(names, m.Name)
	}
	return names
}

// solveOptions are the flags of solve.
type solveOptions struct {
	common
	route, algorithm string
	count            bool
	h                entries
	timeout          patience
}

func (a *app) solve() *cobra.Command {
	var o solveOptions
	cmd := &cobra.Command{
		Use:   "solve FILE.cnf",
		Short: "Decide a formula, or count its models, through attention",
		Long: "Decide a formula in DIMACS form, or count its models, through orthogonal vectors and an attention\n" +
			"algorithm. The output is that of the SAT competition: comments, an s line, v lines with a model, and\n" +
			"with --count the exact number of models. Exit code 10: satisfiable; 20: unsatisfiable.\n\n" +
			"The threshold route decides with one call and is the default; interpolation counts as well, with about\n" +
			"as many calls as clauses. The default algorithm is streaming, or multiprecision where float64 cannot\n" +
			"promise the error that the route tolerates.",
		Example: "  finegrain solve formula.cnf --count",
		Args:    exactly("FILE.cnf"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runSolve(cmd.Context(), &o, args[0])
		},
	}
	choice(cmd, &o.route, "route", "", "threshold to decide and interpolation to count, unless named", routeNames())
	choice(cmd, &o.algorithm, "algorithm", "", "the attention algorithm", attentionNames())
	cmd.Flags().BoolVar(&o.count, "count", false, "count the models")
	cmd.Flags().Var(&o.h, "h", "fix the entries of the interpolation route: B = √(2hd)")
	cmd.Flags().Var(&o.timeout, "timeout", "give up after so long, such as 30s, and answer s UNKNOWN")
	o.jsonFlag(cmd)
	o.seedFlag(cmd)
	o.memoryFlag(cmd)
	return cmd
}

// solved is what solve prints with --json.
type solved struct {
	Answer     string         `json:"answer"` // satisfiable, unsatisfiable, unknown
	Model      []int          `json:"model"`  // literals; empty if there is none
	Count      *string        `json:"count"`  // in decimal; null unless asked for
	Route      string         `json:"route"`
	Algorithm  string         `json:"algorithm"`
	Kernel     string         `json:"kernel"`
	Steps      []solvedStep   `json:"steps"`
	Oracle     solvedOracle   `json:"oracle"`
	TooWeak    []string       `json:"too_weak"` // algorithms tried before, that could not promise enough
	Operations finegrain.Cost `json:"operations"`
	Seconds    float64        `json:"seconds"`
}

type solvedStep struct {
	Name    string  `json:"name"`
	Sizes   sizes   `json:"sizes"`
	Calls   int     `json:"calls"`
	Seconds float64 `json:"seconds"`
}

type solvedOracle struct {
	Calls      int     `json:"calls"`
	N          int     `json:"n"`
	D          int     `json:"d"`
	B          float64 `json:"B"`
	Scale      float64 `json:"scale"`
	Tolerated  float64 `json:"error_tolerated"`
	Guaranteed float64 `json:"error_guaranteed"`
	Observed   float64 `json:"error_observed"`
}

func (a *app) runSolve(ctx context.Context, o *solveOptions, file string) error {
	start := time.Now()
	within := ctx
	if o.timeout > 0 {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeout(ctx, time.Duration(o.timeout))
		defer cancel()
	}
	asked, err := o.resolve()
	if err != nil {
		return err
	}
	result := solved{
		Answer: unknownAnswer, Model: []int{}, TooWeak: []string{}, Steps: []solvedStep{}, Operations: finegrain.Cost{},
		Route: asked.Route.Name, Algorithm: o.algorithm, Kernel: kernelName(),
	}
	asked.Formula, err = a.readFormula(within, &o.common, file)
	if err == nil {
		var s experiments.Solution
		if s, err = a.answer(within, o, asked); err == nil {
			result.fill(s)
		}
	}
	timedOut := ctx.Err() == nil && within.Err() != nil && errors.Is(err, context.DeadlineExceeded)
	if err != nil && !timedOut {
		return advise(err, o.algorithm)
	}
	result.Seconds = time.Since(start).Seconds()
	if o.json {
		if err := a.printJSON(result); err != nil {
			return err
		}
	} else {
		result.write(a.stdout, asked.Formula)
	}
	return answerExit[result.Answer]
}

// The answers, and how they end the program.
const unknownAnswer = "unknown"

var answerExit = map[string]error{
	"satisfiable":   &exit{exitSatisfiable, ""},
	"unsatisfiable": &exit{exitUnsatisfiable, ""},
	unknownAnswer:   nil,
}

// resolve makes a request of the flags, without a formula yet.
func (o *solveOptions) resolve() (experiments.Request, error) {
	r := experiments.Request{
		Route:     experiments.DefaultRoute(o.count || o.h > 0),
		Algorithm: o.algorithm,
		Count:     o.count,
		H:         float64(o.h),
	}
	if o.route != "" {
		var err error
		if r.Route, err = reductions.RouteNamed(o.route); err != nil {
			return r, err
		}
	}
	if o.count && r.Route.Census == nil {
		return r, request("the %s route decides and does not count; use --route interpolation, or leave --route out",
			r.Route.Name)
	}
	return r, o.h.suits(r.Route)
}

// answer estimates, then solves.
func (a *app) answer(ctx context.Context, o *solveOptions, r experiments.Request) (experiments.Solution, error) {
	env := finegrain.NewEnv(ctx, o.seed)
	if err := o.affordRoute(env, r.Formula, r.Route); err != nil {
		return experiments.Solution{}, err
	}
	bar := a.newProgress()
	defer bar.close()
	env.Progress = bar.report
	return experiments.Solve(env, r)
}

// affordRoute refuses a route that is too large for a formula.
func (c *common) affordRoute(env finegrain.Env, f sat.Formula, route reductions.Route) error {
	e, err := experiments.EstimateRoute(env, f, route)
	return c.affordEstimate(env, "the "+route.Name+" route", e, err)
}

func (c *common) affordEstimate(env finegrain.Env, what string, e experiments.Estimate, err error) error {
	switch {
	case env.Err() != nil:
		return env.Err()
	case err != nil:
		return request("%s is too large for this formula: %v", what, err)
	case !e.Bytes.IsInt64() || e.Bytes.Int64() > int64(c.memory):
		return request("%s would make %v and %v vectors of up to %d bits and take about %s, and --max-memory is %s; "+
			"raise it, or take a smaller formula", what, e.N, e.M, e.D, memory.FormatBig(e.Bytes), memory.Format(int64(c.memory)))
	}
	return nil
}

// advise says what would work where an oracle is too weak and its own words do not.
func advise(err error, algorithm string) error {
	var said *attention.CannotPromise
	if !errors.Is(err, reductions.ErrTooWeak) || errors.As(err, &said) {
		return err
	}
	if algorithm != "" && algorithm != attention.Multiprecision.Name {
		return refuse("%v; --algorithm %s promises any error", err, attention.Multiprecision.Name)
	}
	return err
}

// fill takes over what was found.
func (r *solved) fill(s experiments.Solution) {
	r.Answer = "unsatisfiable"
	if s.Satisfiable {
		r.Answer = "satisfiable"
		r.Model = s.Model.Literals()
	}
	if s.Count != nil {
		count := s.Count.String()
		r.Count = &count
	}
	r.Route, r.Algorithm = s.Route, s.Algorithm
	for _, step := range s.Steps {
		r.Steps = append(r.Steps, solvedStep{step.Name, sizesOf(step.Size), step.Calls, step.Seconds})
	}
	o := s.Oracle
	r.Oracle = solvedOracle{o.Calls, o.N, o.D, o.B, o.Scale, o.Tolerated, o.Guaranteed, o.Observed}
	r.Operations = o.Operations
	for _, t := range s.TooWeak {
		r.TooWeak = append(r.TooWeak, t.Algorithm)
	}
}

// write prints the lines of the SAT competition.
func (r *solved) write(w io.Writer, f sat.Formula) {
	fmt.Fprintf(w, "c finegrain %s\n", version)
	fmt.Fprintf(w, "c formula: %d variables, %d clauses\n", f.Variables, len(f.Clauses))
	if r.Algorithm == "" {
		fmt.Fprintf(w, "c route %s\n", r.Route)
	} else {
		fmt.Fprintf(w, "c route %s, algorithm %s\n", r.Route, r.Algorithm)
	}
	for _, name := range r.TooWeak {
		fmt.Fprintf(w, "c (%s cannot promise the error that is tolerated here)\n", name)
	}
	for _, s := range r.Steps {
		times := ""
		if s.Calls > 1 {
			times = fmt.Sprintf(", %d times", s.Calls)
		}
		fmt.Fprintf(w, "c %s (%s%s): %s s\n", s.Name, s.Sizes, times, short(s.Seconds))
	}
	if o := r.Oracle; o.Calls > 0 {
		fmt.Fprintf(w, "c oracle: %s, n = %d data keys, d = %d, B = %.4g, scale = %.4g\n",
			plural(o.Calls, "call"), o.N, o.D, o.B, o.Scale)
		fmt.Fprintf(w, "c oracle: error %.3g tolerated, %.3g guaranteed, %.3g observed\n",
			o.Tolerated, attention.ThreeDigitsUp(o.Guaranteed), o.Observed)
	} else if r.Answer != unknownAnswer {
		fmt.Fprintln(w, "c oracle: not asked, since the lists alone decide")
	}
	fmt.Fprintf(w, "c total: %s s\n", short(r.Seconds))
	fmt.Fprintf(w, "s %s\n", strings.ToUpper(r.Answer))
	if r.Answer == "satisfiable" {
		writeModel(w, r.Model)
	}
	if r.Count != nil {
		fmt.Fprintf(w, "c s exact arb int %s\n", *r.Count)
	}
}

// writeModel prints v lines below 78 columns, the last ended by 0.
func writeModel(w io.Writer, literals []int) {
	line := "v"
	for _, l := range append(literals, 0) {
		text := " " + strconv.Itoa(l)
		if len(line)+len(text) >= 78 {
			fmt.Fprintln(w, line)
			line = "v"
		}
		line += text
	}
	fmt.Fprintln(w, line)
}

// plural is "1 call", "2 calls".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// short is a number with three digits.
func short(x float64) string { return strconv.FormatFloat(x, 'g', 3, 64) }

// sizes is a size as data: exact integers, however large, by name.
type sizes []sizeEntry

type sizeEntry struct{ name, value string }

func sizesOf(s finegrain.Size) sizes {
	var out sizes
	for _, name := range s.Names() {
		out = append(out, sizeEntry{name, s.Get(name).String()})
	}
	return out
}

// MarshalJSON writes an object with the parameters in their order.
func (s sizes) MarshalJSON() ([]byte, error) {
	var parts []string
	for _, e := range s {
		parts = append(parts, fmt.Sprintf("%q: %s", e.name, e.value))
	}
	return []byte("{" + strings.Join(parts, ", ") + "}"), nil
}

// String writes the parameters as "n = 96, d = 40".
func (s sizes) String() string {
	var parts []string
	for _, e := range s {
		parts = append(parts, e.name+" = "+e.value)
	}
	return strings.Join(parts, ", ")
}
