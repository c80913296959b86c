package main

// generate training: the arrays that gradient takes, in the setting where the polynomial method serves.

import (
	"github.com/spf13/cobra"
	"gonum.org/v1/gonum/mat"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/internal/outfile"
)

// generatedTraining is instance.json of a generated training step.
type generatedTraining struct {
	Command string  `json:"command"`
	Scale   float64 `json:"scale"`
	N       int     `json:"n"` // queries
	M       int     `json:"m"` // keys
	D       int     `json:"d"`
	K       int     `json:"k"` // columns of A3
	H       int     `json:"h"` // columns of Y and E
	B       float64 `json:"B"`
	Out     string  `json:"out,omitempty"`
}

// Limits of what is made: 16 GiB in all, and no size beyond them by itself.
const (
	mostTrainingRows    = 1 << 30
	mostTrainingColumns = 1 << 16
	mostTrainingEntries = 1 << 31
)

func (a *app) generateTraining() *cobra.Command {
	var o generated
	s := attention.TrainingSize{Queries: 1024, Dim: 4, Width: 4, ValueDim: 4}
	b := 0.5
	names := []string{"n", "m", "d", "k", "h", "B"}
	cmd := &cobra.Command{
		Use:   "training",
		Short: "Make a training step of an attention layer",
		Long: "Make a training step of an attention layer, for gradient: a directory with a1.npy, a2.npy, a3.npy, x.npy, y.npy,\n" +
			"e.npy, and instance.json. The entries of A1·X and of A2 reach B, those of A3·Y and E are at most 1; scale 1/d.\n\n" +
			"The same parameters and the same seed make the same instance.",
		Example: "  finegrain generate training --n 64 --d 2 --seed 7 --out made",
		Args:    exactly(),
	}
	cmd.Flags().IntVar(&s.Queries, "n", s.Queries, "rows of A1 and E: queries")
	cmd.Flags().IntVar(&s.Keys, "m", 0, "rows of A2 and A3: keys; 0: n")
	cmd.Flags().IntVar(&s.Dim, "d", s.Dim, "head dimension: columns of A1 and A2, and X is d×d")
	cmd.Flags().IntVar(&s.Width, "k", s.Width, "columns of A3")
	cmd.Flags().IntVar(&s.ValueDim, "h", s.ValueDim, "columns of Y and E")
	cmd.Flags().Float64Var(&b, "B", b, "largest absolute entry of A1·X and A2")
	o.flags(cmd, "", "directory to make")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		s := s
		if o.out == "" {
			return request("generate training needs --out DIR")
		}
		if s.Keys == 0 {
			s.Keys = s.Queries
		}
		for _, x := range []struct {
			name        string
			value, most int
		}{
			{"n", s.Queries, mostTrainingRows},
			{"m", s.Keys, mostTrainingRows},
			{"d", s.Dim, mostTrainingColumns},
			{"k", s.Width, mostTrainingColumns},
			{"h", s.ValueDim, mostTrainingColumns},
		} {
			if x.value < 1 || x.value > x.most {
				return request("--%s %d must lie between 1 and %d", x.name, x.value, x.most)
			}
		}
		if !(b >= 0 && b <= 1e12) {
			return request("--B %v must lie between 0 and 1e12", b)
		}
		n, m, d, k, h := float64(s.Queries), float64(s.Keys), float64(s.Dim), float64(s.Width), float64(s.ValueDim)
		entries := n*(d+h) + m*(d+k) + d*d + k*h
		if entries > mostTrainingEntries {
			return request("%.3g matrix entries exceed the limit of 2^31; lower n, m, d, k or h", entries)
		}
		if err := o.afford("a training step", 8*(entries+n*d+m*h)); err != nil { // with the products that are scaled
			return err
		}
		ctx := cmd.Context()
		if err := outfile.CheckDirectory(o.out, nobodys); err != nil {
			return err
		}
		t := attention.BoundedTraining(finegrain.NewEnv(ctx, o.seed).Rand("generate training"), s, b)
		about := generatedTraining{
			Command: command(cmd, names), Scale: t.Scale, N: s.Queries, M: s.Keys, D: s.Dim, K: s.Width, H: s.ValueDim, B: b,
		}
		err := outfile.Directory(ctx, o.out, func(dir string) error {
			return writeArrays(ctx, dir, []string{"a1", "a2", "a3", "x", "y", "e"}, []*mat.Dense{t.A1, t.A2, t.A3, t.X, t.Y, t.E}, about)
		})
		if err != nil || !o.json {
			return err
		}
		about.Out = o.out
		return a.printJSON(about)
	}
	return cmd
}
