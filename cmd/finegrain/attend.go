package main

// attend: attention on arrays of the user's own. It promises an error before it writes anything, or refuses
// and says what would work.

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"math/big"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"gonum.org/v1/gonum/mat"

	"finegrain"
	"finegrain/algorithms"
	"finegrain/algorithms/attention"
	"finegrain/algorithms/tree"
	"finegrain/internal/npy"
)

type attendOptions struct {
	guaranteed
	q, k, v, ranges string
	tree            string // none: chosen by the keys
	causal          bool
}

// number is a finite number that may be absent.
type number struct {
	value    float64
	set      bool
	positive bool // only numbers above 0 are accepted
}

func (n *number) String() string { return "" }
func (n *number) Type() string   { return "NUMBER" }
func (n *number) Set(text string) error {
	x, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil || math.IsNaN(x) || math.IsInf(x, 0):
		return fmt.Errorf("%q is no finite number", text)
	case n.positive && x <= 0:
		return fmt.Errorf("%q is out of range; it must be above 0", text)
	}
	n.value, n.set = x, true
	return nil
}

func (a *app) attend() *cobra.Command {
	var o attendOptions
	cmd := &cobra.Command{
		Use:   "attend --q Q.npy --k K.npy --v V.npy --out O.npy",
		Short: "Compute attention on arrays of one's own, with a guaranteed error",
		Long: "Compute softmax(s·QKᵀ)·V on NumPy arrays of float64 or float32: n by d queries, m by d keys, m by dv\n" +
			"values. With --causal query i sees the keys j ≤ i. With --ranges R.npy, n by 2, it sees those from R[i,0] to\n" +
			"before R[i,1], counted from 0: whole numbers, in an array of int64 or int32, or of floats as all others.\n" +
			"The streaming algorithms take no ranges: exact is used unless --algorithm polynomial is given, which is\n" +
			"nearly linear in n and m where scores are small.\n\n" +
			"The error is absolute, the largest |out − exact|. What is guaranteed of it is proved from the numbers of\n" +
			"this very run, and includes the rounding of the written file. With --error E the command refuses, with\n" +
			"exit code 1, where it cannot guarantee E. " + forceHelp,
		Example: "  finegrain attend --q q.npy --k k.npy --v v.npy --error 1e-9 --out o.npy",
		Args:    exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.ranges != "" && !cmd.Flags().Changed("algorithm") {
				o.algorithm = attention.Exact.Name
			}
			return a.runAttend(cmd.Context(), &o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.q, "q", "", "queries, n by d")
	flags.StringVar(&o.k, "k", "", "keys, m by d")
	flags.StringVar(&o.v, "v", "", "values, m by dv")
	flags.BoolVar(&o.causal, "causal", false, "query i sees only keys j ≤ i")
	flags.StringVar(&o.ranges, "ranges", "", "n by 2: the first key that each query sees, and the one after the last")
	choice(cmd, &o.tree, "tree", "", "with --algorithm tree: the tree of the keys, instead of the one that they ask for, and whatever it takes", tree.Builders)
	o.guaranteedFlags(cmd, "n by dv", attention.Streaming.Name, attentionNames())
	o.seedFlag(cmd)
	return cmd
}

// sameFile reports whether two names are of one file that exists.
func sameFile(a, b string) bool {
	first, errFirst := os.Stat(a)
	second, errSecond := os.Stat(b)
	return errFirst == nil && errSecond == nil && os.SameFile(first, second)
}

// attended is what attend prints with --json.
type attended struct {
	Algorithm  string         `json:"algorithm"`
	Kernel     string         `json:"kernel"` // on which the guarantee depends
	N          int            `json:"n"`
	M          int            `json:"m"`
	D          int            `json:"d"`
	DV         int            `json:"dv"`
	B          float64        `json:"B"`
	Scale      float64        `json:"scale"`
	Causal     bool           `json:"causal"`
	Ranges     bool           `json:"ranges"`
	Asked      *float64       `json:"error_asked"`      // null unless asked
	Guaranteed *float64       `json:"error_guaranteed"` // null if nothing is promised
	Seconds    float64        `json:"seconds"`
	Operations finegrain.Cost `json:"operations"`
	// Chosen is what the algorithm chose by the data, such as the degree of a polynomial or the kind of a tree.
	Chosen    map[string]any `json:"chosen,omitempty"`
	Precision string         `json:"precision"`
	Out       string         `json:"out"`
}

func (a *app) runAttend(ctx context.Context, o *attendOptions) error {
	if o.causal && o.ranges != "" {
		return request("--causal and --ranges are two masks; a causal one is the ranges from 0 to before i+1, so leave one out")
	}
	method, err := algorithms.AttentionNamed(o.algorithm)
	if err != nil {
		return err
	}
	if o.tree != "" {
		if method.Name != tree.Tree.Name {
			return request("--tree says how algorithm %s keeps the keys, and the algorithm is %s; leave --tree out or add --algorithm %[1]s",
				tree.Tree.Name, method.Name)
		}
		method = tree.With(o.tree)
	}
	if err := o.checkFiles("attend", []given{{"q", o.q}, {"k", o.k}, {"v", o.v}}, o.ranges); err != nil {
		return err
	}
	in, beside, err := a.attentionInstance(ctx, o, method)
	if err != nil {
		return err
	}
	env := finegrain.NewEnv(ctx, o.seed)
	bar := a.newProgress()
	defer bar.close()
	env.Progress = bar.report
	start := time.Now()
	out, cost, err := o.compute(env, method, in, beside)
	took := time.Since(start)
	if err != nil {
		return err
	}
	rounded, bound, err := o.rounded(in, out)
	if err != nil {
		return err
	}
	if err := o.keeps(method.Name, out.Bound, bound); err != nil {
		return err
	}
	if err := o.write(ctx, rounded); err != nil {
		return err
	}
	r := in.Regime()
	result := attended{
		Algorithm: method.Name, Kernel: kernelName(), N: r.Queries, M: r.Keys, D: r.Dim, DV: r.ValueDim,
		B: r.B, Scale: r.Scale, Causal: r.Causal, Ranges: in.Ranges != nil,
		Asked: o.asked(), Seconds: took.Seconds(), Operations: cost, Chosen: out.Choices(), Precision: o.precision, Out: o.out,
	}
	if !math.IsInf(bound, 0) && !math.IsNaN(bound) {
		result.Guaranteed = &bound
	}
	if o.json {
		return a.printJSON(result)
	}
	result.write(a.stdout)
	return nil
}

func (r *attended) write(w io.Writer) {
	fmt.Fprintf(w, "attention of %d queries and %d keys, d = %d, dv = %d, B = %.4g, scale = %.4g: %s, %s s\n",
		r.N, r.M, r.D, r.DV, r.B, r.Scale, r.Algorithm, short(r.Seconds))
	promise := "nothing is guaranteed of the error"
	if r.Guaranteed != nil {
		promise = fmt.Sprintf("the error is at most %.3g", attention.ThreeDigitsUp(*r.Guaranteed))
	}
	fmt.Fprintf(w, "%s%s; written to %s in %s\n", chosenByData(r.Chosen), promise, r.Out, r.Precision)
}

// chosenByData says what an algorithm chose, before what follows; empty: nothing.
func chosenByData(choices map[string]any) string {
	var chosen []string
	for _, name := range slices.Sorted(maps.Keys(choices)) {
		format := "%s %v"
		if _, number := choices[name].(float64); number {
			format = "%s %.4g"
		}
		chosen = append(chosen, fmt.Sprintf(format, name, choices[name]))
	}
	if chosen == nil {
		return ""
	}
	return fmt.Sprintf("chosen by the data: %s; ", strings.Join(chosen, ", "))
}

// attentionInstance reads the arrays, shapes first, and returns the memory that they and the outputs take.
func (a *app) attentionInstance(ctx context.Context, o *attendOptions, method attention.Method,
) (in attention.Instance, beside float64, err error) {
	names := []string{o.q, o.k, o.v}
	if o.ranges != "" {
		names = append(names, o.ranges)
	}
	arrays := make([]array, len(names))
	for i, name := range names {
		reader := npy.NewReader
		if i == 3 { // ranges
			reader = npy.NewWholeReader
		}
		x, err := a.openArrayAs(ctx, name, reader)
		if err != nil {
			return in, 0, err
		}
		defer x.in.Close()
		arrays[i] = x
	}
	q, k, v := arrays[0], arrays[1], arrays[2]
	if q.Cols != k.Cols {
		return in, 0, request("%s and %s; queries and keys must have the same number of columns", q.shape(), k.shape())
	}
	if k.Rows != v.Rows {
		return in, 0, request("%s and %s; each key needs one row of values", k.shape(), v.shape())
	}
	least := attention.Regime{ // that it can be; the entries decide the rest
		Queries: q.Rows, Keys: k.Rows, Dim: q.Cols, ValueDim: v.Cols, B: 1, MaxV: 1, VGrain: 1,
		Causal: o.causal, Epsilon: o.epsilon.value,
	}
	if o.ranges != "" {
		if x := arrays[3]; x.Rows != q.Rows || x.Cols != 2 {
			return in, 0, request("%s and %s; ranges need a row for each query and two columns", x.shape(), q.shape())
		}
		least.RangePairs = int64(q.Rows)
		beside = 16 * float64(q.Rows)
	}
	in.Causal, in.Epsilon = o.causal, o.epsilon.value
	in.Scale = o.scaleFor(q.Cols)
	least.Scale = in.Scale
	beside += 2 * 8 * float64(q.Rows) * float64(v.Cols) // the output and its rounded copy
	for _, x := range arrays {
		beside += float64(x.Bytes())
	}
	if err := o.affordMethod(method, least, beside); err != nil {
		return in, 0, err
	}
	for i, to := range []**mat.Dense{&in.Q, &in.K, &in.V} {
		m, err := arrays[i].read()
		if err != nil {
			return in, 0, err
		}
		*to = m
	}
	if o.ranges != "" {
		x, err := arrays[3].read()
		if err != nil {
			return in, 0, err
		}
		if in.Ranges, err = rangesOf(x); err != nil {
			return in, 0, inFile(o.ranges, err)
		}
	}
	if err := in.Validate(); err != nil {
		whole := in
		if whole.Ranges = nil; in.Ranges != nil && whole.Validate() == nil { // the ranges are what is wrong
			return in, 0, request("%s: %v (queries are rows, counted from 0)", o.ranges, err)
		}
		return in, 0, request("%v", err)
	}
	return in, beside, nil
}

// rangesOf reads ranges off an array of two columns.
func rangesOf(x *mat.Dense) ([]attention.Range, error) {
	rows, _ := x.Dims()
	ranges := make([]attention.Range, rows)
	for i := range ranges {
		for c, to := range []*int{&ranges[i].From, &ranges[i].To} {
			y := x.At(i, c)
			if y != math.Trunc(y) || math.Abs(y) > 1<<53 {
				return nil, fmt.Errorf("holds %v at row %d, column %d (counted from 0); keys are numbered by whole numbers", y, i, c)
			}
			*to = int(y)
		}
	}
	return ranges, nil
}

// affordMethod refuses a method that would take too much memory beside what is there anyway.
func (o *attendOptions) affordMethod(method attention.Method, r attention.Regime, beside float64) error {
	return o.afford(method.Name, beside+float64(method.Guarantee.Bytes(r)))
}

// compute runs the method for an error that leaves room for rounding to float32. With --force it runs a
// second time without an error asked if the first refuses. The memory, which may depend on the entries and on the
// error, is estimated again before each; beside is what is there anyway.
func (o *attendOptions) compute(
	env finegrain.Env, method attention.Method, in attention.Instance, beside float64,
) (attention.Output, finegrain.Cost, error) {
	if o.epsilon.set {
		room := o.roundingRoom(in.Regime().MaxV)
		if in.Epsilon -= room; in.Epsilon <= 0 && !o.force {
			return attention.Output{}, nil, refuse("rounding to float32 alone may err by %.3g, and the error asked is %.3g; "+
				"ask for more%s", room, o.epsilon.value, o.morePrecision())
		}
		in.Epsilon = max(in.Epsilon, 0)
	}
	with := func(run func(finegrain.Env, attention.Instance) (attention.Output, finegrain.Cost, error),
	) func() (attention.Output, finegrain.Cost, error) {
		if run == nil {
			return nil
		}
		return func() (attention.Output, finegrain.Cost, error) {
			if err := o.affordMethod(method, in.Regime(), beside); err != nil {
				return attention.Output{}, nil, err
			}
			return run(env, in)
		}
	}
	return orForced(&o.guaranteed, &in.Epsilon, with(method.Run), with(method.Forced))
}

// roundingRoom is what rounding an output to float32 may add: outputs are averages of values, so at most
// half a unit in the last place of the largest, or of the least float32.
func (o *attendOptions) roundingRoom(largest float64) float64 {
	if o.written() == npy.Float32 {
		return largest*0x1p-24 + math.SmallestNonzeroFloat32
	}
	return 0
}

// rounded is the output as it will be written, with a bound on its error that includes the rounding. The
// rounding is measured entry by entry.
func (o *attendOptions) rounded(in attention.Instance, out attention.Output) (*mat.Dense, float64, error) {
	rows, _ := in.Q.Dims()
	_, cols := in.V.Dims()
	if err := out.WellFormed(rows, cols); err != nil {
		return nil, 0, err
	}
	rounded := out.Dense()
	if err := o.round("output", rounded); err != nil {
		return nil, 0, err
	}
	if o.written() == npy.Float64 && out.Float != nil {
		return rounded, out.Bound, nil
	}
	worst := new(big.Float)
	for i := range rows {
		for j := range cols {
			off := out.At(i, j)
			off.SetPrec(max(off.Prec(), 53) + 64)
			if off.Sub(off, big.NewFloat(rounded.At(i, j))).Abs(off).Cmp(worst) > 0 {
				worst.Set(off)
			}
		}
	}
	total := new(big.Float).SetPrec(128).SetMode(big.AwayFromZero).SetFloat64(out.Bound)
	bound, accuracy := total.Add(total, worst).Float64()
	if accuracy == big.Below {
		bound = math.Nextafter(bound, math.Inf(1))
	}
	return rounded, bound, nil
}
