package main

import (
	"testing"

	"pgregory.net/rapid"
)

func TestNearest(t *testing.T) {
	names := []string{"solve", "reduce", "reproduce", "ov"}
	for given, want := range map[string]string{
		"slove": "solve", "SOLVE": "solve", "redcue": "reduce", "repro": "reproduce", "ovp": "ov",
		"xyzzy": "", "": "", "claims": "",
	} {
		if got := nearest(given, names); got != want {
			t.Errorf("nearest(%q) = %q, want %q", given, got, want)
		}
	}
}

// TestEditDistance holds the distance to the laws of a metric, and to edits whose number is known.
func TestEditDistance(t *testing.T) {
	word := rapid.StringMatching(`[a-d]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := word.Draw(t, "a"), word.Draw(t, "b"), word.Draw(t, "c")
		ab, bc, ac := editDistance(a, b), editDistance(b, c), editDistance(a, c)
		if (ab == 0) != (a == b) || ab != editDistance(b, a) || ac > ab+bc {
			t.Fatalf("%d, %d, %d", ab, bc, ac)
		}
		if got := editDistance(a, a+b); got != len(b) {
			t.Fatalf("%d letters appended count as %d", len(b), got)
		}
	})
	if got := editDistance("kitten", "sitting"); got != 3 {
		t.Errorf("kitten to sitting: %d", got)
	}
}
