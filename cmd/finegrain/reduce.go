package main

// reduce: the instances that a formula becomes, as files: the two lists of vectors, or every attention call
// with what is needed to read its output off by hand.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"finegrain"
	"finegrain/algorithms"
	"finegrain/algorithms/attention"
	"finegrain/internal/outfile"
	"finegrain/ovp"
	"finegrain/reductions"
	"finegrain/sat"
)

type reduceOptions struct {
	common
	to, out, route string
	h              entries
}

func (a *app) reduce() *cobra.Command {
	var o reduceOptions
	cmd := &cobra.Command{
		Use:   "reduce FILE.cnf --to ov|attention --out DIR",
		Short: "Write the instances that a formula becomes",
		Long: "Write the instances that a formula becomes.\n\n" +
			"--to ov: instance.ov, and instance.json, which says what each row stands for.\n" +
			"--to attention: a directory for each call to the oracle, call-00000 and so on, with q.npy, k.npy, v.npy and\n" +
			"instance.json, and above them instance.json, which says how the outputs are read off. The entries of the\n" +
			"interpolation route are the least at which the streaming algorithm promises the error, unless --h fixes them.",
		Example: "  finegrain reduce formula.cnf --to attention --route interpolation --out instances",
		Args:    exactly("FILE.cnf"),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runReduce(cmd.Context(), &o, args[0]) },
	}
	choice(cmd, &o.to, "to", "", "what to reduce to", []string{"ov", "attention"})
	choice(cmd, &o.route, "route", "", "the route to attention; threshold unless named", routeNames())
	cmd.Flags().StringVar(&o.out, "out", "", "directory to make")
	cmd.Flags().Var(&o.h, "h", "fix the entries of the interpolation route: B = √(2hd)")
	o.jsonFlag(cmd)
	o.seedFlag(cmd)
	o.memoryFlag(cmd)
	return cmd
}

// reducedHalf says what the rows of one list stand for.
type reducedHalf struct {
	Variables []int `json:"variables"` // of the half, in the order of the bits of a half-assignment, highest first
	Rows      int   `json:"rows"`      // that stand for half-assignments; others are padding
	// Assignments holds the half-assignment of each row as a number; null: row i is half-assignment i.
	Assignments []uint64 `json:"assignments"`
}

// reducedSplit is what instance.json says of split and list.
type reducedSplit struct {
	Variables     int         `json:"variables"` // of the formula
	Clauses       int         `json:"clauses"`
	FreeVariables []int       `json:"free_variables"` // occur in no clause, and double the count
	A             reducedHalf `json:"A"`
	B             reducedHalf `json:"B"`
	N             int         `json:"n"` // vectors of A
	M             int         `json:"m"` // vectors of B: data keys
	D             int         `json:"d"`
	Bounds        sizes       `json:"bounds"` // on n, m and d, from the size of the formula alone
}

// reducedOV is instance.json of --to ov, and what --json prints.
type reducedOV struct {
	To    string       `json:"to"`
	Split reducedSplit `json:"split"`
	File  struct {
		N int `json:"n"`
		D int `json:"d"`
	} `json:"file"` // as written: both lists of one length
	Files []string `json:"files"`
	Out   string   `json:"out,omitempty"`
}

// reducedPlan is instance.json of --to attention, and what --json prints.
type reducedPlan struct {
	To      string       `json:"to"`
	Route   string       `json:"route"`
	Split   reducedSplit `json:"split"`
	Calls   int          `json:"calls"`
	Sizes   sizes        `json:"sizes"`  // of each call
	Bounds  sizes        `json:"bounds"` // on the number of calls and on each size, from the size of the formula alone
	ReadOff string       `json:"read_off"`
	// Answer is there where no call has to be made.
	Answer string `json:"answer,omitempty"`
	// Constant is the interpolation route's coefficient of the node 1, where S = m is known.
	Constant string   `json:"lambda_constant,omitempty"`
	Files    []string `json:"files"`
	Out      string   `json:"out,omitempty"`
}

// reducedCall is instance.json of one call.
type reducedCall struct {
	Scale     float64  `json:"scale"`
	Epsilon   float64  `json:"epsilon"` // the error tolerated
	B         float64  `json:"B"`
	N         int      `json:"n"` // queries
	M         int      `json:"m"` // keys
	D         int      `json:"d"`
	Causal    bool     `json:"causal"`
	DataRows  int      `json:"data_rows"`           // rows of the output to be read; padding is not
	DataKeys  int      `json:"data_keys"`           // keys with value 1
	Threshold *float64 `json:"threshold,omitempty"` // a row whose output exceeds it has an orthogonal partner
	Node      string   `json:"node,omitempty"`      // x of the interpolation route
	Lambda    string   `json:"lambda,omitempty"`    // coefficient of S(x)
}

func (a *app) runReduce(ctx context.Context, o *reduceOptions, file string) error {
	switch {
	case o.to == "":
		return request("reduce needs --to ov or --to attention")
	case o.out == "":
		return request("reduce needs --out DIR")
	case o.to == "ov" && (o.route != "" || o.h > 0):
		return request("--route and --h are of use with --to attention only")
	}
	name := o.route
	if name == "" {
		name = "threshold"
		if o.h > 0 {
			name = "interpolation"
		}
	}
	route, err := reductions.RouteNamed(name)
	if err != nil {
		return err
	}
	if err := o.h.suits(route); err != nil {
		return err
	}
	if err := outfile.CheckDirectory(o.out, nobodys); err != nil {
		return err
	}
	f, err := a.readFormula(ctx, &o.common, file)
	if err != nil {
		return err
	}
	env := finegrain.NewEnv(ctx, o.seed)
	if o.to == "ov" {
		return a.reduceToVectors(env, o, f)
	}
	return a.reduceToAttention(env, o, f, route)
}

func (a *app) reduceToVectors(env finegrain.Env, o *reduceOptions, f sat.Formula) error {
	split, err := o.split(env, f)
	if err != nil {
		return err
	}
	square := ovp.Square(split.OV)
	result := reducedOV{To: "ov", Split: describeSplit(f, split), Files: []string{"instance.ov", "instance.json"}}
	result.File.N, result.File.D = square.A.N(), square.D()
	err = outfile.Directory(env, o.out, func(dir string) error {
		err := outfile.File(env, filepath.Join(dir, "instance.ov"), func(w io.Writer) error {
			return ovp.Write(w, square, result.Split.comments()...)
		})
		if err != nil {
			return err
		}
		return writeJSON(env, filepath.Join(dir, "instance.json"), result)
	})
	if err != nil {
		return err
	}
	if o.json {
		result.Out = o.out
		return a.printJSON(result)
	}
	s := result.Split
	fmt.Fprintf(a.stdout, "%d and %d vectors of %d bits, written to %s\n", s.N, s.M, s.D, o.out)
	return nil
}

// describeSplit says which variables each half has and which half-assignment each row is, as read from the
// models that pairs of rows stand for.
func describeSplit(f sat.Formula, split *reductions.Split) reducedSplit {
	in := split.OV
	first, second := split.Variables()
	s := reducedSplit{
		Variables: f.Variables, Clauses: len(f.Clauses), FreeVariables: []int{},
		N: in.A.N(), M: in.B.N(), D: in.D(),
		Bounds: sizesOf(reductions.SplitAndListSearch.Bound(f.Size()).Size),
	}
	half := func(variables []int, rows int, pair func(i int) ovp.Pair) reducedHalf {
		h := reducedHalf{Variables: append([]int{}, variables...), Rows: rows}
		if rows == 1<<len(variables) {
			return h
		}
		h.Assignments = make([]uint64, rows)
		for i := range rows {
			model := split.Model(pair(i))
			for _, v := range variables {
				h.Assignments[i] <<= 1
				if model[v-1] {
					h.Assignments[i]++
				}
			}
		}
		return h
	}
	if in.A.N() > 0 && in.B.N() > 0 { // there are pairs, hence models to read
		s.A = half(first, in.A.N(), func(i int) ovp.Pair { return ovp.Pair{I: i} })
		s.B = half(second, in.B.N(), func(j int) ovp.Pair { return ovp.Pair{J: j} })
	} else {
		s.A = reducedHalf{Variables: append([]int{}, first...), Rows: in.A.N()}
		s.B = reducedHalf{Variables: append([]int{}, second...), Rows: in.B.N()}
	}
	used := map[int]bool{}
	for _, v := range f.Used() {
		used[v] = true
	}
	for v := range f.Variables {
		if !used[v+1] {
			s.FreeVariables = append(s.FreeVariables, v+1)
		}
	}
	return s
}

// comments explain the rows of instance.ov.
func (s reducedSplit) comments() []string {
	side := func(name string, h reducedHalf) string {
		text := fmt.Sprintf("%s, rows 0 to %d: assignments of the variables %s, ", name, h.Rows-1, numbers(h.Variables))
		if h.Rows == 0 {
			return fmt.Sprintf("%s: no assignment of the variables %s is left", name, numbers(h.Variables))
		}
		if h.Assignments == nil {
			return text + "row i being i in binary, the first variable the highest bit"
		}
		return text + "those that falsify no clause of theirs; instance.json lists them"
	}
	return []string{
		fmt.Sprintf("split and list of a formula with %d variables, %d of them in no clause, and %d clauses",
			s.Variables, len(s.FreeVariables), s.Clauses),
		side("A", s.A), side("B", s.B), "further rows are padding and orthogonal to none",
	}
}

func numbers(list []int) string {
	return strings.Trim(fmt.Sprint(list), "[]")
}

func (a *app) reduceToAttention(env finegrain.Env, o *reduceOptions, f sat.Formula, route reductions.Route) error {
	if err := o.affordRoute(env, f, route); err != nil {
		return err
	}
	split, err := reductions.SplitAndList(env, f)
	if err != nil {
		return err
	}
	oracle := algorithms.Oracle(attention.Streaming, nil)
	result := &reducedPlan{To: "attention", Route: route.Name, Split: describeSplit(f, split), Files: []string{}}
	write := func(dir string) error {
		if o.h > 0 {
			census := route.CensusAt(float64(o.h))
			return writePlan(env, dir, result, split.OV, census, f, oracle,
				func(a finegrain.Two[*big.Int, sat.Answer]) bool { return a.Second.Satisfiable })
		}
		return writePlan(env, dir, result, split.OV, route.Search, f, oracle,
			func(a sat.Answer) bool { return a.Satisfiable })
	}
	if err := outfile.Directory(env, o.out, write); err != nil {
		return adviseEntries(err)
	}
	if o.json {
		result.Out = o.out
		return a.printJSON(result)
	}
	if result.Calls == 0 {
		fmt.Fprintf(a.stdout, "no call: %s by the lists alone; written to %s\n", result.Answer, o.out)
		return nil
	}
	fmt.Fprintf(a.stdout, "%s of %s, written to %s\n", plural(result.Calls, "call"), result.Sizes, o.out)
	return nil
}

// adviseEntries says what would work where float64 cannot promise what the route tolerates.
func adviseEntries(err error) error {
	if errors.Is(err, reductions.ErrTooWeak) {
		return refuse("%v; fix the entries with --h, for an oracle of higher precision", err)
	}
	return err
}

// writePlan writes every call of the reduction's plan, and the plan itself.
func writePlan[A any](env finegrain.Env, dir string, result *reducedPlan, in ovp.Instance,
	r reductions.Reduction[sat.Formula, A, attention.Instance, attention.Output], f sat.Formula,
	oracle finegrain.Oracle[attention.Instance, attention.Output], yes func(A) bool,
) error {
	plan, err := r.Plan(env, f, oracle)
	if err != nil {
		return err
	}
	bound := r.Bound(f.Size())
	result.Bounds = append(sizes{{"calls", bound.Calls.String()}}, sizesOf(bound.Size)...)
	result.Calls = plan.Queries.Count()
	if result.Calls == 0 {
		answer, err := plan.Reader().Answer()
		if err != nil {
			return err
		}
		result.ReadOff = "nothing has to be asked"
		result.Answer = "unsatisfiable"
		if yes(answer) {
			result.Answer = "satisfiable"
		}
	} else {
		result.Sizes = sizesOf(plan.Queries[0].Size)
	}

	threshold := result.Route == "threshold"
	var nodes reductions.Nodes
	if threshold {
		result.ReadOff = "an output above the threshold, in one of the data_rows first rows, means an orthogonal partner; " +
			"scan B for it"
	} else if result.Calls > 0 {
		if nodes, err = nodesOf(env, plan, in.B.N()); err != nil {
			return err
		}
		result.ReadOff = "for each of the data_rows first rows: clip its output T to [0, 1/2] and let S = data_keys·T/(1−T) in " +
			"each call; the sum of lambda·S over all calls and of lambda_constant·data_keys, rounded, is the number of " +
			"orthogonal partners of the row"
		result.Constant = digits(nodes, nodes.Lambda[0])
	}
	for i, query := range plan.Each {
		if err := env.Err(); err != nil {
			return err
		}
		regime := query.Regime()
		call := reducedCall{
			Scale: query.Scale, Epsilon: query.Epsilon, B: regime.B, N: regime.Queries, M: regime.Keys, D: regime.Dim,
			Causal: query.Causal, DataRows: in.A.N(), DataKeys: in.B.N(),
		}
		if threshold {
			limit := reductions.Threshold
			call.Threshold = &limit
		} else {
			call.Node, call.Lambda = digits(nodes, nodes.X[i+1]), digits(nodes, nodes.Lambda[i+1])
		}
		name := fmt.Sprintf("call-%05d", i)
		if err := os.Mkdir(filepath.Join(dir, name), 0o777); err != nil {
			return err
		}
		if err := writeInstance(env, filepath.Join(dir, name), query, call); err != nil {
			return err
		}
		for _, file := range []string{"q.npy", "k.npy", "v.npy", "instance.json"} {
			result.Files = append(result.Files, name+"/"+file)
		}
	}
	result.Files = append(result.Files, "instance.json")
	return writeJSON(env, filepath.Join(dir, "instance.json"), result)
}

// nodesOf are the nodes of the instances as they are written, with the coefficients of the read-off.
func nodesOf[A any](env finegrain.Env, plan reductions.Plan[attention.Instance, attention.Output, A], keys int) (reductions.Nodes, error) {
	var scale float64
	roots := []float64{0} // the largest entry at every node, ascending
	for _, query := range plan.Each {
		if err := env.Err(); err != nil {
			return reductions.Nodes{}, err
		}
		regime := query.Regime()
		scale = regime.Scale
		roots = append(roots, regime.B)
	}
	return reductions.NodesOf(env, keys, scale, roots)
}

// digits writes a number of the read-off with all digits that serve to round correctly.
func digits(nodes reductions.Nodes, x *big.Float) string {
	return x.Text('g', int(math.Ceil(float64(nodes.Precision)*math.Log10(2))))
}
