package textfile

import "fmt"

// SyntaxError says what is wrong in a file, where, and what to do.
type SyntaxError struct {
	File    string
	Line    int // counted from 1; a line that the file has, or 1 if it is empty
	Problem string
}

// Error returns "FILE:LINE: what is wrong, and what to do".
func (e *SyntaxError) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Problem) }

// Errorf returns a *SyntaxError with its problem formatted.
func Errorf(file string, line int, format string, args ...any) error {
	return &SyntaxError{file, line, fmt.Sprintf(format, args...)}
}
