package hypotheses_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"finegrain"
	"finegrain/hypotheses"
)

func ExampleTheory_Close() {
	values, err := hypotheses.Known().Close(map[hypotheses.Key]bool{hypotheses.LDOVC: false})
	fmt.Println(err)
	for _, v := range values {
		fmt.Println(v)
	}
	// Output:
	// <nil>
	// ETH is open
	// LDOVC is assumed false; so SETH is false, by SETH ⇒ LDOVC (Williams 2005)
	// LDOVC is assumed false
	// MDOVC is open
	// HDOVC is open
	// 3OV is open
}

// TestDataIsWhole: nothing is left out, and nothing claimed refuted lacks who claims it and that it is unverified.
func TestDataIsWhole(t *testing.T) {
	month := regexp.MustCompile(`^20\d\d-(0[1-9]|1[0-2])$`)
	if err := wellFormed(hypotheses.Known()); err != nil {
		t.Fatal(err)
	}
	for _, h := range hypotheses.All() {
		if h.Name == "" || h.Statement == "" || h.StatedBy.Paper.Key == "" || h.Concerns == "" || len(h.Sources) == 0 ||
			!month.MatchString(h.Date) || !strings.HasSuffix(h.Statement, ".") || !strings.HasSuffix(h.Notes, ".") {
			t.Errorf("%s is incomplete: %+v", h.Key, h)
		}
		if h.Status == hypotheses.ClaimedRefuted && !strings.Contains(h.Notes, "verified neither") {
			t.Errorf("%s is claimed refuted, and the notes do not say by whom it was verified", h.Key)
		}
	}
}

// TestNamed: every key names its hypothesis, and another says which there are.
func TestNamed(t *testing.T) {
	for _, h := range hypotheses.All() {
		if got, err := hypotheses.Named(h.Key); err != nil || got.Key != h.Key || got.Statement != h.Statement {
			t.Errorf("%s: %+v, %v", h.Key, got, err)
		}
	}
	if _, err := hypotheses.Named("seth"); err == nil || !strings.Contains(err.Error(), `"SETH"`) {
		t.Errorf("error %v", err)
	}
}

// wellFormed returns nil if keys are unique, and each implication is between different ones, comes once, has an
// argument, and does not run in a circle.
func wellFormed(theory hypotheses.Theory) error {
	keys := theory.Keys()
	if sorted := slices.Sorted(slices.Values(keys)); len(slices.Compact(sorted)) != len(keys) {
		return fmt.Errorf("a key comes twice among %q", keys)
	}
	for n, i := range theory.Implications {
		if i.From == i.To || !slices.Contains(keys, i.From) || !slices.Contains(keys, i.To) || i.Argument == "" {
			return fmt.Errorf("%v is no implication with an argument", i)
		}
		if (i.Source.Paper.Key == "") != (i.Source.Provenance == finegrain.Derived) {
			return fmt.Errorf("%v is neither cited nor derived", i)
		}
		for _, j := range theory.Implications[:n] {
			if i.From == j.From && i.To == j.To {
				return fmt.Errorf("%v comes twice", i)
			}
		}
		values, err := theory.Close(map[hypotheses.Key]bool{i.To: true})
		if err != nil {
			return err
		}
		if truth(values, i.From) == hypotheses.True {
			return fmt.Errorf("%v and its converse: the two are one hypothesis", i)
		}
	}
	return nil
}

func TestWellFormedBites(t *testing.T) {
	mutants := map[string]func(*hypotheses.Theory){
		"a key twice":     func(m *hypotheses.Theory) { m.Hypotheses[1].Key = m.Hypotheses[0].Key },
		"an unknown key":  func(m *hypotheses.Theory) { m.Implications[0].To = "OV" },
		"to itself":       func(m *hypotheses.Theory) { m.Implications[0].To = m.Implications[0].From },
		"no argument":     func(m *hypotheses.Theory) { m.Implications[0].Argument = "" },
		"no provenance":   func(m *hypotheses.Theory) { m.Implications[0].Source.Paper = finegrain.Paper{} },
		"twice":           func(m *hypotheses.Theory) { m.Implications = append(m.Implications, m.Implications[0]) },
		"the other way":   func(m *hypotheses.Theory) { turned(m, 0) },
		"a wider circle":  func(m *hypotheses.Theory) { turned(m, 1); m.Implications[5].From = hypotheses.MDOVC },
		"derived, by who": func(m *hypotheses.Theory) { m.Implications[0].Source.Provenance = finegrain.Derived },
	}
	for name, mutate := range mutants {
		m := hypotheses.Known()
		mutate(&m)
		if wellFormed(m) == nil {
			t.Errorf("%s passes", name)
		}
	}
}

// turned adds the converse of an implication.
func turned(m *hypotheses.Theory, n int) {
	i := m.Implications[n]
	i.From, i.To = i.To, i.From
	m.Implications = append(m.Implications, i)
}

func truth(values []hypotheses.Value, key hypotheses.Key) hypotheses.Truth {
	return values[slices.IndexFunc(values, func(v hypotheses.Value) bool { return v.Key == key })].Truth
}

// TestWhatFollows is the table of what is known to follow, and of what is not.
func TestWhatFollows(t *testing.T) {
	const o, T, F = hypotheses.Unforced, hypotheses.True, hypotheses.False
	for _, c := range []struct {
		assume string
		want   [6]hypotheses.Truth // ETH, SETH, LDOVC, MDOVC, HDOVC, 3OV
	}{
		{"", [6]hypotheses.Truth{o, o, o, o, o, o}},
		{"SETH=true", [6]hypotheses.Truth{T, T, T, T, o, T}},
		{"SETH=false", [6]hypotheses.Truth{o, F, o, o, o, o}},
		{"ETH=false", [6]hypotheses.Truth{F, F, o, o, o, o}},
		{"ETH=true", [6]hypotheses.Truth{T, o, o, o, o, o}},
		{"LDOVC=false", [6]hypotheses.Truth{o, F, F, o, o, o}},
		{"LDOVC=true", [6]hypotheses.Truth{o, o, T, T, o, o}},
		{"MDOVC=false", [6]hypotheses.Truth{o, F, F, F, o, F}},
		{"HDOVC=false", [6]hypotheses.Truth{o, o, o, o, F, o}},
		{"3OV=true", [6]hypotheses.Truth{o, o, o, T, o, T}},
		{"3OV=false LDOVC=true", [6]hypotheses.Truth{o, F, T, T, o, F}},
	} {
		assume := map[hypotheses.Key]bool{}
		for _, a := range strings.Fields(c.assume) {
			key, value, _ := strings.Cut(a, "=")
			assume[hypotheses.Key(key)] = value == "true"
		}
		values, err := hypotheses.Known().Close(assume)
		if err != nil {
			t.Errorf("%s: %v", c.assume, err)
			continue
		}
		for i, v := range values {
			if v.Truth != c.want[i] {
				t.Errorf("%s: %s is %v, want %v", c.assume, v.Key, v.Truth, c.want[i])
			}
		}
	}
}

func TestContradictionShowsBothChains(t *testing.T) {
	_, err := hypotheses.Known().Close(map[hypotheses.Key]bool{"SETH": true, "MDOVC": false})
	var contradiction *hypotheses.Contradiction
	if !errors.As(err, &contradiction) {
		t.Fatalf("err = %v", err)
	}
	for _, part := range []string{"SETH is assumed true", "MDOVC is assumed false; so ", "SETH ⇒ LDOVC", "LDOVC ⇒ MDOVC"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%v lacks %q", err, part)
		}
	}
	if _, err := hypotheses.Known().Close(map[hypotheses.Key]bool{"OVC": true}); err == nil || errors.As(err, &contradiction) {
		t.Errorf("an unknown key: %v", err)
	}
}

// drawn is a random theory with random assumptions.
func drawn(t *rapid.T) (hypotheses.Theory, map[hypotheses.Key]bool) {
	n := rapid.IntRange(1, 7).Draw(t, "n")
	var theory hypotheses.Theory
	for i := range n {
		theory.Hypotheses = append(theory.Hypotheses, hypotheses.Hypothesis{Key: hypotheses.Key(rune('A' + i))})
	}
	key := rapid.SampledFrom(theory.Keys())
	for range rapid.IntRange(0, 10).Draw(t, "implications") {
		theory.Implications = append(theory.Implications, hypotheses.Implication{From: key.Draw(t, "from"), To: key.Draw(t, "to")})
	}
	return theory, rapid.MapOfN(key, rapid.Bool(), 0, 4).Draw(t, "assume")
}

// TestClosure: of random theories, the closure is what all truth assignments that satisfy the implications and the
// assumptions agree on, and an error if there is none. So it is sound, complete, idempotent and monotone, which is
// checked too, and turning the implications turns truth and falsity.
func TestClosure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		theory, assume := drawn(t)
		values, err := theory.Close(assume)

		keys := theory.Keys()
		seen := make([][2]bool, len(keys)) // false and true in some model
		any := false
		for model := range 1 << len(keys) {
			holds := func(key hypotheses.Key) bool { return model>>slices.Index(keys, key)&1 == 1 }
			if slices.ContainsFunc(theory.Implications, func(i hypotheses.Implication) bool {
				return holds(i.From) && !holds(i.To)
			}) {
				continue
			}
			fits := true
			for key, value := range assume {
				fits = fits && holds(key) == value
			}
			for i, key := range keys {
				if fits && holds(key) {
					seen[i][1] = true
				} else if fits {
					seen[i][0] = true
				}
			}
			any = any || fits
		}
		if any != (err == nil) {
			t.Fatalf("models: %t, error: %v", any, err)
		}

		reversed := hypotheses.Theory{Hypotheses: theory.Hypotheses}
		for _, i := range theory.Implications {
			i.From, i.To = i.To, i.From
			reversed.Implications = append(reversed.Implications, i)
		}
		negated := map[hypotheses.Key]bool{}
		for key, value := range assume {
			negated[key] = !value
		}
		mirror, mirrorErr := reversed.Close(negated)
		if (mirrorErr == nil) != (err == nil) {
			t.Fatalf("contraposition: %v, but %v", err, mirrorErr)
		}
		if err != nil {
			return
		}
		turn := map[hypotheses.Truth]hypotheses.Truth{hypotheses.True: hypotheses.False, hypotheses.False: hypotheses.True}
		closed := map[hypotheses.Key]bool{}
		for i, v := range values {
			want := map[[2]bool]hypotheses.Truth{{false, true}: hypotheses.True, {true, false}: hypotheses.False}[seen[i]]
			if v.Truth != want {
				t.Fatalf("%s is %v, all models say %v", v.Key, v.Truth, want)
			}
			if mirror[i].Truth != turn[v.Truth] {
				t.Fatalf("contraposition: %s is %v, turned it is %v", v.Key, v.Truth, mirror[i].Truth)
			}
			if v.Truth != hypotheses.Unforced {
				closed[v.Key] = v.Truth == hypotheses.True
			}
			if err := follows(v, assume); err != nil {
				t.Fatal(err)
			}
		}
		again, err := theory.Close(closed)
		if err != nil {
			t.Fatalf("not idempotent: %v", err)
		}
		for i, v := range again {
			if v.Truth != values[i].Truth {
				t.Fatalf("not idempotent at %s", v.Key)
			}
		}
		key := rapid.SampledFrom(keys).Draw(t, "one more")
		if _, assumed := assume[key]; !assumed {
			assume[key] = rapid.Bool().Draw(t, "its value")
		}
		if more, err := theory.Close(assume); err == nil {
			for i, v := range more {
				if values[i].Truth != hypotheses.Unforced && v.Truth != values[i].Truth {
					t.Fatalf("not monotone at %s", v.Key)
				}
			}
		}
	})
}

// follows returns nil if the chain is one: from an assumption on, each step by an implication from the one before.
func follows(v hypotheses.Value, assume map[hypotheses.Key]bool) error {
	for n, s := range v.Because {
		switch {
		case n == 0:
			if value, ok := assume[s.Key]; !ok || s.By != nil || value != (s.Truth == hypotheses.True) {
				return fmt.Errorf("the chain %v begins with no assumption", v)
			}
		default:
			before, from, to := v.Because[n-1], s.Key, s.By.To
			if s.Truth == hypotheses.True {
				from, to = before.Key, s.Key
			} else if to != before.Key {
				return fmt.Errorf("the chain %v breaks at %s", v, s.Key)
			}
			if s.By.From != from || s.By.To != to || before.Truth != s.Truth {
				return fmt.Errorf("the chain %v breaks at %s", v, s.Key)
			}
		}
	}
	if n := len(v.Because); v.Truth != hypotheses.Unforced && (n == 0 || v.Because[n-1].Key != v.Key) {
		return fmt.Errorf("the chain %v does not end in %s", v, v.Key)
	}
	return nil
}
