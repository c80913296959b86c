package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"finegrain"
	"finegrain/claims"
	"finegrain/experiments"
	"finegrain/internal/memory"
	"finegrain/internal/simd"
)

// app is what commands share: where they read and write, and the long work that tests replace.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	reproduction   func(finegrain.Env) (experiments.Reproduction, error)
	claims         func() []claims.Claim
}

// run executes one command line and returns its exit code. The error line goes to stderr.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return (&app{stdin, stdout, stderr, experiments.Reproduce, claims.All}).run(ctx, args)
}

func (a *app) run(ctx context.Context, args []string) int {
	out := &checked{w: a.stdout}
	a.stdout = out
	root := a.root()
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	code, line := outcome(ctx, root.ExecuteContext(ctx))
	if out.err != nil && code != exitInterrupted {
		code, line = exitFailed, "standard output cannot be written: "+out.err.Error()
	}
	if line != "" {
		fmt.Fprintln(a.stderr, "finegrain: "+line)
	}
	return code
}

// checked remembers the first failure to write.
type checked struct {
	w   io.Writer
	err error
}

func (c *checked) Write(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.w.Write(p)
	c.err = err
	return n, err
}

func (a *app) root() *cobra.Command {
	root := group(&cobra.Command{
		Use:   "finegrain",
		Short: "A workbench for fine-grained complexity",
		Long: "A workbench for fine-grained complexity: formulas are decided and counted through orthogonal vectors\n" +
			"and attention, and every step can be run, checked, measured and drawn.\n\n" +
			"Exit codes: 0 done; 1 the work failed, such as a law broken or an oracle too weak; 2 the request or its\n" +
			"input is wrong; 10 satisfiable and 20 unsatisfiable (solve); 130 interrupted.",
		Example: "  finegrain generate cnf threshold --n 14 --seed 14 --out small.cnf\n" +
			"  finegrain solve small.cnf --count",
		SilenceUsage:  true,
		SilenceErrors: true,
	}, a.solve(), a.reduce(), a.ov(), a.attend(), a.gradient(), a.generate(), a.routes(), a.algorithms(),
		a.listClaims(), a.hypotheses(), a.whatif(), a.transfer(),
		a.measureSpec(), a.status(), a.fit(), a.report(), a.export(), a.subjects(),
		a.verify(), a.bench(), a.reproduce(), a.version())
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return checkKernel(cmd) }
	root.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return unknownCommand(cmd, args[0])
	}
	root.SetHelpCommand(&cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Help about any command",
		Long:    "Help about any command: what --help says of it.",
		Example: "  finegrain help solve",
		RunE: func(cmd *cobra.Command, args []string) error {
			topic, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(topic, rest[0])
			}
			topic.InitDefaultHelpFlag()
			return topic.Help()
		},
	})
	root.SetFlagErrorFunc(flagError)
	root.InitDefaultHelpCmd()
	completion(root)
	return root
}

// kernelless are the commands that compute nothing, and run whatever kernel is asked for.
var kernelless = []string{
	"help", "version", "completion", cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd,
}

// checkKernel refuses, before any work, a FINEGRAIN_KERNEL that cannot be had.
func checkKernel(cmd *cobra.Command) error {
	if !cmd.HasParent() || slices.Contains(kernelless, topic(cmd)) {
		return nil
	}
	if _, err := simd.Chosen(); err != nil {
		return request("%v", err)
	}
	return nil
}

// topic is the name of the command below the root that a command is or belongs to.
func topic(cmd *cobra.Command) string {
	for cmd.Parent().HasParent() {
		cmd = cmd.Parent()
	}
	return cmd.Name()
}

// path is a command below the root with those it belongs to: "generate cnf".
func path(cmd *cobra.Command) string { return strings.TrimPrefix(cmd.CommandPath(), "finegrain ") }

// group makes a command one that only holds others.
func group(cmd *cobra.Command, children ...*cobra.Command) *cobra.Command {
	cmd.AddCommand(children...)
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			names := strings.Join(commandNames(cmd), ", ")
			return request("%s needs one of %s; see finegrain %[1]s --help", path(cmd), names)
		}
		return unknownCommand(cmd, args[0])
	}
	return cmd
}

func commandNames(parent *cobra.Command) []string {
	var names []string
	for _, c := range parent.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return names
}

func unknownCommand(parent *cobra.Command, name string) error {
	kind := "command"
	if parent.HasParent() {
		kind = path(parent) + " command"
	}
	return unknown(kind, name, commandNames(parent))
}

// kinds are the values of flags that the library parses.
var kinds = map[string]string{
	"bool": "truth value; it is true or false", "float64": "number",
	"int": "whole number", "uint64": "whole number from 0 to 2^64−1",
}

// flagError words what is wrong with a flag in one line.
func flagError(cmd *cobra.Command, err error) error {
	if args := cmd.Flags().Args(); cmd.HasSubCommands() && len(args) > 0 { // the flags are of a command that is not
		return unknownCommand(cmd, args[0])
	}
	var missing *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &missing) && missing.GetSpecifiedShortnames() == "":
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
		return unknown("flag", "--"+missing.GetSpecifiedName(), names)
	case errors.As(err, &invalid):
		flag := invalid.GetFlag()
		if what, ok := kinds[flag.Value.Type()]; ok {
			return request("--%s: %q is no %s", flag.Name, invalid.GetValue(), what)
		}
		var known *exit
		if errors.As(invalid, &known) {
			return known
		}
		return request("--%s: %v", flag.Name, invalid.Unwrap())
	}
	return request("%v; see %s --help", err, cmd.CommandPath())
}

// exactly requires as many arguments as there are names, which it uses to say what is missing.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return request("%s needs %s; see finegrain %[1]s --help", path(cmd), names[len(args)])
		case len(args) > len(names):
			return request("%s has no use for %q; see finegrain %[1]s --help", path(cmd), args[len(names)])
		}
		return nil
	}
}

// atMost allows up to n arguments.
func atMost(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > n {
			return request("%s has no use for %q; see finegrain %[1]s --help", path(cmd), args[n])
		}
		return nil
	}
}

// common are the flags that many commands have.
type common struct {
	json   bool
	seed   uint64
	memory amount
}

func (c *common) jsonFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&c.json, "json", false, "print JSON on standard output, and nothing else there")
}

func (c *common) seedFlag(cmd *cobra.Command) {
	cmd.Flags().Uint64Var(&c.seed, "seed", 1, "seed of all randomness: same seed, same result")
}

func (c *common) memoryFlag(cmd *cobra.Command) {
	c.memory = amount(memory.Machine() / 2)
	cmd.Flags().Var(&c.memory, "max-memory", "refuse what is estimated to take more")
}

// afford refuses, before anything of size is allocated, what is estimated to take more than --max-memory.
// Estimates are floats so that no product overflows.
func (c *common) afford(what string, bytes float64) error {
	if bytes > float64(c.memory) {
		return request("%s would take about %s, and --max-memory is %s; raise it, or take something smaller",
			what, memory.Format(int64(min(bytes, 1<<62))), memory.Format(int64(c.memory)))
	}
	return nil
}

// printJSON writes one JSON value.
func (a *app) printJSON(value any) error {
	data, err := marshal(value)
	if err != nil {
		return err
	}
	_, err = a.stdout.Write(data)
	return err
}

func marshal(value any) ([]byte, error) {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(value)
	return []byte(text.String()), err
}
