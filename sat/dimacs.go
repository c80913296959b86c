package sat

// The DIMACS format for formulas (Satisfiability: Suggested Format, Center for Discrete Mathematics and
// Theoretical Computer Science, 1993), with what real files add to it.
//
// The reader forgives what changes no meaning: lines that begin with c anywhere, a c in the middle of a
// line before a remark, clauses over several lines or several on one, a byte-order mark, CRLF, tabs, blank
// lines, a missing last newline, and the trailer of SATLIB's files (a line %, then 0). It refuses what
// does: a missing, garbled or second p line, clauses too few or too many, a last clause without its 0, a
// literal out of range, anything that is no number, and text after the trailer.
//
// Memory is bounded by what has been read, never by what a header announces: 4 KB of buffer, 24 bytes of
// the longest token, and the literals themselves.

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"finegrain/internal/textfile"
)

// Limits bounds what ReadDIMACS accepts. A field that is 0 means its default; none may be negative.
type Limits struct {
	MaxVariables int   // 4,194,304 by default
	MaxClauses   int   // 16,777,216
	MaxLiterals  int   // occurrences, 67,108,864
	MaxBytes     int64 // 1 GiB
}

// DefaultLimits is what the zero Limits means. The generators keep to it too.
var DefaultLimits = Limits{MaxVariables: 1 << 22, MaxClauses: 1 << 24, MaxLiterals: 1 << 26, MaxBytes: 1 << 30}

func (l Limits) withDefaults() Limits {
	return Limits{
		MaxVariables: min(textfile.Limit(l.MaxVariables, DefaultLimits.MaxVariables), 1<<31-1),
		MaxClauses:   textfile.Limit(l.MaxClauses, DefaultLimits.MaxClauses),
		MaxLiterals:  textfile.Limit(l.MaxLiterals, DefaultLimits.MaxLiterals),
		MaxBytes:     textfile.Limit(l.MaxBytes, DefaultLimits.MaxBytes),
	}
}

// SyntaxError says what is wrong in a file, where, and what to do.
type SyntaxError = textfile.SyntaxError

// ReadDIMACS reads one formula. The name is used in errors only. What is wrong with the text is a
// *SyntaxError; what is wrong with r is wrapped, with the line reached.
func ReadDIMACS(r io.Reader, name string, limits Limits) (Formula, error) {
	limits = limits.withDefaults()
	in := newLexer(r, name, limits.MaxBytes)
	f, err := readFormula(in, limits)
	if in.err != nil { // takes precedence: the text was not seen to its end
		return Formula{}, in.err
	}
	if err != nil {
		return Formula{}, err
	}
	return f, nil
}

func readFormula(in *lexer, limits Limits) (Formula, error) {
	head, err := readHeader(in, limits)
	if err != nil {
		return Formula{}, err
	}

	// Clause i is literals[ends[i-1]:ends[i]]; literals after the last end are of a clause still open.
	var literals []Literal
	var ends []int
	start, lastLine := 0, head.line
	t, ok := in.token()
	for ; ok && !t.is("%"); t, ok = in.token() {
		if t.is("p") {
			return Formula{}, in.fail(t.line, "a second p line, the first being line %d; keep one formula to a file",
				head.line)
		}
		if !t.number {
			return Formula{}, in.fail(t.line, "%s is not a number; a clause is literals ended by 0", t)
		}
		if t.value == 0 && t.negative {
			return Formula{}, in.fail(t.line, "%s is no literal; end a clause with 0", t)
		}
		if len(ends) == head.clauses {
			return Formula{}, in.fail(t.line,
				"more than the %d clauses that line %d declares; correct the p line or remove the rest",
				head.clauses, head.line)
		}
		lastLine = t.line
		if t.value == 0 {
			ends = append(ends, len(literals))
			start = len(literals)
			continue
		}
		if t.value > int64(head.variables) {
			return Formula{}, in.fail(t.line,
				"literal %s is out of range: line %d declares %d variables; correct one of them",
				t, head.line, head.variables)
		}
		if len(literals) == limits.MaxLiterals {
			return Formula{}, in.fail(t.line, "more than %d literals; raise MaxLiterals if the formula is meant to be so large",
				limits.MaxLiterals)
		}
		l := Literal(t.value)
		if t.negative {
			l = -l
		}
		literals = append(literals, l)
	}
	if len(literals) > start {
		return Formula{}, in.fail(lastLine, "the last clause is not ended; add its 0, or the rest of the file if it was cut")
	}
	if ok {
		if err := readTrailer(in); err != nil {
			return Formula{}, err
		}
	}
	if missing := head.clauses - len(ends); missing > 0 {
		return Formula{}, in.fail(in.line,
			"%d of the %d clauses that line %d declares are missing; complete the file or correct the p line",
			missing, head.clauses, head.line)
	}

	f := Formula{Variables: head.variables, Clauses: make([][]Literal, len(ends))}
	start = 0
	for i, end := range ends {
		f.Clauses[i] = literals[start:end:end]
		start = end
	}
	return f, nil
}

type header struct{ variables, clauses, line int }

// readHeader reads up to the end of the p line.
func readHeader(in *lexer, limits Limits) (header, error) {
	const want = "write it as: p cnf VARIABLES CLAUSES"
	p, ok := in.token()
	switch {
	case !ok:
		return header{}, in.fail(in.line, "no p line before the end of the file; %s", want)
	case !p.is("p") && p.number:
		return header{}, in.fail(p.line, "a clause before the p line; begin the file with it and %s", want)
	case !p.is("p"):
		return header{}, in.fail(p.line, "%s where the p line should be; %s", p, want)
	}
	garbled := func() (header, error) { return header{}, in.fail(p.line, "garbled p line; %s", want) }
	var fields [3]token
	for i := range fields {
		if !in.moreOnLine() {
			return garbled()
		}
		fields[i], _ = in.token()
	}
	kind, n, m := fields[0], fields[1], fields[2]
	if in.moreOnLine() || !kind.is("cnf") || !n.number || !m.number || n.negative || m.negative {
		return garbled()
	}
	if n.value > int64(limits.MaxVariables) {
		return header{}, in.fail(p.line,
			"%s variables are more than the limit of %d; correct the p line, or raise MaxVariables",
			n, limits.MaxVariables)
	}
	if m.value > int64(limits.MaxClauses) {
		return header{}, in.fail(p.line, "%s clauses are more than the limit of %d; correct the p line, or raise MaxClauses",
			m, limits.MaxClauses)
	}
	return header{variables: int(n.value), clauses: int(m.value), line: p.line}, nil
}

// readTrailer reads what may follow SATLIB's %: a single 0.
func readTrailer(in *lexer) error {
	zeros := 0
	for t, ok := in.token(); ok; t, ok = in.token() {
		zeros++
		if !t.is("0") || zeros > 1 {
			return in.fail(t.line, "%s after the %% line that ends the formula; remove one of them", t)
		}
	}
	return nil
}

// token is a run of bytes without white space: its first bytes, and its value if it is a number.
type token struct {
	text     [24]byte
	length   int   // of the whole token
	line     int   // where it stands
	value    int64 // |number|, not more than tooLarge
	number   bool  // an optional minus, then digits
	negative bool
}

// longestToken is the length after which a token is cut: it is too large a number then, or none.
const longestToken = 4096

// tooLarge stands for every number above it: more than any limit, and no overflow when a digit is added.
const tooLarge = 1 << 40

func (t token) is(word string) bool {
	return t.length == len(word) && string(t.text[:t.length]) == word
}

// String returns the token, quoted and shortened if it is no number or a long one.
func (t token) String() string {
	switch {
	case t.length > len(t.text):
		return strconv.Quote(string(t.text[:])) + "…"
	case t.number:
		return string(t.text[:t.length])
	default:
		return strconv.Quote(string(t.text[:t.length]))
	}
}

func (t *token) add(b byte) {
	if t.length < len(t.text) {
		t.text[t.length] = b
	}
	t.length++
	switch {
	case b >= '0' && b <= '9':
		t.number = t.number || t.length == 1 || t.negative && t.length == 2
		t.value = min(10*t.value+int64(b-'0'), tooLarge)
	case b == '-' && t.length == 1:
		t.negative = true
	default:
		t.number = false
	}
}

// lexer cuts a text into tokens, one byte ahead. line is the line of the last byte taken: a newline belongs
// to the line it ends, so that line never names one that does not exist.
type lexer struct {
	in       *bufio.Reader
	window   []byte // what in holds ready
	at       int    // how much of it has been looked at
	name     string
	next     byte  // the byte to be taken next
	more     bool  // whether there is one
	err      error // why there is none, if not for the end of the text
	line     int
	ended    bool // the last byte taken was a newline
	indented bool // a token has been taken on this line
}

func newLexer(r io.Reader, name string, maxBytes int64) *lexer {
	in := &lexer{in: bufio.NewReaderSize(textfile.Bounded(r, maxBytes), 4096), name: name, more: true, line: 1}
	if mark, _ := in.in.Peek(3); string(mark) == "\uFEFF" {
		in.in.Discard(3)
	}
	in.look()
	return in
}

func (in *lexer) fail(line int, format string, args ...any) error {
	return textfile.Errorf(in.name, line, format, args...)
}

// look finds the byte after the one taken last.
func (in *lexer) look() {
	if in.at == len(in.window) && !in.fill() {
		return
	}
	in.next = in.window[in.at]
	in.at++
}

// fill replaces the window, which is used up, by what comes next.
func (in *lexer) fill() bool {
	in.in.Discard(len(in.window))
	in.window, in.at = nil, 0
	_, err := in.in.Peek(1)
	switch {
	case err == nil:
		in.window, _ = in.in.Peek(in.in.Buffered())
		return true
	case errors.Is(err, textfile.ErrTooLong):
		in.err = in.fail(in.line, "longer than the limit of bytes; raise MaxBytes if the file is meant to be so large")
	case err != io.EOF:
		in.err = fmt.Errorf("%s:%d: cannot be read: %w", in.name, in.line, err)
	}
	in.more = false
	return false
}

func (in *lexer) take() {
	if in.ended {
		in.line++
		in.indented = false
	}
	in.ended = in.next == '\n'
	in.look()
}

func (in *lexer) skipLine() {
	for in.more && in.next != '\n' {
		in.take()
	}
}

func (in *lexer) blank() bool {
	return in.next == ' ' || in.next == '\t' || in.next == '\r' || in.next == '\v' || in.next == '\f'
}

// moreOnLine skips blanks and reports whether the line goes on.
func (in *lexer) moreOnLine() bool {
	for in.more && in.blank() {
		in.take()
	}
	return in.more && in.next != '\n'
}

// token returns the next token outside comments; false at the end.
func (in *lexer) token() (token, bool) {
	for {
		for in.more && (in.next == '\n' || in.blank()) {
			in.take()
		}
		if !in.more {
			return token{}, false
		}
		if in.next == 'c' && (in.ended || !in.indented) {
			in.skipLine()
			continue
		}
		var t token
		for in.more && in.next != '\n' && !in.blank() {
			if t.length == longestToken { // nothing that belongs here is so long, and the rest need not be read
				t.number = t.number && t.value == tooLarge
				break
			}
			t.add(in.next)
			in.take()
		}
		in.indented = true
		if t.is("c") {
			in.skipLine()
			continue
		}
		t.line = in.line
		return t, true
	}
}

// WriteDIMACS writes the formula, each comment before it on lines that begin with c. It refuses a formula
// that does not validate.
func WriteDIMACS(w io.Writer, f Formula, comments ...string) error {
	if err := f.Validate(); err != nil {
		return err
	}
	out := bufio.NewWriter(w) // keeps the first error; Flush returns it
	for _, comment := range comments {
		for line := range strings.Lines(strings.ReplaceAll(comment, "\r", "")) {
			out.WriteString(strings.TrimRight("c "+strings.TrimSuffix(line, "\n"), " ") + "\n")
		}
	}
	fmt.Fprintf(out, "p cnf %d %d\n", f.Variables, len(f.Clauses))
	var number []byte
	for _, clause := range f.Clauses {
		for _, l := range clause {
			number = append(strconv.AppendInt(number[:0], int64(l), 10), ' ')
			out.Write(number)
		}
		out.WriteString("0\n")
	}
	return out.Flush()
}
