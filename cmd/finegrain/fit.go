package main

// fit: exponents of what was measured. How the measurements of a figure or a fit are chosen is here too.

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"finegrain"
	"finegrain/claims"
	"finegrain/fit"
	"finegrain/measure"
)

// selection is the flags that choose measurements of a store: one experiment, a parameter along x, a quantity along
// y, and what the other parameters are.
type selection struct {
	experiment, x, y string
	where            []string
}

func (s *selection) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.experiment, "experiment", "", "experiment, by its id, if the store has several")
	cmd.Flags().StringVar(&s.x, "x", "n", "parameter along x, a number")
	cmd.Flags().StringVar(&s.y, "y", "seconds", "what was measured: seconds, a count, or a value")
	cmd.Flags().StringArrayVar(&s.where, "where", nil, "only cells with `NAME=VALUE`; may be repeated")
}

// words are the flags again.
func (s selection) words() string {
	text := fmt.Sprintf(" --experiment %s --x %s --y %s", s.experiment, s.x, s.y)
	for _, w := range s.where {
		text += " --where " + shellWord(w)
	}
	return text
}

// shellWord quotes what a shell would take apart.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=+,:^@%", r)
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// picked is the measurements that a selection means.
type picked struct {
	selection
	declared measure.Experiment
	rows     claims.Table
	quantity claims.Quantity
	store    string
}

// choose reads the selected measurements. Parameters other than x and those in free must have one value, so that no
// two curves are taken for one.
func (s selection) choose(ctx context.Context, name string, free ...string) (picked, error) {
	store, err := openStore(ctx, name)
	if err != nil {
		return picked{}, err
	}
	defer store.Close()
	all, err := store.Measurements(ctx, "")
	if err != nil {
		return picked{}, err
	}
	ids := experimentsOf(all)
	switch {
	case len(ids) == 0:
		return picked{}, request("%s: nothing was measured yet", store.Name())
	case s.experiment == "" && len(ids) > 1:
		return picked{}, request("%s has the experiments %s; choose with --experiment", store.Name(), strings.Join(ids, ", "))
	case s.experiment == "":
		s.experiment = ids[0]
	case !slices.Contains(ids, s.experiment):
		return picked{}, unknown("experiment", s.experiment, ids)
	}
	c := picked{selection: s, store: name}
	for _, m := range all {
		if m.Experiment == s.experiment {
			c.rows = append(c.rows, m)
		}
	}
	declared, err := store.Experiments(ctx)
	if err != nil {
		return c, err
	}
	for _, e := range declared {
		if e.ID == s.experiment {
			c.declared = e
		}
	}
	if err := c.alike(); err != nil {
		return c, err
	}
	if err := c.filter(); err != nil {
		return c, err
	}
	var names []string
	for _, p := range c.rows[0].Cell {
		names = append(names, p.Name)
	}
	for _, name := range append(free, s.x) {
		if !slices.Contains(names, name) {
			return c, unknown("parameter", name, names)
		}
	}
	if _, ok := c.rows[0].Cell.Number(s.x); !ok {
		return c, request("--x %s: the parameter is no number", s.x)
	}
	for _, name := range names {
		values := c.rows.Values(name)
		if name == s.x || slices.Contains(free, name) || len(values) == 1 {
			continue
		}
		return c, request("the cells differ in %s too; choose one of %s, as with --where %s", name, listValues(values),
			shellWord(name+"="+measure.Text(values[0])))
	}
	c.quantity, err = quantityNamed(s.y, c.rows)
	return c, err
}

// alike returns an error if measurements have different parameters, as those of different versions may.
func (c picked) alike() error {
	names := func(cell measure.Cell) (list []string) {
		for _, s := range cell {
			list = append(list, s.Name)
		}
		return list
	}
	first := names(c.rows[0].Cell)
	for _, m := range c.rows {
		if now := names(m.Cell); !slices.Equal(first, now) {
			return request("%s: measurements of %s have the parameters %s, others %s, from different versions; measure anew into another store",
				c.store, c.experiment, strings.Join(first, ", "), strings.Join(now, ", "))
		}
	}
	return nil
}

// filter keeps what the --where flags say.
func (c *picked) filter() error {
	for _, w := range c.where {
		name, text, ok := strings.Cut(w, "=")
		if !ok {
			return request("--where %q: write it as NAME=VALUE", w)
		}
		if _, ok := c.rows[0].Cell.Lookup(name); !ok {
			var names []string
			for _, p := range c.rows[0].Cell {
				names = append(names, p.Name)
			}
			return unknown("parameter", name, names)
		}
		values := c.rows.Values(name)
		at := slices.IndexFunc(values, func(v measure.Value) bool {
			word, isWord := v.(string)
			return measure.Text(v) == text || isWord && word == text
		})
		if at < 0 {
			return request("--where %s: no cell has this value of %s; there is %s", w, name, listValues(values))
		}
		c.rows = c.rows.Where(name, values[at])
	}
	return nil
}

func listValues(values []measure.Value) string {
	const most = 8
	var texts []string
	for _, v := range values {
		texts = append(texts, measure.Text(v))
	}
	if len(texts) > most {
		texts = append(texts[:most], "…")
	}
	return strings.Join(texts, ", ")
}

// quantityNamed is seconds, a count or a value that some of the measurements have.
func quantityNamed(name string, rows claims.Table) (claims.Quantity, error) {
	if name == "seconds" {
		return claims.Seconds, nil
	}
	counts, values := map[string]bool{}, map[string]bool{}
	for _, m := range rows {
		for kind := range m.Counts {
			counts[kind] = true
		}
		for value := range m.Values {
			values[value] = true
		}
	}
	switch {
	case counts[name]:
		return claims.Count(name), nil
	case values[name]:
		return claims.ValueOf(name), nil
	}
	all := append([]string{"seconds"}, slices.Sorted(maps.Keys(counts))...)
	return nil, unknown("quantity", name, append(all, slices.Sorted(maps.Keys(values))...))
}

// censored says how many of the measurements are censored or failed, and why, in their order.
func censored(rows claims.Table) []censoredRows {
	list := []censoredRows{}
	for _, m := range rows {
		if m.Status == measure.Done {
			continue
		}
		why := whyNot(m)
		at := slices.IndexFunc(list, func(c censoredRows) bool { return c.Why == why })
		if at < 0 {
			at, list = len(list), append(list, censoredRows{why, 0})
		}
		list[at].Number++
	}
	return list
}

// nothing is the error where no measurement has the quantity, and why the first has not.
func (c picked) nothing() error {
	why := ""
	if all := censored(c.rows); len(all) > 0 {
		why = "; " + all[0].Why
	}
	return refuse("no measurement of %s that ended has %s%s", c.experiment, c.y, why)
}

// whyNot is how a measurement ended that was not done, in words that figures and lists have room for.
func whyNot(m measure.Measurement) string {
	how := map[measure.Status]string{measure.OutOfTime: "stopped", measure.OutOfRoom: "not begun"}[m.Status]
	if how == "" {
		how = string(m.Status)
	}
	return how + ": " + strings.TrimRight(oneLine(m.Reason), ".")
}

type censoredRows struct {
	Why    string `json:"why"`
	Number int    `json:"number"`
}

// at lists where on x the rows are that ended so.
func (c censoredRows) at(rows claims.Table, x string) (list []string) {
	of := slices.DeleteFunc(slices.Clone(rows), func(m measure.Measurement) bool { return whyNot(m) != c.Why })
	for _, v := range of.Values(x) {
		list = append(list, measure.Text(v))
	}
	return list
}

// fitted is what fit prints with --json. What takes more sizes than there are is null, with the reason in notes.
type fitted struct {
	Experiment    string           `json:"experiment"`
	X             string           `json:"x"`
	Y             string           `json:"y"`
	Where         []string         `json:"where"`
	Sizes         []fittedSize     `json:"sizes"`
	Slope         fittedSlope      `json:"slope"`
	TheilSen      *fittedSlope     `json:"theil_sen"`
	Models        []fittedModel    `json:"models"`
	Break         *fittedBreak     `json:"break"`
	Extrapolation *fittedChallenge `json:"extrapolation"`
	Censored      []censoredRows   `json:"censored"`
	Notes         []string         `json:"notes"`

	choice fit.Choice
	texts  [4]string // slope, Theil–Sen, break, extrapolation, as package fit words them
}

type fittedSize struct {
	X      float64 `json:"x"`
	Y      float64 `json:"y"` // the median
	Trials int     `json:"trials"`
}

type fittedSlope struct {
	Exponent   float64 `json:"exponent"`
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Level      float64 `json:"level"`
	ResidualSD float64 `json:"residual_sd"`
}

type fittedModel struct {
	Model      string  `json:"model"`
	C          float64 `json:"c"` // 0 for a model without
	ResidualSD float64 `json:"residual_sd"`
	Delta      float64 `json:"delta_aicc"`
	Weight     float64 `json:"weight"`
	Plausible  bool    `json:"plausible"` // within 2 of the best
}

type fittedBreak struct {
	At    float64     `json:"at"`
	Below fittedSlope `json:"below"`
	Above fittedSlope `json:"above"`
	P     float64     `json:"p"` // probability without a break
}

type fittedChallenge struct {
	Model       string             `json:"model"`
	From        float64            `json:"from"`
	To          float64            `json:"to"`
	Within      bool               `json:"within"`
	Predictions []fittedPrediction `json:"predictions"`
}

// fittedPrediction is one size held out; null is what is beyond floating-point numbers.
type fittedPrediction struct {
	X         float64  `json:"x"`
	Measured  float64  `json:"measured"`
	Predicted *float64 `json:"predicted"`
	Low       *float64 `json:"low"`
	High      *float64 `json:"high"`
	Miss      *float64 `json:"miss"` // measured over predicted
}

func finite(x float64) *float64 {
	if math.IsInf(x, 0) {
		return nil
	}
	return known(x)
}

func slopeOf(e fit.Estimate) fittedSlope {
	return fittedSlope{e.Slope, e.Low, e.High, e.Level, e.ResidualSD}
}

func (a *app) fit() *cobra.Command {
	var c common
	var s selection
	cmd := &cobra.Command{
		Use:   "fit STORE|DIR",
		Short: "Fit exponents to what was measured",
		Long: "Fit the growth of a quantity with a parameter, on logarithms of the medians of the trials: the exponent with its\n" +
			"95 % interval, by least squares and by Theil and Sen; models compared on one scale of residuals; one change of\n" +
			"exponent, with its probability if there is none; and what the best model, fitted to the smaller sizes, predicts of\n" +
			"the larger third. A censored trial counts as larger than the others of its size; a size of which half are\n" +
			"censored is not fitted.\n\n" +
			"A slope is no evidence for a lower bound, and a good fit proves nothing of sizes beyond those measured.",
		Example: "  finegrain fit experiment.sqlite --x n --y multiply_adds --where d=4\n" +
			"  finegrain fit experiment.sqlite --x d --y multiply_adds --where n=16",
		Args: exactly("STORE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			chosen, err := s.choose(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			f, err := fitTo(finegrain.NewEnv(cmd.Context(), c.seed), chosen)
			if err != nil {
				return err
			}
			if c.json {
				return a.printJSON(f)
			}
			f.write(a.stdout)
			return nil
		},
	}
	s.flags(cmd)
	c.jsonFlag(cmd)
	c.seedFlag(cmd)
	return cmd
}

// fitTo fits all that the sizes allow.
func fitTo(env finegrain.Env, c picked) (fitted, error) {
	f := fitted{Experiment: c.experiment, X: c.x, Y: c.y, Where: listed(c.where), Censored: censored(c.rows), Notes: []string{}}
	samples := c.rows.Samples(c.x, c.quantity)
	if len(samples) == 0 {
		return f, c.nothing()
	}
	points, err := fit.Collapse(samples, fit.Median)
	if err != nil {
		return f, refuse("%s against %s: %v", c.y, c.x, err)
	}
	trials := map[float64]int{}
	for _, s := range samples {
		trials[s.X] += len(s.Y)
	}
	for _, p := range points {
		f.Sizes = append(f.Sizes, fittedSize{p.X, p.Y, trials[p.X]})
	}
	const level = 0.95
	slope, err := fit.Slope(points, level)
	if err != nil {
		return f, refuse("%s against %s: %v", c.y, c.x, err)
	}
	f.Slope, f.texts[0] = slopeOf(slope), slope.String()
	var codes []string
	for _, m := range c.rows {
		if code := m.Machine.Code(); !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	if len(codes) > 1 {
		f.Notes = append(f.Notes, "measured with different code, whose seconds do not compare: "+strings.Join(codes, "; "))
	}
	note := func(what string, err error) { f.Notes = append(f.Notes, fmt.Sprintf("%s: %v", what, err)) }
	if e, err := fit.TheilSen(points, level); err != nil {
		note("Theil–Sen", err)
	} else {
		f.TheilSen, f.texts[1] = new(slopeOf(e)), e.String()
	}
	// With five sizes AICc asks of a free exponent that it lower the residuals sevenfold.
	if least := 6; len(points) < least {
		note("models", fmt.Errorf("they are ranked from %d sizes on, and there are %d", least, len(points)))
	} else if f.choice, err = fit.Choose(points); err != nil {
		note("models", err)
	}
	plausible := len(f.choice.Plausible())
	for i, m := range f.choice {
		f.Models = append(f.Models, fittedModel{m.Name, m.C, m.ResidualSD, m.Delta, m.Weight, i < plausible})
	}
	segments, err := fit.Segmented(env, points, level)
	switch {
	case env.Err() != nil:
		return f, env.Err()
	case err != nil:
		note("break", err)
	default:
		f.Break = &fittedBreak{segments.Break, slopeOf(segments.Below), slopeOf(segments.Above), segments.P}
		f.texts[2] = segments.String()
	}
	model := fit.FreePower(0)
	if len(f.choice) > 0 {
		model = f.choice[0].Model
	}
	challenge, err := fit.Extrapolate(points, model, max(1, len(points)/3), level)
	if err != nil {
		note("extrapolation", err)
		return f, nil
	}
	f.texts[3] = challenge.String()
	f.Extrapolation = &fittedChallenge{challenge.Fitted.Name, challenge.Fitted.From, challenge.Fitted.To, challenge.Within(), nil}
	for _, p := range challenge.Predictions {
		f.Extrapolation.Predictions = append(f.Extrapolation.Predictions,
			fittedPrediction{p.X, p.Measured, finite(p.Predicted), finite(p.Low), finite(p.High), finite(p.Miss)})
	}
	return f, nil
}

func (f fitted) write(w io.Writer) {
	where := ""
	if len(f.Where) > 0 {
		where = ", where " + strings.Join(f.Where, ", ")
	}
	trials := 0
	for _, s := range f.Sizes {
		trials += s.Trials
	}
	fmt.Fprintf(w, "%s: %s against %s%s; medians at %s, %s in all\n\n", f.Experiment, f.Y, f.X, where,
		plural(len(f.Sizes), "size"), plural(trials, "trial"))
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, name := range []string{"slope", "Theil–Sen", "break", "extrapolation"} {
		if f.texts[i] != "" {
			fmt.Fprintf(table, "%s\t%s\n", name, f.texts[i])
		}
	}
	table.Flush()
	if len(f.Models) > 0 {
		fmt.Fprintln(table, "\nmodel\tc\tresidual\tΔAICc\tweight\t")
		for _, m := range f.Models {
			c, mark := "–", ""
			if m.C != 0 {
				c = short(m.C)
			}
			if m.Plausible {
				mark = "plausible"
			}
			fmt.Fprintf(table, "%s\t%s\t%.2g %%\t%s\t%.3f\t%s\n", m.Model, c, 100*m.ResidualSD, short(m.Delta), m.Weight, mark)
		}
		table.Flush()
	}
	for _, n := range f.Notes {
		fmt.Fprintf(w, "not done: %s\n", n)
	}
	for _, c := range f.Censored {
		fmt.Fprintf(w, "not fitted: %s, %s\n", plural(c.Number, "measurement"), c.Why)
	}
}
