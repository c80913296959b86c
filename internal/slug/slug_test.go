package slug

import (
	"strings"
	"testing"
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
