// Package slug says which texts may name things in files, in addresses of a page and on a command line alike.
package slug

import "regexp"

// Longest is the most bytes of a slug.
const Longest = 80

var shape = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Valid reports whether the text is a slug: lower-case letters and digits, in words that hyphens join.
func Valid(text string) bool { return len(text) <= Longest && shape.MatchString(text) }
