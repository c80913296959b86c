package slug

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestValid(t *testing.T) {
	for text, want := range map[string]bool{
		"a": true, "time-against-n": true, "2-sat": true, strings.Repeat("a", Longest): true,
		"": false, "-a": false, "a-": false, "a--b": false, "A": false, "a b": false, "a/b": false, "é": false, "a\n": false,
		strings.Repeat("a", Longest+1): false,
	} {
		if Valid(text) != want {
			t.Errorf("%q: %t", text, !want)
		}
	}
}

// TestOf: what is made of a text is a slug, or nothing, and of a slug itself.
func TestOf(t *testing.T) {
	for text, want := range map[string]string{
		"poly-B": "poly-b", "Time against n": "time-against-n", "--a__b--": "a-b", "": "", "é": "", "time-against-n": "time-against-n",
		strings.Repeat("a", Longest-1) + " b": strings.Repeat("a", Longest-1),
	} {
		if got := Of(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		made := Of(text)
		if made != "" && !Valid(made) || Valid(text) && made != text || Of(made) != made {
			t.Errorf("%q: %q", text, made)
		}
	})
}
