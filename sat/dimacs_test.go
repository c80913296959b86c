package sat

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"finegrain/internal/textfile"
)

func read(text string) (Formula, error) {
	return ReadDIMACS(strings.NewReader(text), "f.cnf", Limits{})
}

func clauses(lists ...[]Literal) [][]Literal { return lists }

func TestReadTolerates(t *testing.T) {
	two := Formula{3, clauses([]Literal{1, -2}, []Literal{2, 3})}
	for _, c := range []struct {
		name, text string
		want       Formula
	}{
		{"plain", "p cnf 3 2\n1 -2 0\n2 3 0\n", two},
		{"comments anywhere", "c a\ncomment\np cnf 3 2\nc b\n1 \nc in a clause\n-2 0\n2 3 0\nc end", two},
		{"comment behind a clause", "p cnf 3 2\n1 -2 0 c first 0 0\n2 3 0 c", two},
		{"comment on an indented line", "p cnf 3 2\n  c 9 9\n1 -2 0 2 3 0\n", two},
		{"clauses over lines and on one", "p cnf 3 2\n1\n-2\n0 2\n3 0", two},
		{"CRLF, tabs, blank lines", "\r\n\tp\tcnf  3\t2 \r\n\r\n1\t-2 0\r\n\r\n2 3 0\r\n\r\n", two},
		{"byte-order mark", "\uFEFFp cnf 3 2\n1 -2 0\n2 3 0\n", two},
		{"byte-order mark before a comment", "\uFEFFc x\np cnf 3 2\n1 -2 0\n2 3 0\n", two},
		{"SATLIB trailer", "p cnf 3 2\n1 -2 0\n2 3 0\n%\n0\n\n", two},
		{"trailer without 0", "p cnf 3 2\n1 -2 0\n2 3 0\n%", two},
		{"leading zeros", "p cnf 03 2\n01 -002 0\n2 3 0", two},
		{"empty clauses", "p cnf 1 3\n0\n0 1 0", Formula{1, clauses(nil, nil, []Literal{1})}},
		{"no clauses", "p cnf 7 0\n", Formula{7, nil}},
		{"nothing", "p cnf 0 0", Formula{0, nil}},
		{"repetition and tautology", "p cnf 2 2\n1 1 -1 0\n1 1 -1 0\n", Formula{2, clauses([]Literal{1, 1, -1}, []Literal{1, 1, -1})}},
		{"a long comment", "c " + strings.Repeat("x", 100_000) + "\np cnf 1 1\n1 0\n", Formula{1, clauses([]Literal{1})}},
	} {
		for kind, r := range map[string]io.Reader{
			"whole":        strings.NewReader(c.text),
			"byte by byte": iotest.OneByteReader(strings.NewReader(c.text)),
			"EOF at once":  iotest.DataErrReader(strings.NewReader(c.text)),
		} {
			got, err := ReadDIMACS(r, "f.cnf", Limits{})
			if err != nil || !got.Equal(c.want) {
				t.Errorf("%s, %s: read %v (%v), should be %v", c.name, kind, got, err, c.want)
			}
		}
	}
}

var malformed = []struct {
	name, text string
	line       int
	says       string
}{
	{"empty", "", 1, "no p line"},
	{"comments only", "c a\nc b\n", 2, "no p line"},
	{"clause first", "c\n1 0\np cnf 1 1\n", 2, "before the p line"},
	{"word first", "hello\n", 1, `"hello" where the p line`},
	{"p alone", "p\ncnf 1 1\n", 1, "garbled"},
	{"another format", "p wcnf 1 1\n", 1, "garbled"},
	{"no clause count", "p cnf 1\n1 0\n", 1, "garbled"},
	{"a word for a number", "p cnf one 1\n", 1, "garbled"},
	{"negative variables", "p cnf -1 1\n", 1, "garbled"},
	{"negative clauses", "p cnf 1 -1\n", 1, "garbled"},
	{"something more", "p cnf 1 1 1\n1 0\n", 1, "garbled"},
	{"second p line", "p cnf 1 1\n1 0\np cnf 1 1\n", 3, "second p line"},
	{"second p line in a clause", "p cnf 1 1\n1\np cnf 1 1\n0\n", 3, "second p line"},
	{"too few", "p cnf 2 3\n1 0\n2 0\n", 3, "1 of the 3 clauses"},
	{"too few, blank end", "p cnf 2 3\n1 0\n2 0\n\n\n", 5, "1 of the 3 clauses"},
	{"too few before the trailer", "p cnf 2 2\n1 0\n%\n0\n", 4, "1 of the 2 clauses"},
	{"too many", "p cnf 2 1\n1 0\n2 0\n", 3, "more than the 1 clauses"},
	{"too many, empty", "p cnf 2 1\n1 0\n\n0\n", 4, "more than the 1 clauses"},
	{"unterminated", "p cnf 2 2\n1 0\n2\n", 3, "not ended"},
	{"unterminated before the trailer", "p cnf 2 1\n1 2\n%\n0\n", 2, "not ended"},
	{"out of range", "p cnf 2 2\n1 0\n-3 0\n", 3, "literal -3 is out of range"},
	{"overflow of 64 bits", "p cnf 2 1\n99999999999999999999 0\n", 2, "out of range"},
	{"overflow back into range", "p cnf 2 1\n18446744073709551617 0\n", 2, "out of range"},
	{"overflow of 32 bits", "p cnf 2 1\n4294967297 0\n", 2, "out of range"},
	{"word", "p cnf 2 1\n1 x 0\n", 2, `"x" is not a number`},
	{"plus", "p cnf 2 1\n+1 0\n", 2, "not a number"},
	{"minus", "p cnf 2 1\n- 1 0\n", 2, "not a number"},
	{"two minuses", "p cnf 2 1\n--1 0\n", 2, "not a number"},
	{"minus inside", "p cnf 2 1\n1-2 0\n", 2, "not a number"},
	{"minus zero", "p cnf 2 1\n1 -0\n", 2, "no literal"},
	{"fraction", "p cnf 2 1\n1.0 0\n", 2, "not a number"},
	{"word like a comment", "p cnf 2 1\n1 comment 0\n", 2, "not a number"},
	{"NUL", "p cnf 2 1\n1\x00 0\n", 2, "not a number"},
	{"a clause after the trailer", "p cnf 2 1\n1 0\n%\n0\n2 0\n", 5, "after the %"},
	{"two zeros after the trailer", "p cnf 2 1\n1 0\n%\n0\n0\n", 5, "after the %"},
	{"a word after the trailer", "p cnf 2 1\n1 0\n%\nend\n", 4, "after the %"},
	{"huge header", "p cnf 2000000000 2000000000\n", 1, "MaxVariables"},
	{"huge number of clauses", "p cnf 2 2000000000\n", 1, "MaxClauses"},
	{"header beyond 64 bits", "p cnf 99999999999999999999999999999999 1\n", 1, "MaxVariables"},
	{"one long token", "p cnf 1 1\n" + strings.Repeat("9", 1<<20), 2, "out of range"},
	{"binary", "\x7fELF\x02\x01\x01" + strings.Repeat("\x00\xff", 1<<19), 1, "where the p line"},
}

// malformedCheck returns nil if the error is the one line that a malformed text should get.
func malformedCheck(err error, text string, line int, says string) error {
	var syntax *SyntaxError
	if !errors.As(err, &syntax) {
		return fmt.Errorf("%v, which is no SyntaxError", err)
	}
	message := err.Error()
	switch lines := strings.Count(text, "\n"); {
	case syntax.Line != line:
		return fmt.Errorf("line %d, should be %d: %v", syntax.Line, line, err)
	case syntax.Line > max(1, lines+1) || syntax.Line > max(1, lines) && strings.HasSuffix(text, "\n"):
		return fmt.Errorf("names line %d, which does not exist: %v", syntax.Line, err)
	case !strings.HasPrefix(message, fmt.Sprintf("f.cnf:%d: ", line)) || strings.ContainsAny(message, "\n\r\x00") || len(message) > 250:
		return fmt.Errorf("%q is not one short line with its place", message)
	case !strings.Contains(message, says):
		return fmt.Errorf("%q does not say %q", message, says)
	}
	return nil
}

func TestReadRefuses(t *testing.T) {
	for _, c := range malformed {
		f, err := read(c.text)
		if err == nil {
			t.Errorf("%s: read as %v", c.name, f)
		} else if err := malformedCheck(err, c.text, c.line, c.says); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// A reader that is wrong about lines, or says nothing, does not pass the check above.
func TestMalformedCheckBites(t *testing.T) {
	const text = "p cnf 2 2\n1 0\n"
	for name, err := range map[string]error{
		"counts a line that is not there": textfile.Errorf("f.cnf", 3, "1 of the 2 clauses is missing"),
		"counts from 0":                   textfile.Errorf("f.cnf", 1, "1 of the 2 clauses is missing"),
		"prints two lines":                textfile.Errorf("f.cnf", 2, "1 of the\n2 clauses"),
		"is of another type":              errors.New("f.cnf:2: 1 of the 2 clauses"),
		"says something else":             textfile.Errorf("f.cnf", 2, "no"),
	} {
		if malformedCheck(err, text, 2, "1 of the 2") == nil {
			t.Errorf("the check lets through an error that %s", name)
		}
	}
}

func TestReadLimits(t *testing.T) {
	const text = "p cnf 3 2\n1 -2 0\n2 3 0\n"
	for _, c := range []struct {
		name   string
		limits Limits
		ok     bool
	}{
		{"just enough", Limits{3, 2, 4, int64(len(text))}, true},
		{"variables", Limits{MaxVariables: 2}, false},
		{"clauses", Limits{MaxClauses: 1}, false},
		{"literals", Limits{MaxLiterals: 3}, false},
		{"bytes", Limits{MaxBytes: int64(len(text)) - 1}, false},
	} {
		_, err := ReadDIMACS(strings.NewReader(text), "f.cnf", c.limits)
		var syntax *SyntaxError
		if c.ok != (err == nil) || !c.ok && (!errors.As(err, &syntax) || !strings.Contains(err.Error(), "raise Max")) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	broken := errors.New("the disk is gone")
	_, err := ReadDIMACS(io.MultiReader(strings.NewReader("p cnf 3 2\n1 -"), iotest.ErrReader(broken)), "f.cnf", Limits{})
	if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "f.cnf:2: ") {
		t.Errorf("a reader that fails: %v", err)
	}
}

// 0 is the default, and what would allow nothing is misuse.
func TestLimitsAreNotNegative(t *testing.T) {
	if got := (Limits{}).withDefaults(); got != DefaultLimits {
		t.Errorf("no limits are %+v", got)
	}
	for _, limits := range []Limits{{MaxVariables: -1}, {MaxClauses: -1}, {MaxLiterals: -1}, {MaxBytes: -1}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v is accepted", limits)
				}
			}()
			ReadDIMACS(strings.NewReader("p cnf 0 0\n"), "f.cnf", limits)
		}()
	}
}

// endless is a file without end: one pattern, again and again.
type endless struct {
	pattern string
	at      int
}

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e.pattern[e.at]
		e.at = (e.at + 1) % len(e.pattern)
	}
	return len(p), nil
}

// A header, or a file without lines or tokens, costs a few kilobytes whatever it announces.
func TestReadAllocatesFromWhatIsThere(t *testing.T) {
	small := Limits{MaxBytes: 4 << 20}
	for name, open := range map[string]func() io.Reader{
		"huge header":        func() io.Reader { return strings.NewReader("p cnf 2000000000 2000000000\n") },
		"large legal header": func() io.Reader { return strings.NewReader("p cnf 4000000 16000000\n1 0\n") },
		"endless comment":    func() io.Reader { return &endless{pattern: "c"} },
		"endless token":      func() io.Reader { return &endless{pattern: "7"} },
		"endless zeros":      func() io.Reader { return io.MultiReader(strings.NewReader("p cnf 1 1\n"), &endless{pattern: "0"}) },
		"endless NULs":       func() io.Reader { return &endless{pattern: "\x00"} },
		"endless newlines":   func() io.Reader { return &endless{pattern: "\n"} },
		"endless blanks":     func() io.Reader { return &endless{pattern: " \t\r"} },
		"endless trailing lines": func() io.Reader {
			return io.MultiReader(strings.NewReader("p cnf 1 1\n1 0\n%\n"), &endless{pattern: "c\n"})
		},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := ReadDIMACS(open(), "f.cnf", small)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s was read", name)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 32<<10 {
			t.Errorf("%s: %d bytes allocated", name, used)
		}
	}
}

// roundTrip writes with the writer given and reads again.
func roundTrip(write func(io.Writer, Formula, ...string) error, f Formula, comments ...string) error {
	var b bytes.Buffer
	if err := write(&b, f, comments...); err != nil {
		return err
	}
	g, err := ReadDIMACS(&b, "written", Limits{})
	if err != nil {
		return err
	}
	if !g.Equal(f) {
		return fmt.Errorf("wrote %v and read %v", f, g)
	}
	return nil
}

func TestWriteReadRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := Sample(seeded(rapid.Uint64().Draw(t, "seed")), rapid.IntRange(1, 6).Draw(t, "size"))
		comments := rapid.SliceOf(rapid.String()).Draw(t, "comments")
		if err := roundTrip(WriteDIMACS, f, comments...); err != nil {
			t.Fatal(err)
		}
	})
}

func TestWriterMutantsDie(t *testing.T) {
	replace := func(old, new string, n int) func(io.Writer, Formula, ...string) error {
		return func(w io.Writer, f Formula, comments ...string) error {
			var b bytes.Buffer
			if err := WriteDIMACS(&b, f, comments...); err != nil {
				return err
			}
			_, err := io.WriteString(w, strings.Replace(b.String(), old, new, n))
			return err
		}
	}
	for name, write := range map[string]func(io.Writer, Formula, ...string) error{
		"drops an empty clause": replace("\n0\n", "\n", 1),
		"loses a sign":          replace("-", "", 1),
		"forgets a 0":           replace(" 0\n", "\n", 1),
	} {
		died := false
		for seed := uint64(0); seed < 200 && !died; seed++ {
			died = roundTrip(write, Sample(seeded(seed), 3)) != nil
		}
		if !died {
			t.Errorf("a writer that %s survives", name)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	var b bytes.Buffer
	if err := WriteDIMACS(&b, Formula{1, clauses([]Literal{2})}); err == nil || b.Len() > 0 {
		t.Errorf("a literal out of range: %v, %q", err, b.String())
	}
	if err := WriteDIMACS(failing{}, Formula{1, clauses([]Literal{1})}); err == nil {
		t.Error("a writer that fails goes unnoticed")
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("full") }

// FuzzReadDIMACS: whatever comes, no panic; an error has a line that exists; a formula is valid, within
// limits, and survives writing and reading.
func FuzzReadDIMACS(f *testing.F) {
	limits := Limits{MaxVariables: 1000, MaxClauses: 1000, MaxLiterals: 1000, MaxBytes: 1 << 16}
	f.Fuzz(func(t *testing.T, data []byte) {
		formula, err := ReadDIMACS(bytes.NewReader(data), "f.cnf", limits)
		if err != nil {
			lines := bytes.Count(data, []byte{'\n'})
			if !bytes.HasSuffix(data, []byte{'\n'}) {
				lines++
			}
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Line < 1 || syntax.Line > max(lines, 1) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: %v", data, err)
			}
			return
		}
		if err := formula.Validate(); err != nil {
			t.Error(err)
		}
		if formula.Variables > limits.MaxVariables || len(formula.Clauses) > limits.MaxClauses {
			t.Errorf("%d variables, %d clauses", formula.Variables, len(formula.Clauses))
		}
		if err := roundTrip(WriteDIMACS, formula, string(data)); err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkReadDIMACS(b *testing.B) {
	f, err := UniformReplacement(seeded(1), 10_000, 42_000, 3)
	if err != nil {
		b.Fatal(err)
	}
	var text bytes.Buffer
	if err := WriteDIMACS(&text, f); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadDIMACS(bytes.NewReader(text.Bytes()), "f.cnf", Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
