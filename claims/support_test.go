package claims_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"finegrain/claims"
	"finegrain/hypotheses"
	"finegrain/reductions"
)

func declared() []reductions.Description {
	var all []reductions.Description
	for _, r := range reductions.All() {
		all = append(all, r.Describe())
	}
	return all
}

func without(name string) []reductions.Description {
	return slices.DeleteFunc(declared(), func(d reductions.Description) bool { return d.Name == name })
}

// changed is the declared reductions, one of them with another growth.
func changed(name string, change func(*reductions.Growth)) []reductions.Description {
	all := declared()
	i := slices.IndexFunc(all, func(d reductions.Description) bool { return d.Name == name })
	all[i].Growth.Size = maps.Clone(all[i].Growth.Size)
	change(&all[i].Growth)
	return all
}

const (
	splitAndList  = "split and list (decision)"
	interpolation = "interpolation route (decision)"
	threshold     = "threshold route (decision)"
)

func lower(names, on []string) claims.Hardness {
	return claims.Hardness{Problem: "attention", Reductions: names, Hypotheses: on}
}

func ExampleSupportOf() {
	supports, err := claims.SupportOf(lower([]string{interpolation}, []string{"MDOVC"}), declared(), hypotheses.Known())
	for _, s := range supports {
		fmt.Println(s)
	}
	fmt.Println(err)
	// Output:
	// SETH, by SETH ⇒ LDOVC (Williams 2005), then interpolation route (decision)
	// LDOVC, by interpolation route (decision)
	// MDOVC, by interpolation route (decision)
	// 3OV, by 3OV ⇒ MDOVC (derived here), then interpolation route (decision)
	// <nil>
}

// TestSupport is a table of lower bounds with what they rest on; words is what an error must say.
func TestSupport(t *testing.T) {
	logOf := func(p string, c float64) reductions.Form { return reductions.Form{Log: map[string]float64{p: c}} }
	route := []string{splitAndList, interpolation}
	mutant := func(of, parameter string, c float64) []reductions.Description { // of the interpolation route
		return changed(interpolation, func(g *reductions.Growth) {
			if of == "calls" {
				g.Calls = logOf(parameter, c)
			} else {
				g.Size[of] = logOf(parameter, c)
			}
		})
	}
	search := []string{"split and list (search)", "threshold route (search)"}
	both := []string{threshold, interpolation}
	ov := func(problem, key string) claims.Hardness {
		return claims.Hardness{Problem: problem, Hypotheses: []string{key}}
	}
	for name, c := range map[string]struct {
		h        claims.Hardness
		declared []reductions.Description
		want     string
		words    string
	}{
		"low dimension":       {lower(route, []string{"SETH", "LDOVC"}), declared(), "SETH LDOVC", ""},
		"by either route":     {lower(append(both, splitAndList), []string{"LDOVC"}), declared(), "SETH LDOVC", ""},
		"moderate dimension":  {lower(route, []string{"MDOVC"}), declared(), "SETH LDOVC MDOVC 3OV", ""},
		"high dimension":      {lower([]string{threshold}, []string{"HDOVC"}), declared(), "HDOVC", ""},
		"composed reductions": {lower([]string{splitAndList + " → " + threshold}, []string{"SETH"}), declared(), "SETH", ""},
		"search decides":      {lower(search, []string{"SETH"}), declared(), "SETH LDOVC", ""},
		"the hypothesis":      {ov("orthogonal vectors", "LDOVC"), declared(), "SETH LDOVC", ""},

		// One declared reduction is deleted: its support is lost, and no other.
		"no split and list":       {lower(route, []string{"LDOVC"}), without(splitAndList), "LDOVC", `"split and list (decision)"`},
		"no split and list, SETH": {lower(route, []string{"SETH", "LDOVC"}), without(splitAndList), "LDOVC", "names SETH"},
		"no implication either":   {lower([]string{interpolation}, []string{"LDOVC"}), without(splitAndList), "LDOVC", ""},
		"no interpolation":        {lower(route, []string{"LDOVC"}), without(interpolation), "", `"interpolation route (decision)"`},
		"one route of two":        {lower(both, []string{"LDOVC"}), without(threshold), "SETH LDOVC", threshold},
		"another's reduction":     {lower(route, []string{"LDOVC"}), without(threshold), "SETH LDOVC", ""},

		// What is wrong is said.
		"misspelt":              {lower([]string{"interpolation rout (decision)"}, []string{"LDOVC"}), declared(), "", "is no declared reduction"},
		"no such hypothesis":    {lower(route, []string{"OVC"}), declared(), "", `no hypothesis "OVC"`},
		"none named":            {lower(route, nil), declared(), "", "must name a hypothesis"},
		"two dimensions":        {lower(route, []string{"LDOVC", "HDOVC"}), declared(), "", "high and on lower"},
		"ETH gives no exponent": {lower(route, []string{"ETH", "LDOVC"}), declared(), "SETH LDOVC", "names ETH"},
		"no chain":              {lower([]string{splitAndList}, []string{"SETH"}), declared(), "", "names SETH"},
		"d calls, high":         {lower([]string{interpolation}, []string{"HDOVC"}), declared(), "", "names HDOVC"},
		"cubic, not quadratic":  {ov("3-orthogonal vectors", "3OV"), declared(), "", "names 3OV"},

		// Mutants: with a call for each row the route would say nothing; where it squared dimensions, nothing in low
		// dimension. What lists of 2^{2n/3} leave of SETH is SETH ⇒ LDOVC, which names split and list alone.
		"n calls":      {lower(route, []string{"LDOVC"}), mutant("calls", "n", 1), "", "names LDOVC"},
		"n^{3/2} keys": {lower(route, []string{"LDOVC"}), mutant("keys", "m", 1.5), "", "names LDOVC"},
		"d² low":       {lower(route, []string{"LDOVC"}), mutant("dim", "d", 2), "", "names LDOVC"},
		"d² any":       {lower(route, []string{"MDOVC"}), mutant("dim", "d", 2), "SETH LDOVC MDOVC 3OV", ""},
		"d² high": {
			lower([]string{threshold}, []string{"HDOVC"}),
			changed(threshold, func(g *reductions.Growth) { g.Size["dim"] = logOf("d", 2) }), "", "names HDOVC",
		},
		"lists of 2^{2n/3}": {
			lower(route, []string{"LDOVC"}),
			changed(splitAndList, func(g *reductions.Growth) {
				g.Size["n"] = reductions.Form{Linear: map[string]float64{"n": 2.0 / 3}}
			}),
			"SETH LDOVC", "",
		},
	} {
		supports, err := claims.SupportOf(c.h, c.declared, hypotheses.Known())
		var keys []string
		for _, key := range claims.Keys(supports) {
			keys = append(keys, string(key))
		}
		if got := strings.Join(keys, " "); got != c.want {
			t.Errorf("%s: rests on %q, want %q", name, got, c.want)
		}
		if (err == nil) != (c.words == "") || err != nil && !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.words)
		}
	}
}

// TestSupportChains: every chain leads from the hypothesis's problem to the bound's by declared reductions, also where
// reductions run in a circle.
func TestSupportChains(t *testing.T) {
	back := reductions.ThresholdDecision.Describe()
	back.Name, back.From, back.To = "back", back.To, back.From
	back.Growth = reductions.Growth{Size: map[string]reductions.Form{
		"n": {Log: map[string]float64{"queries": 1}}, "m": {Log: map[string]float64{"keys": 1}}, "d": {Log: map[string]float64{"dim": 1}},
	}}
	all := append(declared(), back)
	h := lower([]string{"back", splitAndList, threshold, interpolation}, []string{"SETH", "LDOVC"})
	supports, err := claims.SupportOf(h, all, hypotheses.Known())
	if err != nil {
		t.Fatal(err)
	}
	if len(supports) != 4 { // SETH and LDOVC, by each route
		t.Errorf("%d chains, want 4: %v", len(supports), supports)
	}
	for _, s := range supports {
		at := ""
		for _, name := range s.Reductions {
			d := all[slices.IndexFunc(all, func(d reductions.Description) bool { return d.Name == name })]
			if at != "" && d.From != at {
				t.Errorf("%v breaks before %q", s, name)
			}
			at = d.To
		}
		if at != h.Problem {
			t.Errorf("%v ends in %q", s, at)
		}
	}
}

// TestClaimsRest: every lower bound that is declared rests on what it names, and all else on nothing.
func TestClaimsRest(t *testing.T) {
	conditional := 0
	for _, c := range claims.All() {
		supports, err := c.Support()
		if err != nil {
			t.Error(err)
		}
		if (len(supports) > 0) != (c.Kind == claims.LowerBound) {
			t.Errorf("%s, a %v, rests on %v", c.ID, c.Kind, supports)
		}
		if len(supports) > 0 {
			conditional++
		}
	}
	if conditional == 0 {
		t.Error("no lower bound is declared")
	}
}

// TestWhatIf: the lower bound at entries Θ(√log n) survives SETH through LDOVC, and falls with LDOVC, which takes SETH
// along; the one in high dimension depends on neither; what is unconditional never loses.
func TestWhatIf(t *testing.T) {
	const bounded, high, scan = "bounded-entries-lower-bound", "high-dimension-lower-bound", "orthogonal-vectors-scan"
	for _, c := range []struct {
		assume map[hypotheses.Key]bool
		want   map[string]string // what a claim stands on; "-": it falls
	}{
		{map[hypotheses.Key]bool{"SETH": false}, map[string]string{bounded: "[LDOVC]", high: "[HDOVC]", scan: "[]"}},
		{map[hypotheses.Key]bool{"LDOVC": false}, map[string]string{bounded: "-", high: "[HDOVC]", scan: "[]"}},
		{map[hypotheses.Key]bool{"MDOVC": false}, map[string]string{bounded: "-", high: "[HDOVC]", scan: "[]"}},
		{map[hypotheses.Key]bool{"ETH": false}, map[string]string{bounded: "[LDOVC]", high: "[HDOVC]", scan: "[]"}},
		{map[hypotheses.Key]bool{"HDOVC": false}, map[string]string{bounded: "[SETH LDOVC]", high: "-", scan: "[]"}},
		{map[hypotheses.Key]bool{"SETH": true}, map[string]string{bounded: "[SETH LDOVC]", high: "[HDOVC]", scan: "[]"}},
	} {
		_, fates, err := claims.WhatIf(claims.All(), c.assume)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, f := range fates {
			got[f.Claim.ID] = fmt.Sprint(claims.Keys(f.On))
			if !f.Stands() {
				got[f.Claim.ID] = "-"
			}
			if f.Claim.Hardness == nil && (len(f.On)+len(f.Lost) > 0 || !f.Stands()) {
				t.Errorf("%v: %s, which is unconditional, has %v and lost %v", c.assume, f.Claim.ID, f.On, f.Lost)
			}
		}
		for id, want := range c.want {
			if got[id] != want {
				t.Errorf("%v: %s stands on %q, want %q", c.assume, id, got[id], want)
			}
		}
	}
	if _, _, err := claims.WhatIf(claims.All(), map[hypotheses.Key]bool{"SETH": true, "LDOVC": false}); err == nil {
		t.Error("a contradiction passes")
	}
	sorting := claims.Hardness{Problem: "sorting", Hypotheses: []string{"LDOVC"}}
	nowhere := claims.Claim{ID: "nowhere", Kind: claims.LowerBound, Hardness: &sorting}
	if _, _, err := claims.WhatIf([]claims.Claim{nowhere}, nil); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("a lower bound without support: %v", err)
	}
}
