package reports

import (
	"fmt"
	"strings"
	"testing"

	"finegrain"
	"finegrain/claims"
	fig "finegrain/figure"
	"finegrain/hypotheses"
)

// sampleClaims are claims made by hand, one of each outcome; say is put into all that may be any text.
func sampleClaims(say string) []claims.Judged {
	stated := finegrain.Source{Paper: finegrain.AlmanSong2023, Provenance: finegrain.Stated, Place: "Theorem 1.3"}
	derived := finegrain.Source{Paper: finegrain.Gupta2025, Provenance: finegrain.Derived, Argument: "it is argued " + say}
	lines := sampleLines()
	lines.Caption += " " + say
	lines.Series[0].Name = "measured series " + say
	all := []claims.Judged{
		{
			Claim: claims.Claim{
				ID: "sample-lower", Title: "A lower bound " + say, Statement: "It takes long, " + say, Source: stated, Kind: claims.LowerBound,
				Hardness: &claims.Hardness{
					Problem: "attention", Reductions: []string{"split and list (decision)", "interpolation route (decision)"},
					Hypotheses: []string{"SETH", "LDOVC"},
				},
			},
			Verdict:  finegrain.Verdict{Outcome: finegrain.Consistent, Because: "The reduction holds. " + say},
			Measured: 12,
		},
		{
			Claim: claims.Claim{
				ID: "sample-upper", Title: "An upper bound", Statement: "It takes time O(n²).", Source: stated, Kind: claims.UpperBound,
			},
			Verdict:  finegrain.Verdict{Outcome: finegrain.Undecided, Because: "Slope 1.9 ± 0.3: sizes up to about 65000 would decide."},
			Measured: 60, Censored: 4, Drawn: []fig.Figure{signed(lines)},
		},
		{
			Claim: claims.Claim{
				ID: "sample-refuted", Title: "A claim that is refuted", Statement: "All is well.", Source: derived, Kind: claims.Reduces,
			},
			Verdict:  finegrain.Verdict{Outcome: finegrain.Refuted, Because: "It does not hold at n=4."},
			Measured: 1, Drawn: []fig.Figure{sampleHeat(), sampleLinear()},
		},
		{
			Claim: claims.Claim{
				ID: "sample-unmeasured", Title: "A claim without evidence", Statement: "Something holds.", Source: derived, Kind: claims.UpperBound,
			},
			Verdict: finegrain.Verdict{Outcome: finegrain.Unmeasured, Because: "Nothing was measured yet."},
		},
	}
	return all
}

// TestClaimsOnThePage: every claim stands in the table at a glance and in full, with its verdict, reason and figures,
// and what a lower bound rests on with its status.
func TestClaimsOnThePage(t *testing.T) {
	text := string(page(t, sample()))
	for _, c := range sampleClaims("") {
		for _, want := range []string{
			fmt.Sprintf(`<a href="#claim-%s">`, c.ID), fmt.Sprintf(`<article class="claim" id="claim-%s"`, c.ID), c.Verdict.Because,
		} {
			if !strings.Contains(text, want) {
				t.Errorf("claim %s: the page lacks %q", c.ID, want)
			}
		}
		for _, f := range c.Drawn {
			if !strings.Contains(text, fmt.Sprintf(`<figure id="%s"`, f.ID)) {
				t.Errorf("claim %s: the page lacks its figure %s", c.ID, f.ID)
			}
		}
	}
	for _, h := range hypotheses.All() {
		if !strings.Contains(text, fmt.Sprintf(`id="hypothesis-%s"`, h.Key)) {
			t.Errorf("the page lacks hypothesis %s", h.Key)
		}
	}
	for _, want := range []string{"✗ Refuted: 1 of the claims", "LDOVC, by interpolation route (decision)", "</a>: open."} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
