package main

// bench: the limits of this machine, and each kernel as a fraction of them, in one run.

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"finegrain"
	"finegrain/experiments"
	"finegrain/internal/memory"
	"finegrain/internal/simd"
)

// usualRounds keeps a full run within a minute on two cores, and a quick one within ten seconds.
const usualRounds = 7

func (a *app) bench() *cobra.Command {
	var c common
	var asked experiments.BenchRequest
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure the kernels as fractions of the machine's limits",
		Long: "Measure what the cores can do at most, by loops that do one thing, and what part of it the kernels reach:\n" +
			"attention, the scan for orthogonal pairs, the zeta transform, split and list; on one core and on all.\n\n" +
			"Every kernel is measured between two measurements of its limits, in rounds, since clocks drift. A fraction\n" +
			"is the time that the necessary work takes at the limits over the time taken: for attention, 4n²d operations\n" +
			"at the rate of multiply-adds and then n² exponentials, half of both where it is causal, and at d = 2 the\n" +
			"exponentials alone; for orthogonal vectors, n² times test and count, on lists without an orthogonal pair\n" +
			"whose words must all be looked at; for the zeta transform, the lists and two passes over its table, and for\n" +
			"split and list, whose n is that of variables and d that of clauses, the lists, at the rate of memory reads.\n" +
			"Where no limit is known, the fraction is –: for the histogram, for the triple loop, and in plain Go for all\n" +
			"but what memory binds.\n\n" +
			"Figures are medians over the rounds, a fraction that of each round's own fraction, so that it need not be the\n" +
			"quotient of two medians. It may pass 1 by a percent or so, since limits are measured loops themselves. A\n" +
			"spread is half the interquartile range relative to the median, and what exceeds 10 % is marked, since then\n" +
			"something else was using the machine; a single round has none. Memory reads are of the bytes shown, which\n" +
			"the last-level cache of a large server may hold. A ratio is the median over the rounds of one kernel's time\n" +
			"over another's.\n\n" +
			"FINEGRAIN_KERNEL=avx512, avx2 or go chooses other instructions than the widest.",
		Example: "  finegrain bench --quick --rounds 3",
		Args:    exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if asked.Rounds < 1 {
				return request("--rounds %d: at least 1 is needed", asked.Rounds)
			}
			if err := c.afford("the measurements", float64(experiments.BenchBytes(asked.Quick))); err != nil {
				return err
			}
			asked.Kernel, _ = simd.Chosen() // checked before
			return a.runBench(cmd.Context(), &c, asked)
		},
	}
	cmd.Flags().IntVar(&asked.Rounds, "rounds", usualRounds, "how often everything is measured")
	cmd.Flags().BoolVar(&asked.Quick, "quick", false, "small sizes and short measurements, for a first look")
	c.jsonFlag(cmd)
	c.seedFlag(cmd)
	cmd.Flags().Lookup("seed").Usage = "seed of the inputs that the kernels are measured on"
	c.memoryFlag(cmd)
	return cmd
}

// benched is what bench prints with --json. What is not known is null: a fraction without a limit, the spread
// of a single round, and with it whether a figure is steady.
type benched struct {
	Machine benchedMachine `json:"machine"`
	Quick   bool           `json:"quick"`
	Rounds  int            `json:"rounds"`
	Seed    uint64         `json:"seed"`
	Limits  []benchedLimit `json:"limits"`
	Rows    []benchedRow   `json:"rows"`
	Ratios  []benchedRatio `json:"ratios"`
	Seconds float64        `json:"seconds"`
}

type benchedMachine struct {
	build
	Cores int `json:"cores"`
}

type benchedLimit struct {
	Limit  string   `json:"limit"`
	ISA    string   `json:"isa"`
	Type   string   `json:"type,omitempty"`
	D      int      `json:"d,omitempty"`
	Bytes  int      `json:"bytes,omitempty"` // that are read
	Cores  int      `json:"cores"`
	Rate   float64  `json:"rate"` // units a second
	Unit   string   `json:"unit"`
	Spread *float64 `json:"spread"`
	Steady *bool    `json:"steady"`
}

type benchedSubject struct {
	Kernel string `json:"kernel"`
	ISA    string `json:"isa"`
	Type   string `json:"type,omitempty"`
	N      int    `json:"n"`
	D      int    `json:"d"`
	DV     int    `json:"dv,omitempty"`
	Causal bool   `json:"causal"`
	Cores  int    `json:"cores"`
}

type benchedRow struct {
	benchedSubject
	Seconds  float64  `json:"seconds"`
	Fraction *float64 `json:"fraction"`
	Of       string   `json:"of"`     // the limit; empty where none is known
	Spread   *float64 `json:"spread"` // of the fraction, or of the seconds where there is none
	Steady   *bool    `json:"steady"`
}

type benchedRatio struct {
	Name        string         `json:"name"`
	Numerator   benchedSubject `json:"numerator"` // its seconds are divided by the other's
	Denominator benchedSubject `json:"denominator"`
	Ratio       float64        `json:"ratio"`
	Spread      *float64       `json:"spread"`
	Steady      *bool          `json:"steady"`
}

func (a *app) runBench(ctx context.Context, c *common, asked experiments.BenchRequest) error {
	env := finegrain.NewEnv(ctx, c.seed)
	bar := a.newProgress()
	env.Progress = bar.report
	report, err := experiments.Bench(env, asked)
	bar.close()
	if err != nil {
		return err
	}
	b := benchedOf(report)
	b.Seed = c.seed
	if c.json {
		return a.printJSON(b)
	}
	b.write(a.stdout)
	return nil
}

func benchedOf(r experiments.BenchReport) benched {
	b := benched{
		Machine: benchedMachine{thisBuild(), r.Cores},
		Quick:   r.Quick, Rounds: r.Rounds, Seconds: r.Seconds,
		Limits: []benchedLimit{}, Rows: []benchedRow{}, Ratios: []benchedRatio{},
	}
	for _, l := range r.Limits {
		b.Limits = append(b.Limits, benchedLimit{
			l.Name, l.ISA.String(), l.Type, l.D, l.N, l.Cores,
			l.Rate.Median, l.Unit, known(l.Rate.Spread), steady(l.Rate),
		})
	}
	for _, k := range r.Kernels {
		b.Rows = append(b.Rows, benchedRow{
			benchedSubjectOf(k.Subject), k.Seconds, known(k.Fraction.Median), k.Limit,
			known(k.Steady.Spread), steady(k.Steady),
		})
	}
	for _, q := range r.Ratios {
		b.Ratios = append(b.Ratios, benchedRatio{
			q.Name, benchedSubjectOf(q.Numerator), benchedSubjectOf(q.Denominator),
			q.Ratio.Median, known(q.Ratio.Spread), steady(q.Ratio),
		})
	}
	return b
}

func benchedSubjectOf(s experiments.Subject) benchedSubject {
	return benchedSubject{s.Name, s.ISA.String(), s.Type, s.N, s.D, s.DV, s.Causal, s.Cores}
}

// known is nil for NaN, which JSON does not have.
func known(x float64) *float64 {
	if math.IsNaN(x) {
		return nil
	}
	return &x
}

// steady is nil where the spread is not known.
func steady(f experiments.Figure) *bool {
	if math.IsNaN(f.Spread) {
		return nil
	}
	return new(!f.Unsteady())
}

func (b benched) write(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	unsteady := 0
	spread := func(x *float64, steady *bool) string {
		switch {
		case x == nil || steady == nil:
			return "–"
		case !*steady:
			unsteady++
			return fmt.Sprintf("%.1f %% !", 100**x)
		}
		return fmt.Sprintf("%.1f %%", 100**x)
	}
	fmt.Fprintf(table, "%s, %d cores, %s, kernel %s\n\n", b.Machine.CPU, b.Machine.Cores, b.Machine.Go, b.Machine.Kernel)
	fmt.Fprintln(table, "limit\tisa\tof\tcores\trate\tspread")
	for _, l := range b.Limits {
		of := l.Type
		switch {
		case l.D > 0:
			of = fmt.Sprintf("d=%d", l.D)
		case l.Bytes > 0:
			of = memory.Format(int64(l.Bytes))
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%s G%s/s\t%s\n", l.Limit, l.ISA, of, l.Cores, plain(l.Rate/1e9), l.Unit,
			spread(l.Spread, l.Steady))
	}
	fmt.Fprintln(table, "\nkernel\tisa\ttype\tn\td\tdv\tcores\tms\tfraction\tspread\tof")
	for _, r := range b.Rows {
		fraction := "–"
		if r.Fraction != nil {
			fraction = fmt.Sprintf("%.3f", *r.Fraction)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.name(), r.ISA, r.sizes(), plain(1000*r.Seconds), fraction,
			spread(r.Spread, r.Steady), cmp.Or(r.Of, "–"))
	}
	fmt.Fprintln(table, "\nratio of times\ttype\tn\td\tdv\tcores\tratio\tspread")
	for _, q := range b.Ratios {
		fmt.Fprintf(table, "%s in %s over %s in %s\t%s\t%.2f\t%s\n", q.Numerator.name(), q.Numerator.ISA,
			q.Denominator.name(), q.Denominator.ISA, q.Denominator.sizes(), q.Ratio, spread(q.Spread, q.Steady))
	}
	table.Flush()
	fmt.Fprintf(w, "\n%s, seed %d, %s s\n", plural(b.Rounds, "round"), b.Seed, short(b.Seconds))
	if b.Rounds == 1 {
		fmt.Fprintln(w, "note: with one round there is no spread to judge the figures by")
	}
	if unsteady > 0 {
		fmt.Fprintf(w, "warning: %d figures marked ! spread by more than 10 %%; something else uses the machine\n", unsteady)
	}
}

func (s benchedSubject) name() string {
	if s.Causal {
		return s.Kernel + ", causal"
	}
	return s.Kernel
}

// sizes are the columns type, n, d, dv and cores, in which the two sides of a ratio agree.
func (s benchedSubject) sizes() string {
	dv := "–"
	if s.DV > 0 {
		dv = strconv.Itoa(s.DV)
	}
	return fmt.Sprintf("%s\t%d\t%d\t%s\t%d", cmp.Or(s.Type, "–"), s.N, s.D, dv, s.Cores)
}

// plain writes three digits at least, and never an exponent of ten for what is large.
func plain(x float64) string {
	if x >= 999.5 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return short(x)
}
