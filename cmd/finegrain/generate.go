package main

// generate: formulas, orthogonal vectors and attention instances by the generators that the packages declare,
// each with the command line that makes it again.

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"gonum.org/v1/gonum/mat"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/experiments"
	"finegrain/internal/npy"
	"finegrain/internal/outfile"
	"finegrain/ovp"
	"finegrain/reductions"
	"finegrain/sat"
)

func (a *app) generate() *cobra.Command {
	return group(&cobra.Command{
		Use:   "generate",
		Short: "Make formulas, orthogonal vectors, attention instances and training steps",
		Long: "Make instances: every kind is a command of its own, whose --help lists its parameters. Files say in\n" +
			"their first line which command makes them.",
		Example: "  finegrain generate cnf planted --n 20 --m 80 --seed 7",
	}, a.generateCNF(), a.generateOV(), a.generateAttention(), a.generateTraining())
}

// generated are the flags of every generator.
type generated struct {
	common
	out string
}

func (g *generated) flags(cmd *cobra.Command, out, doc string) {
	cmd.Flags().StringVar(&g.out, "out", out, doc)
	g.jsonFlag(cmd)
	g.seedFlag(cmd)
	g.memoryFlag(cmd)
}

// command is the command line that makes the same again: every parameter and the seed.
func command(cmd *cobra.Command, parameters []string) string {
	line := cmd.CommandPath()
	for _, name := range append(parameters, "seed") {
		line += fmt.Sprintf(" --%s %s", name, cmd.Flags().Lookup(name).Value)
	}
	return line
}

// made is what generate prints with --json.
type made struct {
	Command string `json:"command"`
	Sizes   sizes  `json:"sizes"`
	Out     string `json:"out"`
}

// deliver writes a text to --out, "-" being standard output.
func (a *app) deliver(ctx context.Context, g *generated, m made, write func(io.Writer) error) error {
	m.Out = g.out
	if g.out == "-" {
		if g.json {
			return request("--json needs --out FILE: standard output cannot hold both")
		}
		return write(a.stdout)
	}
	if err := outfile.File(ctx, g.out, write); err != nil {
		return err
	}
	if g.json {
		return a.printJSON(m)
	}
	return nil
}

func (a *app) generateCNF() *cobra.Command {
	var children []*cobra.Command
	for _, g := range sat.Generators() {
		children = append(children, a.generateFormula(g))
	}
	return group(&cobra.Command{
		Use:     "cnf",
		Short:   "Make a formula in DIMACS form",
		Long:    "Make a formula in conjunctive normal form, in the DIMACS format.",
		Example: "  finegrain generate cnf pigeonhole --pigeons 4 --holes 3",
	}, children...)
}

func (a *app) generateFormula(g sat.Generator) *cobra.Command {
	var o generated
	values := map[string]*int{}
	var names []string
	cmd := &cobra.Command{
		Use:     g.Name,
		Short:   sentence(g.Doc),
		Example: "  finegrain generate cnf " + g.Name + " --seed 7 --out made.cnf",
		Args:    exactly(),
	}
	for _, p := range g.Parameters {
		names = append(names, p.Name)
		values[p.Name] = cmd.Flags().Int(p.Name, p.Default, p.Doc)
	}
	cmd.Long = sentence(g.Doc) + ".\n\nThe same parameters and the same seed make the same formula, which goes to standard output unless\n" +
		"--out names a file."
	var ratio number
	if values["n"] != nil && values["m"] != nil {
		cmd.Flags().IntVar(values["m"], "clauses", *values["m"], "the same as --m")
		cmd.Flags().Var(&ratio, "ratio", "clauses for each variable, instead of --m")
		cmd.Long += "\n\n--ratio R stands for --m R·n, rounded."
	}
	o.flags(cmd, "-", "file to write")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := onlyOne(cmd, "m", "clauses", "ratio"); err != nil {
			return err
		}
		if ratio.set {
			m := math.Round(ratio.value * float64(*values["n"]))
			if !(m >= 0 && m <= math.MaxInt32) {
				return request("--ratio %v makes %.4g clauses; choose another", ratio.value, m)
			}
			*values["m"] = int(m)
		}
		given := map[string]int{}
		for name, value := range values {
			given[name] = *value
		}
		f, err := g.Generate(finegrain.NewEnv(cmd.Context(), o.seed).Rand("generate cnf "+g.Name), given)
		if err != nil {
			return request("%v", err)
		}
		made := made{Command: command(cmd, names), Sizes: sizesOf(f.Size())}
		return a.deliver(cmd.Context(), &o, made, func(w io.Writer) error { return sat.WriteDIMACS(w, f, made.Command) })
	}
	return cmd
}

func (a *app) generateOV() *cobra.Command {
	children := []*cobra.Command{a.generateFromFormula()}
	for _, g := range ovp.Generators() {
		children = append(children, a.generateVectors(g))
	}
	return group(&cobra.Command{
		Use:     "ov",
		Short:   "Make an instance of orthogonal vectors",
		Long:    "Make an instance of orthogonal vectors: two lists of n vectors of d bits.",
		Example: "  finegrain generate ov planted --n 100 --d 20",
	}, children...)
}

func (a *app) generateVectors(g ovp.Generator) *cobra.Command {
	var o generated
	p := g.Default
	cmd := &cobra.Command{
		Use:   g.Name,
		Short: sentence(g.Doc),
		Long: sentence(g.Doc) + ".\n\nThe same parameters and the same seed make the same instance, which goes to standard output unless\n" +
			"--out names a file.",
		Example: "  finegrain generate ov " + g.Name + " --n 50 --d 16 --seed 7 --out made.ov",
		Args:    exactly(),
	}
	for _, name := range g.Uses {
		switch name {
		case "n":
			cmd.Flags().IntVar(&p.N, name, p.N, "vectors of each list")
		case "d":
			cmd.Flags().IntVar(&p.D, name, p.D, "coordinates")
		case "density":
			cmd.Flags().Float64Var(&p.Density, name, p.Density, "probability that a coordinate is 1")
			cmd.Flags().Float64Var(&p.Density, "p", p.Density, "the same as --density")
		default:
			panic("finegrain: a generator of orthogonal vectors uses " + name)
		}
	}
	o.flags(cmd, "-", "file to write")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := onlyOne(cmd, "p", "density"); err != nil {
			return err
		}
		if p.N >= 0 && p.D >= 0 {
			if err := o.afford(g.Name, float64(p.Bytes())); err != nil {
				return err
			}
		}
		in, err := g.Generate(finegrain.NewEnv(cmd.Context(), o.seed), p)
		if err != nil {
			return wrongParameters(cmd.Context(), err)
		}
		made := made{Command: command(cmd, g.Uses), Sizes: sizesOf(in.Size())}
		return a.deliver(cmd.Context(), &o, made, func(w io.Writer) error { return ovp.Write(w, in, made.Command) })
	}
	return cmd
}

// wrongParameters is the error of a generator: its parameters are wrong, unless it was interrupted.
func wrongParameters(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return request("%v", err)
}

func (a *app) generateFromFormula() *cobra.Command {
	var o generated
	var file string
	cmd := &cobra.Command{
		Use:   "from-formula",
		Short: "The vectors that split and list makes of a formula",
		Long: "The vectors that split and list makes of a formula: a half-assignment becomes a vector with a coordinate\n" +
			"for each clause, and orthogonal pairs are models. The shorter list is padded by vectors that are\n" +
			"orthogonal to none. Use reduce to learn which row is which half-assignment.",
		Example: "  finegrain generate ov from-formula --formula formula.cnf --out made.ov",
		Args:    exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return request("from-formula needs --formula FILE.cnf")
			}
			ctx := cmd.Context()
			f, err := a.readFormula(ctx, &o.common, file)
			if err != nil {
				return err
			}
			split, err := o.split(finegrain.NewEnv(ctx, o.seed), f)
			if err != nil {
				return err
			}
			in := ovp.Square(split.OV)
			made := made{
				Command: "finegrain generate ov from-formula --formula " + strconv.Quote(file),
				Sizes:   sizesOf(in.Size()),
			}
			return a.deliver(ctx, &o, made, func(w io.Writer) error { return ovp.Write(w, in, made.Command) })
		},
	}
	cmd.Flags().StringVar(&file, "formula", "", "formula in DIMACS form")
	o.flags(cmd, "-", "file to write")
	return cmd
}

// split runs split and list if it is affordable.
func (c *common) split(env finegrain.Env, f sat.Formula) (*reductions.Split, error) {
	e, err := experiments.EstimateSplit(env, f)
	if err := c.affordEstimate(env, "split and list", e, err); err != nil {
		return nil, err
	}
	return reductions.SplitAndList(env, f)
}

func (a *app) generateAttention() *cobra.Command {
	var children []*cobra.Command
	for _, g := range attention.Generators {
		children = append(children, a.generateInstance(g))
	}
	return group(&cobra.Command{
		Use:   "attention",
		Short: "Make an attention instance",
		Long: "Make an attention instance: a directory with q.npy, k.npy, v.npy, and instance.json, which says the scale\n" +
			"and whether the instance is causal.",
		Example: "  finegrain generate attention bounded --n 64 --d 8 --out made",
	}, children...)
}

// generatedInstance is instance.json of a generated attention instance.
type generatedInstance struct {
	Command string  `json:"command"`
	Scale   float64 `json:"scale"`
	Causal  bool    `json:"causal"`
	N       int     `json:"n"` // queries
	M       int     `json:"m"` // keys
	D       int     `json:"d"`
	DV      int     `json:"dv"`
	B       float64 `json:"B"`
	Out     string  `json:"out,omitempty"`
}

func (a *app) generateInstance(g attention.Generator) *cobra.Command {
	var o generated
	values := map[string]pflag.Value{}
	var names []string
	cmd := &cobra.Command{
		Use:     g.Name,
		Short:   sentence(g.Doc),
		Long:    sentence(g.Doc) + ".\n\nThe same parameters and the same seed make the same instance.",
		Example: "  finegrain generate attention " + g.Name + " --n 64 --seed 7 --out made",
		Args:    exactly(),
	}
	for _, p := range g.Parameters {
		names = append(names, p.Name)
		doc := p.Doc
		if p.Choices != nil {
			var choices []string
			for i, c := range p.Choices {
				choices = append(choices, fmt.Sprintf("%d %s", i, c))
			}
			doc += ": " + strings.Join(choices, ", ")
		}
		cmd.Flags().Float64(p.Name, p.Default, doc)
		values[p.Name] = cmd.Flags().Lookup(p.Name).Value
	}
	o.flags(cmd, "", "directory to make")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if o.out == "" {
			return request("generate attention needs --out DIR")
		}
		given := map[string]float64{}
		for name, value := range values {
			given[name], _ = strconv.ParseFloat(value.String(), 64)
		}
		bytes, err := g.Bytes(given)
		if err != nil {
			return request("%v", err)
		}
		if err := o.afford(g.Name, float64(bytes)); err != nil {
			return err
		}
		ctx := cmd.Context()
		if err := outfile.CheckDirectory(o.out, nobodys); err != nil {
			return err
		}
		in, err := g.Generate(finegrain.NewEnv(ctx, o.seed).Rand("generate attention "+g.Name), given)
		if err != nil {
			return request("%v", err)
		}
		r := in.Regime()
		about := generatedInstance{
			Command: command(cmd, names), Scale: in.Scale, Causal: in.Causal,
			N: r.Queries, M: r.Keys, D: r.Dim, DV: r.ValueDim, B: r.B,
		}
		err = outfile.Directory(ctx, o.out, func(dir string) error { return writeInstance(ctx, dir, in, about) })
		if err != nil || !o.json {
			return err
		}
		about.Out = o.out
		return a.printJSON(about)
	}
	return cmd
}

// nobodys says that no directory may be replaced.
func nobodys(string) bool { return false }

// writeArrays writes matrices as NumPy arrays, and instance.json.
func writeArrays(ctx context.Context, dir string, names []string, all []*mat.Dense, about any) error {
	for i, m := range all {
		write := func(w io.Writer) error { return npy.Write(w, m, npy.Float64) }
		if err := outfile.File(ctx, filepath.Join(dir, names[i]+".npy"), write); err != nil {
			return err
		}
	}
	return writeJSON(ctx, filepath.Join(dir, "instance.json"), about)
}

// writeInstance writes q.npy, k.npy, v.npy and instance.json.
func writeInstance(ctx context.Context, dir string, in attention.Instance, about any) error {
	return writeArrays(ctx, dir, []string{"q", "k", "v"}, []*mat.Dense{in.Q, in.K, in.V}, about)
}

func writeJSON(ctx context.Context, name string, value any) error {
	data, err := marshal(value)
	if err != nil {
		return err
	}
	return outfile.File(ctx, name, func(w io.Writer) error { _, err := io.Copy(w, bytes.NewReader(data)); return err })
}

// sentence begins a phrase with a capital letter.
func sentence(s string) string {
	letters := []rune(s)
	return strings.ToUpper(string(slices.Clone(letters[:1]))) + string(letters[1:])
}
