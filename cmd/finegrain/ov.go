package main

// ov: the algorithms for orthogonal vectors on an instance in a file.

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"finegrain"
	"finegrain/algorithms"
	"finegrain/ovp"
)

// ovTask is something that can be asked about an orthogonal-vectors instance.
type ovTask struct {
	name, short, long string
	run               func(finegrain.Env, ovp.Algorithm, ovp.Instance, *ovAnswer) error
	needsHistogram    bool
	write             func(io.Writer, *ovAnswer)
}

// ovAnswer is what ov prints with --json; of the answers only the task's own are there.
type ovAnswer struct {
	Task      string `json:"task"`
	Algorithm string `json:"algorithm"`
	Kernel    string `json:"kernel"`
	N         int    `json:"n"`
	D         int    `json:"d"`

	Found     *bool    `json:"found,omitempty"`
	Count     *string  `json:"count,omitempty"` // in decimal
	Histogram []uint64 `json:"histogram,omitempty"`
	Max       *int     `json:"max,omitempty"`
	I         *int     `json:"i,omitempty"` // of the pair, from 0
	J         *int     `json:"j,omitempty"`

	Seconds    float64        `json:"seconds"`
	Operations finegrain.Cost `json:"operations"`
}

func (o *ovAnswer) pair(p ovp.Pair) { o.I, o.J = &p.I, &p.J }

var ovTasks = []ovTask{
	{
		name:  "decide",
		short: "Find an orthogonal pair, or say that there is none",
		long: "Find the first orthogonal pair, or say that there is none; the exit code is 0 either way. Indices\n" +
			"count from 0.",
		run: func(env finegrain.Env, a ovp.Algorithm, in ovp.Instance, o *ovAnswer) error {
			found, cost, err := a.Find(env, in)
			o.Found, o.Operations = &found.Any, cost
			if found.Any {
				o.pair(found.Pair)
			}
			return err
		},
		write: func(w io.Writer, o *ovAnswer) {
			if !*o.Found {
				fmt.Fprintln(w, "no orthogonal pair")
				return
			}
			fmt.Fprintf(w, "vector %d of A and vector %d of B are orthogonal\n", *o.I, *o.J)
		},
	},
	{
		name:  "count",
		short: "Count the orthogonal pairs",
		long:  "Count the orthogonal pairs exactly.",
		run: func(env finegrain.Env, a ovp.Algorithm, in ovp.Instance, o *ovAnswer) error {
			count, cost, err := a.Count(env, in)
			if err == nil {
				text := count.String()
				o.Count, o.Operations = &text, cost
			}
			return err
		},
		write: func(w io.Writer, o *ovAnswer) { fmt.Fprintln(w, *o.Count) },
	},
	{
		name:           "histogram",
		short:          "Count the pairs of every inner product",
		long:           "Count the pairs of every inner product, 0 to d: d+1 totals over all n·n pairs.",
		needsHistogram: true,
		run: func(env finegrain.Env, a ovp.Algorithm, in ovp.Instance, o *ovAnswer) error {
			h, cost, err := a.Histogram(env, in)
			o.Histogram, o.Operations = h.Totals, cost
			return err
		},
		write: func(w io.Writer, o *ovAnswer) {
			table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
			fmt.Fprintln(table, "inner product\tpairs\t")
			for k, c := range o.Histogram {
				fmt.Fprintf(table, "%d\t%d\t\n", k, c)
			}
			table.Flush()
		},
	},
	{
		name:           "max-ip",
		short:          "Find a pair with the largest inner product",
		long:           "Find the first pair with the largest inner product. Indices count from 0.",
		needsHistogram: true,
		run: func(env finegrain.Env, a ovp.Algorithm, in ovp.Instance, o *ovAnswer) error {
			h, cost, err := a.Histogram(env, in)
			o.Operations = cost
			if h.Max.Any {
				o.Max = &h.Max.Value
				o.pair(h.Max.Pair)
			}
			return err
		},
		write: func(w io.Writer, o *ovAnswer) {
			if o.Max == nil {
				fmt.Fprintln(w, "no pairs")
				return
			}
			fmt.Fprintf(w, "inner product %d, of vector %d of A and vector %d of B\n", *o.Max, *o.I, *o.J)
		},
	},
}

func (a *app) ov() *cobra.Command {
	parent := &cobra.Command{
		Use:   "ov",
		Short: "The algorithms for orthogonal vectors",
		Long: "Ask about an instance of orthogonal vectors: a text file with a line \"p ov n d\", then n rows of d\n" +
			"digits 0 or 1 for the vectors of A, then as many for those of B. Lines that begin with c are comments.",
		Example: "  finegrain ov decide instance.ov",
	}
	var children []*cobra.Command
	for _, task := range ovTasks {
		children = append(children, a.ovTask(task))
	}
	return group(parent, children...)
}

func (a *app) ovTask(task ovTask) *cobra.Command {
	var c common
	var algorithm string
	cmd := &cobra.Command{
		Use:   task.name + " FILE.ov",
		Short: task.short,
		Long: task.long + "\n\nThe default algorithm, scan, serves every instance; zeta takes time n + d·2^d, whatever the\n" +
			"number of pairs, and serves small d.",
		Example: "  finegrain ov " + task.name + " instance.ov --json",
		Args:    exactly("FILE.ov"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runOV(cmd.Context(), &c, task, algorithm, args[0])
		},
	}
	var names []string
	for _, o := range algorithms.OrthogonalVectors() {
		names = append(names, o.Name)
	}
	choice(cmd, &algorithm, "algorithm", ovp.Scan.Name, "the algorithm", names)
	c.jsonFlag(cmd)
	c.memoryFlag(cmd)
	return cmd
}

func (a *app) runOV(ctx context.Context, c *common, task ovTask, name, file string) error {
	algorithm, err := algorithms.OrthogonalVectorsNamed(name)
	if err != nil {
		return err
	}
	if task.needsHistogram && algorithm.Histogram == nil {
		return request("%s computes no inner products; use --algorithm %s", name, ovp.Scan.Name)
	}
	in, err := a.readVectors(ctx, c, file)
	if err != nil {
		return err
	}
	env := finegrain.NewEnv(ctx, 0) // no algorithm is randomised
	n, d := in.A.N(), in.D()
	if err := algorithm.Valid(n, n, d); err != nil {
		return request("%s does not serve %s: %v", name, file, err)
	}
	estimate := float64(in.Bytes()) + float64(algorithm.Bytes(env.Workers(), n, n, d))
	if err := c.afford(name+" on "+file, estimate); err != nil {
		return err
	}
	bar := a.newProgress()
	env.Progress = bar.report
	answer := &ovAnswer{Task: task.name, Algorithm: name, Kernel: kernelName(), N: n, D: d}
	start := time.Now()
	err = task.run(env, algorithm, in, answer)
	answer.Seconds = time.Since(start).Seconds()
	bar.close()
	if err != nil {
		return err
	}
	if c.json {
		return a.printJSON(answer)
	}
	task.write(a.stdout, answer)
	return nil
}
