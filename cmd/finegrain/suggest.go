package main

import (
	"slices"
	"strings"
)

// unknown is the error of a name that is not among those there are. It suggests the nearest, or else lists
// them all.
func unknown(kind, name string, names []string) error {
	if near := nearest(name, names); near != "" {
		return request("there is no %s %q; did you mean %q?", kind, name, near)
	}
	if slices.ContainsFunc(names, func(n string) bool { return strings.ContainsAny(n, ", ") }) {
		return request("there is no %s %q; there are %q", kind, name, names)
	}
	return request("there is no %s %q; there are %s", kind, name, strings.Join(names, ", "))
}

// nearest is the name with the least edit distance, if that is at most a third of the longer length,
// rounded up, or the first of which the given name is a beginning; empty if there is none.
func nearest(name string, names []string) string {
	best, least := "", 0
	for _, candidate := range names {
		distance := editDistance(name, candidate)
		allowed := (max(len([]rune(name)), len([]rune(candidate))) + 2) / 3
		if distance <= allowed && (best == "" || distance < least) {
			best, least = candidate, distance
		}
	}
	if best == "" && name != "" {
		if i := slices.IndexFunc(names, func(n string) bool { return strings.HasPrefix(n, name) }); i >= 0 {
			return names[i]
		}
	}
	return best
}

// editDistance is the number of letters to insert, delete or replace (Levenshtein 1966), letter case
// aside. Of very long names only the beginning is compared.
func editDistance(a, b string) int {
	const longest = 64
	s, t := []rune(strings.ToLower(a)), []rune(strings.ToLower(b))
	s, t = s[:min(len(s), longest)], t[:min(len(t), longest)]
	row := make([]int, len(t)+1) // distances from s[:i] to every t[:j]
	for j := range row {
		row[j] = j
	}
	for i := range s {
		diagonal := row[0]
		row[0] = i + 1
		for j := range t {
			replace := diagonal
			if s[i] != t[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(t)]
}
