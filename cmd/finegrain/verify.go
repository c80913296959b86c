package main

// verify: everything declared, held to the laws of its kind.

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"finegrain"
	"finegrain/experiments"
)

// usualTrials is how often every law is tried unless more is asked: at least 200, and all of them together
// within 50 seconds on two cores, of which they take less than a fifth.
const usualTrials = 500

func (a *app) verify() *cobra.Command {
	var c common
	trials := usualTrials
	all := experiments.Laws()
	cmd := &cobra.Command{
		Use:   "verify [NAME…]",
		Short: "Hold what is declared to the laws of its kind",
		Long: "Hold every problem, reduction, algorithm and gradient that is declared to the laws of its kind: reductions with\n" +
			"oracles that are right and adversarial, and with oracles that are wrong; algorithms and gradients against the\n" +
			"definition, their errors against what they promise, their counts against what they declare.\n\n" +
			"A NAME is a kind, and means all items of it: " + strings.Join(lawKinds(all), ", ") + "; or the name of an item, or the\n" +
			"first words of it, and means every item so named, of whatever kind: exact is an algorithm and a gradient, and\n" +
			"'gradient exact' only the one. Without NAMEs all are held. Exit code 1 if a law is broken.",
		Example: "  finegrain verify streaming --trials 12\n  finegrain verify gradient",
		RunE: func(cmd *cobra.Command, args []string) error {
			if trials < 1 {
				return request("--trials %d: at least 1 is needed", trials)
			}
			laws, err := selectLaws(all, args)
			if err != nil {
				return err
			}
			return a.runVerify(cmd.Context(), &c, laws, trials)
		},
	}
	cmd.Flags().IntVar(&trials, "trials", usualTrials, "instances that every item is tried on")
	c.jsonFlag(cmd)
	c.seedFlag(cmd)
	return cmd
}

// selectLaws keeps the laws that the names mean; all of them without names.
func selectLaws(laws []experiments.Law, names []string) ([]experiments.Law, error) {
	if len(names) == 0 {
		return laws, nil
	}
	var selected []experiments.Law
	taken := map[int]bool{}
	for _, name := range names {
		found := false
		for i, law := range laws {
			if means(law, name) {
				found = true
				if !taken[i] {
					taken[i] = true
					selected = append(selected, law)
				}
			}
		}
		if !found {
			return nil, unknownItem(laws, name)
		}
	}
	return selected, nil
}

// lawKinds are the kinds of items, each once.
func lawKinds(laws []experiments.Law) (kinds []string) {
	for _, law := range laws {
		if !slices.Contains(kinds, law.Kind) {
			kinds = append(kinds, law.Kind)
		}
	}
	return kinds
}

// unknownItem suggests the nearest kind or item, or else lists the items by kind.
func unknownItem(laws []experiments.Law, name string) error {
	kinds := lawKinds(laws)
	all := slices.Clone(kinds)
	of := map[string][]string{}
	for _, law := range laws {
		all = append(all, law.Name)
		of[law.Kind] = append(of[law.Kind], law.Name)
	}
	if nearest(name, all) != "" {
		return unknown("item", name, all)
	}
	var lists []string
	for _, kind := range kinds {
		lists = append(lists, fmt.Sprintf("%s %q", kind, of[kind]))
	}
	return request("there is no item %q; there are, by kind, %s", name, strings.Join(lists, ", "))
}

// means reports whether a name is the law's kind, or whole words from the beginning of its item's name, with the kind
// before them or not, in capitals or not.
func means(law experiments.Law, name string) bool {
	begins := func(full string) bool {
		if len(name) > len(full) || !strings.EqualFold(full[:len(name)], name) {
			return false
		}
		rest := full[len(name):]
		return rest == "" || rest[0] == ' ' || rest[0] == ','
	}
	return begins(law.Name) || begins(law.Kind+" "+law.Name)
}

// verified is what verify prints of one item with --json.
type verified struct {
	Kind       string   `json:"kind"`
	Name       string   `json:"name"`
	Trials     int      `json:"trials"`
	Yes        int      `json:"yes"`
	No         int      `json:"no"`
	Failures   int      `json:"failures"`
	Sizes      []string `json:"sizes"`
	Notes      []string `json:"notes"`
	Violations []string `json:"violations"`
	Seconds    float64  `json:"seconds"`
}

type verification struct {
	Items    []verified `json:"items"`
	Failures int        `json:"failures"`
	Seconds  float64    `json:"seconds"`
}

func (a *app) runVerify(ctx context.Context, c *common, laws []experiments.Law, trials int) error {
	bar := a.newProgress()
	start := time.Now()
	result := verification{Items: []verified{}}
	failed := 0
	for item := range verifyAll(finegrain.NewEnv(ctx, c.seed), laws, trials) {
		if ctx.Err() != nil {
			break // what was stopped shows nothing
		}
		result.Items = append(result.Items, item)
		result.Failures += item.Failures
		if item.Failures > 0 {
			failed++
		}
		bar.report(len(result.Items), len(laws), item.Name)
		if !c.json {
			item.write(a.stdout)
		}
	}
	bar.close()
	result.Seconds = time.Since(start).Seconds()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case c.json:
		if err := a.printJSON(result); err != nil {
			return err
		}
	default:
		fmt.Fprintf(a.stdout, "%s, %d broken, %s s\n", plural(len(laws), "item"), failed, short(result.Seconds))
	}
	if failed > 0 {
		return refuse("%d of %d items break a law", failed, len(laws))
	}
	return nil
}

// verifyAll runs the laws, as many at a time as there are cores and each on one, and yields the outcomes in
// the order of the laws.
func verifyAll(env finegrain.Env, laws []experiments.Law, trials int) <-chan verified {
	env.Cores = 1
	done := make([]chan verified, len(laws))
	for i := range done {
		done[i] = make(chan verified, 1)
	}
	var next int
	var lock sync.Mutex
	for range runtime.GOMAXPROCS(0) {
		go func() {
			for {
				lock.Lock()
				i := next
				next++
				lock.Unlock()
				if i >= len(laws) {
					return
				}
				start := time.Now()
				r := hold(laws[i], env, trials)
				done[i] <- verified{
					r.Kind, r.Name, r.Trials, r.Yes, r.No, r.Failures,
					listed(r.Sizes), listed(r.Notes), listed(r.Violations), time.Since(start).Seconds(),
				}
			}
		}()
	}
	out := make(chan verified)
	go func() {
		defer close(out)
		for i := range done {
			out <- <-done[i]
		}
	}()
	return out
}

// hold runs a law. A panic in what is held to it is a failure of that, named, and not the end of the others.
func hold(law experiments.Law, env finegrain.Env, trials int) (report finegrain.LawReport) {
	defer func() {
		if reason := recover(); reason != nil {
			report = finegrain.LawReport{Kind: law.Kind, Name: law.Name, Trials: trials}
			report.Fail("panic: %v", reason)
		}
	}()
	return law.Verify(env, trials)
}

// listed is a list that JSON shows as one also where it is empty.
func listed(list []string) []string { return append([]string{}, list...) }

func (v verified) write(w io.Writer) {
	verdict := "holds"
	if v.Failures > 0 {
		verdict = fmt.Sprintf("BROKEN, %d failures", v.Failures)
	}
	answers := "" // of what has yes and no for an answer
	if v.Yes+v.No > 0 {
		answers = fmt.Sprintf(", %d yes, %d no", v.Yes, v.No)
	}
	fmt.Fprintf(w, "%-9s  %s: %s; %d trials%s; %s; %s s\n",
		v.Kind, v.Name, verdict, v.Trials, answers, strings.Join(v.Sizes, ", "), short(v.Seconds))
	for _, violation := range v.Violations {
		fmt.Fprintf(w, "           %s\n", oneLine(violation))
	}
}
