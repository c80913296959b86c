package claims

// What becomes of claims if hypotheses hold or fail. A lower bound stands as long as one hypothesis that supports it
// is not refuted; assumptions are closed under implication and contraposition first (package hypotheses). A claim
// that holds unconditionally stands on nothing and loses nothing.

import (
	"slices"

	"finegrain/hypotheses"
)

// Fate is what becomes of a claim under assumptions.
type Fate struct {
	Claim Claim
	On    []Support // what it still rests on, in the order of the table of hypotheses
	Lost  []Support // what it rested on and is false
}

// Stands reports whether the claim keeps something to rest on, or needs nothing.
func (f Fate) Stands() bool { return f.Claim.Hardness == nil || len(f.On) > 0 }

// Keys lists the hypotheses of some supports, each once.
func Keys(supports []Support) []hypotheses.Key {
	keys := []hypotheses.Key{}
	for _, s := range supports {
		if !slices.Contains(keys, s.Key) {
			keys = append(keys, s.Key)
		}
	}
	return keys
}

// WhatIf returns what the hypotheses are held to be under the assumptions, and the fate of each claim. The error is
// a *hypotheses.Contradiction, an unknown hypothesis, or a lower bound that rests on nothing to begin with.
func WhatIf(of []Claim, assume map[hypotheses.Key]bool) ([]hypotheses.Value, []Fate, error) {
	values, err := hypotheses.Known().Close(assume)
	if err != nil {
		return nil, nil, err
	}
	refuted := func(key hypotheses.Key) bool {
		return slices.ContainsFunc(values, func(v hypotheses.Value) bool {
			return v.Key == key && v.Truth == hypotheses.False
		})
	}
	var fates []Fate
	for _, c := range of {
		supports, err := c.Support()
		if err != nil {
			return nil, nil, err
		}
		fate := Fate{Claim: c}
		for _, s := range supports {
			if refuted(s.Key) {
				fate.Lost = append(fate.Lost, s)
			} else {
				fate.On = append(fate.On, s)
			}
		}
		fates = append(fates, fate)
	}
	return values, fates, nil
}
