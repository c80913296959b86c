// Package outfile writes output that appears whole or not at all.
//
// A file is written to a temporary sibling, forced to disk and renamed; so is a directory with all that
// is in it. When writing fails or its context ends, the sibling is removed and what was there before is
// untouched. Only a process that is killed outright leaves its sibling behind, under a name that begins
// with .outfile and ends in .tmp.
//
//   - file.go: File, CheckFile.
//   - directory.go: Directory, ReplaceDirectory, CheckDirectory.
//   - resolve.go: what a name stands for. direct.go: devices and pipes.
package outfile
