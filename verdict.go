package finegrain

import (
	"fmt"
	"strings"
)

// Outcome is what evidence says of a claim. Nothing is ever proved by measuring.
type Outcome int

const (
	Unmeasured Outcome = iota // there is no evidence yet
	Undecided                 // there is some, and it does not tell
	Consistent                // the claim survived a test that it could have failed
	Refuted                   // the evidence contradicts the claim as it is stated here
)

// String returns the word that reports and scripts use.
func (o Outcome) String() string {
	switch o {
	case Unmeasured:
		return "unmeasured"
	case Undecided:
		return "undecided"
	case Consistent:
		return "consistent"
	case Refuted:
		return "refuted"
	}
	return fmt.Sprintf("Outcome(%d)", int(o))
}

// Verdict is an outcome with its reason: what was seen, against what, in a sentence or two. The reason of an
// Undecided one says what would decide.
type Verdict struct {
	Outcome Outcome
	Because string
}

// Worst combines the verdicts of the parts of a claim: refuted if one is, otherwise unmeasured, undecided or
// consistent, the first of these that one of them is. Reasons are those of the parts with that outcome; of an
// undecided claim also those of the parts that are consistent, after them. Of no parts it is Unmeasured.
func Worst(parts ...Verdict) Verdict {
	reasons := map[Outcome][]string{}
	for _, v := range parts {
		reasons[v.Outcome] = append(reasons[v.Outcome], v.Because)
	}
	for _, o := range []Outcome{Refuted, Unmeasured, Undecided, Consistent} {
		if reasons[o] == nil {
			continue
		}
		all := Verdict{o, strings.Join(reasons[o], " ")}
		if o == Undecided && reasons[Consistent] != nil {
			all.Because += " Consistent so far: " + strings.Join(reasons[Consistent], " ")
		}
		return all
	}
	return Verdict{Unmeasured, "There is no evidence."}
}
