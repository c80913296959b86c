package main

// Flags whose values need more than a parser of numbers.

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"finegrain/internal/memory"
	"finegrain/reductions"
)

// amount is an amount of memory.
type amount int64

func (a *amount) String() string { return memory.Format(int64(*a)) }
func (a *amount) Type() string   { return "SIZE" }
func (a *amount) Set(text string) error {
	bytes, err := memory.Parse(text)
	*a = amount(bytes)
	return err
}

// patience is a time to wait: a duration such as 1m30s, or a number of seconds.
type patience time.Duration

func (p *patience) String() string { return "" }
func (p *patience) Type() string   { return "TIME" }
func (p *patience) Set(text string) error {
	d, err := time.ParseDuration(text)
	if seconds, asNumber := strconv.ParseFloat(text, 64); asNumber == nil && math.Abs(seconds) < 1e9 {
		d, err = time.Duration(seconds*float64(time.Second)), nil
	}
	if err != nil || d <= 0 {
		return fmt.Errorf("%q is no time to wait; write it as 30s or 1m30s", text)
	}
	*p = patience(d)
	return nil
}

// entries is the parameter h of the interpolation route, 0 where the route chooses it. Beyond the range
// numbers of many thousand bits would be needed, to no avail.
type entries float64

const leastEntries, mostEntries = 1.0 / (1 << 10), 64.0

func (e *entries) String() string { return "" }
func (e *entries) Type() string   { return "H" }
func (e *entries) Set(text string) error {
	h, err := strconv.ParseFloat(text, 64)
	if err != nil || !(h >= leastEntries && h <= mostEntries) {
		return fmt.Errorf("%q is out of range; h is from 2^-10 to %g", text, mostEntries)
	}
	*e = entries(h)
	return nil
}

// suits returns an error if h is fixed for a route that has none.
func (e entries) suits(route reductions.Route) error {
	if e > 0 && route.CensusAt == nil {
		return request("the %s route has no --h; use --route interpolation", route.Name)
	}
	return nil
}

// choice adds a flag with a fixed set of values.
func choice(cmd *cobra.Command, value *string, name, preset, doc string, names []string) {
	*value = preset
	cmd.Flags().Var(&chosen{value, name, names}, name, fmt.Sprintf("%s (%s)", doc, strings.Join(names, ", ")))
	cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp))
}

type chosen struct {
	value *string
	name  string
	names []string
}

func (c *chosen) String() string { return *c.value }
func (c *chosen) Type() string   { return "NAME" }
func (c *chosen) Set(name string) error {
	if !slices.Contains(c.names, name) {
		return unknown(c.name, name, c.names)
	}
	*c.value = name
	return nil
}

// onlyOne returns an error if more than one of the flags, which mean the same, is given.
func onlyOne(cmd *cobra.Command, names ...string) error {
	var given []string
	for _, name := range names {
		if cmd.Flags().Changed(name) {
			given = append(given, "--"+name)
		}
	}
	if len(given) > 1 {
		return request("%s say the same thing; give one of them", strings.Join(given, " and "))
	}
	return nil
}
