package main

// gradient: the gradient of the loss of an attention layer, on arrays of the user's own. Like attend it promises
// an error before it writes anything, or refuses and says what would work.

import (
	"context"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/spf13/cobra"
	"gonum.org/v1/gonum/mat"

	"finegrain"
	"finegrain/algorithms"
	"finegrain/algorithms/attention"
)

type gradientOptions struct {
	guaranteed
	arrays [6]string // as in trainingFlags
}

// trainingFlags are the arrays that make a training step.
var trainingFlags = [6]struct{ flag, doc string }{
	{"a1", "what queries are made of, n by d"},
	{"a2", "keys, m by d"},
	{"a3", "what values are made of, m by k"},
	{"x", "weights of the scores, d by d"},
	{"y", "weights of the values, k by h"},
	{"e", "targets, n by h"},
}

func (a *app) gradient() *cobra.Command {
	var o gradientOptions
	cmd := &cobra.Command{
		Use:   "gradient --a1 A1.npy --a2 A2.npy --a3 A3.npy --x X.npy --y Y.npy --e E.npy --out G.npy",
		Short: "Compute the gradient of the loss of an attention layer, with a guaranteed error",
		Long: "Compute dL/dX for the loss L = ½·‖softmax(s·A1·X·A2ᵀ)·A3·Y − E‖² (sum of squares over all entries), the\n" +
			"softmax taken of each row, on NumPy arrays of float64 or float32.\n\n" +
			"The error is absolute, the largest |out − exact| of an entry of the gradient, which is a sum over n queries.\n" +
			"What is guaranteed of it is proved from the numbers of this very run, and includes the rounding of the\n" +
			"written file. --algorithm polynomial is for bounded scores, where its time is linear in n and m. With --error E\n" +
			"the command refuses, with exit code 1, where it cannot guarantee E. " + forceHelp,
		Example: "  finegrain gradient --a1 a1.npy --a2 a2.npy --a3 a3.npy --x x.npy --y y.npy --e e.npy --out g.npy",
		Args:    exactly(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runGradient(cmd.Context(), &o) },
	}
	for i, f := range trainingFlags {
		cmd.Flags().StringVar(&o.arrays[i], f.flag, "", f.doc)
	}
	var names []string
	for _, m := range algorithms.Gradients() {
		names = append(names, m.Name)
	}
	o.guaranteedFlags(cmd, "d by d", attention.ExactGradient.Name, names)
	return cmd
}

// differentiated is what gradient prints with --json.
type differentiated struct {
	Algorithm  string         `json:"algorithm"`
	Kernel     string         `json:"kernel"` // on which the guarantee depends
	N          int            `json:"n"`
	M          int            `json:"m"`
	D          int            `json:"d"`
	K          int            `json:"k"`
	H          int            `json:"h"`
	Scale      float64        `json:"scale"`
	Loss       float64        `json:"loss"`
	LossError  float64        `json:"loss_error_guaranteed"`
	Asked      *float64       `json:"error_asked"` // null unless asked
	Guaranteed float64        `json:"error_guaranteed"`
	Seconds    float64        `json:"seconds"`
	Operations finegrain.Cost `json:"operations"`
	Chosen     map[string]any `json:"chosen,omitempty"` // by the data
	Precision  string         `json:"precision"`
	Out        string         `json:"out"`
}

func (a *app) runGradient(ctx context.Context, o *gradientOptions) error {
	method, err := algorithms.GradientNamed(o.algorithm)
	if err != nil {
		return err
	}
	var inputs []given
	for i, f := range trainingFlags {
		inputs = append(inputs, given{f.flag, o.arrays[i]})
	}
	if err := o.checkFiles("gradient", inputs); err != nil {
		return err
	}
	t, err := a.training(ctx, o, method)
	if err != nil {
		return err
	}
	env := finegrain.NewEnv(ctx, 1) // no algorithm draws
	bar := a.newProgress()
	defer bar.close()
	env.Progress = bar.report
	start := time.Now()
	g, cost, err := orForced(&o.guaranteed, &t.Epsilon, func() (attention.Gradient, finegrain.Cost, error) {
		return method.Run(env, t)
	}, nil)
	took := time.Since(start)
	if err != nil {
		return err
	}
	rounded, bound, err := o.rounded(g)
	if err != nil {
		return err
	}
	if err := o.keeps(method.Name, g.Bound, bound); err != nil {
		return err
	}
	if err := o.write(ctx, rounded); err != nil {
		return err
	}
	s := t.Size()
	result := differentiated{
		Algorithm: method.Name, Kernel: kernelName(),
		N: s.Queries, M: s.Keys, D: s.Dim, K: s.Width, H: s.ValueDim, Scale: t.Scale,
		Loss: g.Loss, LossError: g.LossBound, Guaranteed: bound, Seconds: took.Seconds(), Operations: cost,
		Asked: o.asked(), Chosen: g.Choices, Precision: o.precision, Out: o.out,
	}
	if o.json {
		return a.printJSON(result)
	}
	result.write(a.stdout)
	return nil
}

func (r *differentiated) write(w io.Writer) {
	fmt.Fprintf(w, "gradient of %d queries and %d keys, d = %d, h = %d, scale = %.4g: %s, %s s\n",
		r.N, r.M, r.D, r.H, r.Scale, r.Algorithm, short(r.Seconds))
	fmt.Fprintf(w, "%sthe loss is %.6g up to %.3g; no entry of the gradient is off by more than %.3g; written to %s in %s\n",
		chosenByData(r.Chosen), r.Loss, attention.ThreeDigitsUp(r.LossError), attention.ThreeDigitsUp(r.Guaranteed), r.Out, r.Precision)
}

// training reads the arrays, shapes first.
func (a *app) training(ctx context.Context, o *gradientOptions, method attention.GradientMethod,
) (t attention.Training, err error) {
	var arrays [6]array
	for i, name := range o.arrays {
		if arrays[i], err = a.openArray(ctx, name); err != nil {
			return t, err
		}
		defer arrays[i].in.Close()
	}
	a1, a2, a3, x, y, e := arrays[0], arrays[1], arrays[2], arrays[3], arrays[4], arrays[5]
	for _, c := range []struct {
		fits bool
		a, b array
		why  string
	}{
		{a1.Cols == a2.Cols, a1, a2, "queries and keys must have the same number of columns"},
		{a2.Rows == a3.Rows, a2, a3, "each key needs one row of values"},
		{x.Rows == a1.Cols && x.Cols == a1.Cols, a1, x, "X needs a row and a column for each column of A1"},
		{y.Rows == a3.Cols, a3, y, "Y needs a row for each column of A3"},
		{e.Rows == a1.Rows, a1, e, "each query needs one row of targets"},
		{e.Cols == y.Cols, y, e, "Y and E must have the same number of columns"},
	} {
		if !c.fits {
			return t, request("%s and %s; %s", c.a.shape(), c.b.shape(), c.why)
		}
	}
	size := attention.TrainingSize{Queries: a1.Rows, Keys: a2.Rows, Dim: a1.Cols, Width: a3.Cols, ValueDim: y.Cols}
	bytes := float64(method.Bytes(size))
	for _, in := range arrays {
		bytes += float64(in.Bytes())
	}
	if err := o.afford(method.Name, bytes); err != nil {
		return t, err
	}
	for i, to := range []**mat.Dense{&t.A1, &t.A2, &t.A3, &t.X, &t.Y, &t.E} {
		if *to, err = arrays[i].read(); err != nil {
			return t, err
		}
	}
	t.Scale, t.Epsilon = o.scaleFor(size.Dim), o.epsilon.value
	return t, t.Validate()
}

// rounded is the gradient as it will be written, with a bound on its error that includes the rounding, which is measured
// entry by entry: the difference of two float64s of which one is near the other is exact.
func (o *gradientOptions) rounded(g attention.Gradient) (*mat.Dense, float64, error) {
	rounded := mat.DenseCopyOf(g.DX)
	if err := o.round("gradient", rounded); err != nil {
		return nil, 0, err
	}
	var off mat.Dense
	off.Sub(g.DX, rounded)
	worst := max(mat.Max(&off), -mat.Min(&off))
	if worst == 0 {
		return rounded, g.Bound, nil
	}
	return rounded, math.Nextafter(g.Bound+worst, math.Inf(1)), nil
}
