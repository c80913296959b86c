// Package slug says which texts may name things in files, in addresses of a page and on a command line alike.
package slug

import (
	"regexp"
	"strings"
)

// Longest is the most bytes of a slug.
const Longest = 80

var shape = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Valid reports whether the text is a slug: lower-case letters and digits, in words that hyphens join.
func Valid(text string) bool { return len(text) <= Longest && shape.MatchString(text) }

var between = regexp.MustCompile(`[^a-z0-9]+`)

// Of is a slug made of a text: its letters and digits, lower-case, with a hyphen for all between them; empty if it has
// none.
func Of(text string) string {
	words := strings.Trim(between.ReplaceAllString(strings.ToLower(text), "-"), "-")
	return strings.TrimRight(words[:min(len(words), Longest)], "-")
}
