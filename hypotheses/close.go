package hypotheses

// What follows from holding hypotheses true or false: truth runs forward along implications, falsity backward by
// contraposition, and what neither reaches is open. Implications have one premise, so each value that is forced
// has a chain of reasons that begins with one assumption; the search is breadth first, so the chain is a shortest.

import (
	"fmt"
	"slices"
	"strings"
)

// Theory is hypotheses with the implications between them.
type Theory struct {
	Hypotheses   []Hypothesis
	Implications []Implication
}

// Known is the theory of what is recorded here.
func Known() Theory { return Theory{All(), Implications()} }

// Keys lists the keys in the order of the table.
func (t Theory) Keys() []Key {
	keys := make([]Key, len(t.Hypotheses))
	for i, h := range t.Hypotheses {
		keys[i] = h.Key
	}
	return keys
}

// Truth is what is held of a hypothesis under assumptions.
type Truth int

const (
	Unforced Truth = iota // neither follows: open
	True
	False
)

// String returns "open", "true" or "false".
func (v Truth) String() string { return [...]string{"open", "true", "false"}[v] }

// Step gives a hypothesis a value: by assumption, or because of the step before it by an implication.
type Step struct {
	Key   Key
	Truth Truth
	By    *Implication // nil: assumed
}

// Value is what a hypothesis is held to be, with the chain of reasons from an assumption to it; the chain of an
// open one is empty.
type Value struct {
	Key     Key
	Truth   Truth
	Because []Step
}

// String says what the hypothesis is and by what: "SETH is false, by SETH ⇒ LDOVC (Williams 2005)".
func (s Step) String() string {
	if s.By == nil {
		return fmt.Sprintf("%s is assumed %v", s.Key, s.Truth)
	}
	return fmt.Sprintf("%s is %v, by %v", s.Key, s.Truth, *s.By)
}

// String writes the chain: "LDOVC is assumed false; so SETH is false, by SETH ⇒ LDOVC (Williams 2005)".
func (v Value) String() string {
	if v.Truth == Unforced {
		return fmt.Sprintf("%s is open", v.Key)
	}
	steps := make([]string, len(v.Because))
	for i, s := range v.Because {
		steps[i] = s.String()
	}
	return strings.Join(steps, "; so ")
}

// Contradiction is the error of assumptions that force a hypothesis to be both.
type Contradiction struct{ True, False Value }

// Error writes both chains.
func (c *Contradiction) Error() string {
	return fmt.Sprintf("the assumptions contradict each other on %s: %v; but %v; withdraw one of them",
		c.True.Key, c.True, c.False)
}

// Close returns what each hypothesis is held to be, in the order of the table. The error is a *Contradiction, or
// says which key is not of the theory.
func (t Theory) Close(assume map[Key]bool) ([]Value, error) {
	keys := t.Keys()
	for key := range assume {
		if !slices.Contains(keys, key) {
			return nil, fmt.Errorf("there is no hypothesis %q; there are %q", key, keys)
		}
	}
	holds, fails := t.reach(assume, True), t.reach(assume, False)
	values := make([]Value, len(keys))
	for i, key := range keys {
		yes, no := holds[key], fails[key]
		switch {
		case yes != nil && no != nil:
			return nil, &Contradiction{Value{key, True, yes}, Value{key, False, no}}
		case yes != nil:
			values[i] = Value{key, True, yes}
		case no != nil:
			values[i] = Value{key, False, no}
		default:
			values[i] = Value{Key: key}
		}
	}
	return values, nil
}

// reach gives the chain of every hypothesis that the assumptions of one truth value force to have it.
func (t Theory) reach(assume map[Key]bool, truth Truth) map[Key][]Step {
	chains := map[Key][]Step{}
	var queue []Key
	for _, key := range t.Keys() {
		if value, ok := assume[key]; ok && value == (truth == True) {
			chains[key] = []Step{{Key: key, Truth: truth}}
			queue = append(queue, key)
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		for i, implication := range t.Implications {
			premise, conclusion := implication.From, implication.To
			if truth == False {
				premise, conclusion = conclusion, premise
			}
			if premise != queue[0] || chains[conclusion] != nil {
				continue
			}
			step := Step{conclusion, truth, &t.Implications[i]}
			chains[conclusion] = append(slices.Clone(chains[premise]), step)
			queue = append(queue, conclusion)
		}
	}
	return chains
}
