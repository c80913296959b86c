// Package textfile is what the readers of text formats share, so that all of them fail alike: an error that
// names file and line, a bound on how much is read, and the meaning of a limit.
//
//   - syntax.go: SyntaxError, Errorf.
//   - bounded.go: Bounded, ErrTooLong.
//   - limit.go: Limit.
//
// A reader of a format bounds its input with Bounded, turns ErrTooLong into a SyntaxError that names the
// limit to raise, and lets memory grow with what it has read, never with what a header announces.
package textfile
