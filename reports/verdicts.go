package reports

import (
	"fmt"
	"strconv"
	"strings"

	"finegrain"
	"finegrain/claims"
	"finegrain/hypotheses"
)

// The verdicts at a glance, by paper, and how to run everything again.
var verdictsSection = section{
	ID: "verdicts", Title: "Verdicts at a glance",
	Data: func(e Edition) (any, error) {
		if len(e.Claims) == 0 {
			return nil, nil
		}
		v := verdicts{
			Facts: outcomesOf(e.Claims), Rows: e.Measured, Censored: e.Censored,
			Command: e.Again.Command, Again: e.Again.facts(),
		}
		for _, c := range e.Claims {
			if c.Verdict.Outcome == finegrain.Refuted {
				v.Refuted = append(v.Refuted, claimEntry(c))
			}
		}
		papers, err := byPaper(e.Claims)
		v.Papers = papers
		return v, err
	},
}

type verdicts struct {
	Facts    [][2]string
	Refuted  []claimed
	Papers   []paperClaims
	Rows     int
	Censored int
	Command  string
	Again    [][2]string
}

// outcomesOf counts the claims of each outcome.
func outcomesOf(all []claims.Judged) [][2]string {
	var facts [][2]string
	for _, o := range []finegrain.Outcome{finegrain.Consistent, finegrain.Refuted, finegrain.Undecided, finegrain.Unmeasured} {
		n := 0
		for _, c := range all {
			if c.Verdict.Outcome == o {
				n++
			}
		}
		facts = append(facts, [2]string{o.String(), strconv.Itoa(n)})
	}
	return facts
}

// facts is the line below the command.
func (a Again) facts() [][2]string {
	return [][2]string{
		{"seed", strconv.FormatUint(a.Seed, 10)},
		{"version", orUnknown(a.Version)},
		{"machine", orUnknown(a.Machine)},
		{"date", orUnknown(a.Date)},
		{"took", seconds(a.Seconds) + " s"},
	}
}

// The claims, each with what tests it.
var claimsSection = section{
	ID: "claims", Title: "Claims",
	Data: func(e Edition) (any, error) {
		if len(e.Claims) == 0 {
			return nil, nil
		}
		return byPaper(e.Claims)
	},
}

// paperClaims is a paper with its claims.
type paperClaims struct {
	Paper  finegrain.Paper
	Claims []claimed
}

// claimed is a claim as the page shows it.
type claimed struct {
	claims.Judged
	Rests   []support // nil: on nothing
	Figures []shown
}

// support is one way in which a lower bound follows from a hypothesis.
type support struct {
	Key    hypotheses.Key
	Status string
	Chain  string
}

// Badge is the outcome's class and mark: marks tell outcomes apart without colour.
func (c claimed) Badge() string { return c.Verdict.Outcome.String() }

// Mark is a sign for the outcome.
func (c claimed) Mark() string {
	return map[finegrain.Outcome]string{
		finegrain.Consistent: "✓", finegrain.Refuted: "✗", finegrain.Undecided: "?", finegrain.Unmeasured: "–",
	}[c.Verdict.Outcome]
}

// Keys names what the claim rests on in a few words.
func (c claimed) Keys() string {
	if c.Hardness == nil {
		return "no hypothesis"
	}
	var keys []string
	for _, r := range c.Rests {
		if k := string(r.Key); len(keys) == 0 || keys[len(keys)-1] != k {
			keys = append(keys, k)
		}
	}
	return strings.Join(keys, ", or ")
}

// Evidence says how much was measured.
func (c claimed) Evidence() string {
	text := plural(strconv.Itoa(c.Measured), "measurement")
	if c.Censored > 0 {
		text += fmt.Sprintf(", of which %d censored", c.Censored)
	}
	return text
}

func claimEntry(c claims.Judged) claimed { return claimed{Judged: c} }

// byPaper groups claims, which come sorted by paper.
func byPaper(all []claims.Judged) ([]paperClaims, error) {
	var papers []paperClaims
	for _, c := range all {
		entry := claimEntry(c)
		supports, err := c.Support()
		if err != nil {
			return nil, err
		}
		for _, s := range supports {
			h, err := hypotheses.Named(s.Key)
			if err != nil {
				return nil, err
			}
			entry.Rests = append(entry.Rests, support{Key: s.Key, Status: h.Status.String(), Chain: s.String()})
		}
		if entry.Figures, err = shownOf(c.Drawn); err != nil {
			return nil, err
		}
		if n := len(papers); n == 0 || papers[n-1].Paper.Key != c.Source.Paper.Key {
			papers = append(papers, paperClaims{Paper: c.Source.Paper})
		}
		last := &papers[len(papers)-1]
		last.Claims = append(last.Claims, entry)
	}
	return papers, nil
}

// The hypotheses, and where each stands.
var hypothesesSection = section{
	ID: "hypotheses", Title: "What lower bounds rest on",
	Data: func(e Edition) (any, error) {
		if len(e.Hypotheses) == 0 {
			return nil, nil
		}
		return e.Hypotheses, nil
	},
}
