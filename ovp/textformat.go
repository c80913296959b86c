package ovp

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"finegrain/internal/textfile"
)

// The text format: a line "p ov n d", then 2n rows of d digits 0 or 1 without spaces, the n vectors of A
// before those of B, coordinate 0 first. Lines that begin with c are comments, anywhere; blank lines and
// carriage returns before the end of a line are tolerated; everything else is an error with its line.
//
// A reader is handed anything, so memory grows with the rows that were read and not with what the header
// announces, and lines of any length pass through a buffer of fixed size.

// Limits bounds what Read accepts. A field that is 0 means its default; none may be negative.
type Limits struct {
	MaxVectors   int   // of each list, 67,108,864 by default
	MaxDimension int   // 1,048,576
	MaxBytes     int64 // of text, comments included, 8 GiB
}

// DefaultLimits is what the zero Limits means.
var DefaultLimits = Limits{MaxVectors: 1 << 26, MaxDimension: 1 << 20, MaxBytes: 1 << 33}

func (l Limits) withDefaults() Limits {
	return Limits{
		// Twice as many rows are counted.
		MaxVectors:   min(textfile.Limit(l.MaxVectors, DefaultLimits.MaxVectors), math.MaxInt/2),
		MaxDimension: textfile.Limit(l.MaxDimension, DefaultLimits.MaxDimension),
		MaxBytes:     textfile.Limit(l.MaxBytes, DefaultLimits.MaxBytes),
	}
}

// SyntaxError says what is wrong in a text, where, and what to do.
type SyntaxError = textfile.SyntaxError

// Read reads an instance; name is the file's in errors. What is wrong with the text is a *SyntaxError;
// other errors are the reader's, with name and line.
func Read(r io.Reader, name string, limits Limits) (Instance, error) {
	limits = limits.withDefaults()
	p := parser{
		in:     bufio.NewReaderSize(textfile.Bounded(r, limits.MaxBytes), 1<<16),
		name:   name,
		limits: limits,
	}
	for {
		chunk, ended, err := p.chunk()
		if err == io.EOF {
			break
		}
		p.line++
		if err != nil {
			return Instance{}, p.failed(err)
		}
		if err := p.readLine(chunk, ended); err != nil {
			return Instance{}, p.failed(err)
		}
	}
	return p.instance()
}

// parser is the state between lines: the words of all rows so far.
type parser struct {
	in     *bufio.Reader
	name   string
	limits Limits
	line   int // of the last line begun

	header bool
	n, d   int
	rows   int
	words  []uint64
}

// chunk returns the next piece of a line without its end, and whether the line ends with it; io.EOF if
// there is no further line.
func (p *parser) chunk() (piece []byte, ended bool, err error) {
	piece, err = p.in.ReadSlice('\n')
	switch {
	case err == bufio.ErrBufferFull:
		if last := len(piece) - 1; piece[last] == '\r' && p.in.UnreadByte() == nil { // a line may end here
			piece = piece[:last]
		}
		return piece, false, nil
	case err == io.EOF && len(piece) > 0:
		return bytes.TrimSuffix(piece, []byte("\r")), true, nil
	case err != nil:
		return nil, false, err
	}
	return bytes.TrimSuffix(piece[:len(piece)-1], []byte("\r")), true, nil
}

// readLine reads the line that begins with piece.
func (p *parser) readLine(piece []byte, ended bool) error {
	switch {
	case bytes.HasPrefix(piece, []byte("c")):
		for !ended {
			var err error
			if _, ended, err = p.chunk(); err != nil && err != io.EOF {
				return err
			}
			ended = ended || err == io.EOF
		}
		return nil
	case ended && len(bytes.TrimSpace(piece)) == 0:
		return nil
	case !p.header || bytes.HasPrefix(piece, []byte("p")):
		if !ended {
			return p.wrong("the line is too long for a header; the first line that is no comment must be \"p ov n d\"")
		}
		return p.readHeader(string(piece))
	}
	return p.readRow(piece, ended)
}

func (p *parser) readHeader(line string) error {
	if p.header {
		return p.wrong("a second header; there must be one line \"p ov n d\"")
	}
	fields := strings.Fields(line)
	if len(fields) != 4 || fields[0] != "p" || fields[1] != "ov" {
		return p.wrong("%s is no header; the first line that is no comment must be \"p ov n d\"", quote(line))
	}
	var err error
	if p.n, err = p.number("n", fields[2], 0, p.limits.MaxVectors); err != nil {
		return err
	}
	if p.d, err = p.number("d", fields[3], 1, p.limits.MaxDimension); err != nil {
		return err
	}
	p.header = true
	return nil
}

// number reads a header's number: digits only.
func (p *parser) number(what, text string, least, most int) (int, error) {
	x, err := strconv.ParseUint(text, 10, 64)
	switch {
	case err != nil && strings.Trim(text, "0123456789") == "": // digits, and out of range
		x = math.MaxUint64
	case err != nil:
		return 0, p.wrong("%s is %s; it must be a whole number, at least %d", what, quote(text), least)
	case x < uint64(least):
		return 0, p.wrong("%s is %d; it must be at least %d", what, x, least)
	}
	if x > uint64(most) {
		return 0, p.wrong("%s is %s and the limit is %d; raise the limit or split the instance", what, quote(text), most)
	}
	return int(x), nil
}

// readRow appends the row that begins with piece.
func (p *parser) readRow(piece []byte, ended bool) error {
	if p.rows == 2*p.n {
		return p.wrong("a row too many; %q announces %d rows", p.headerLine(), 2*p.n)
	}
	k := 0
	var word uint64
	for {
		for _, digit := range piece {
			switch {
			case digit != '0' && digit != '1':
				return p.wrong("%q where digit %d of a row should be; rows hold 0 and 1 without spaces", digit, k+1)
			case k == p.d:
				return p.wrong("the row has more than %d digits, the d of the header; cut it or mend the header", p.d)
			}
			word |= uint64(digit&1) << (k & 63)
			if k++; k&63 == 0 || k == p.d {
				p.words = append(p.words, word)
				word = 0
			}
		}
		if ended {
			break
		}
		var err error
		if piece, ended, err = p.chunk(); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
	}
	if k < p.d {
		return p.wrong("the row has %d digits and the header says %d; fill it up or mend the header", k, p.d)
	}
	p.rows++
	return nil
}

func (p *parser) instance() (Instance, error) {
	p.line = max(p.line, 1)
	if !p.header {
		return Instance{}, p.wrong("the text ends without a header; it must have a line \"p ov n d\"")
	}
	if p.rows != 2*p.n {
		return Instance{}, p.wrong("the text ends after %d rows; %q announces %d (%d of A, then as many of B)",
			p.rows, p.headerLine(), 2*p.n, p.n)
	}
	both := Vectors{n: 2 * p.n, d: p.d, words: p.words}
	return Instance{both.Slice(0, p.n), both.Slice(p.n, 2*p.n)}, nil
}

func (p *parser) headerLine() string { return fmt.Sprintf("p ov %d %d", p.n, p.d) }

func (p *parser) wrong(format string, args ...any) error {
	return textfile.Errorf(p.name, p.line, format, args...)
}

// failed gives a reader's error its place.
func (p *parser) failed(err error) error {
	var syntax *SyntaxError
	switch {
	case errors.As(err, &syntax):
		return err
	case errors.Is(err, textfile.ErrTooLong):
		return p.wrong("the text is longer than the limit of %d bytes; raise MaxBytes or split the instance",
			p.limits.MaxBytes)
	}
	return fmt.Errorf("%s:%d: cannot be read: %w", p.name, p.line, err)
}

// quote shortens foreign text for an error message.
func quote(text string) string {
	if len(text) > 40 {
		return strconv.Quote(text[:40]) + "…"
	}
	return strconv.Quote(text)
}

// Write writes an instance with the comments, each on lines of its own, before the header. The format has
// no lists of different length and no dimension 0: such an instance is an error, and Square mends it.
func Write(w io.Writer, in Instance, comments ...string) error {
	if err := in.Validate(); err != nil {
		return err
	}
	if in.A.N() != in.B.N() || in.D() == 0 {
		return fmt.Errorf("the text format needs lists of one length and d ≥ 1, not n = %d, m = %d, d = %d; "+
			"write Square of the instance", in.A.N(), in.B.N(), in.D())
	}
	out := bufio.NewWriterSize(w, 1<<16)
	for _, comment := range comments {
		for line := range strings.Lines(comment + "\n") {
			fmt.Fprintf(out, "c %s\n", strings.TrimRight(line, "\r\n"))
		}
	}
	fmt.Fprintf(out, "p ov %d %d\n", in.A.N(), in.D())
	var row []byte
	for _, side := range []Vectors{in.A, in.B} {
		for i := range side.N() {
			row = append(side.appendRow(row[:0], i), '\n')
			out.Write(row)
		}
	}
	return out.Flush() // a bufio.Writer keeps its first error
}
