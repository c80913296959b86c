package ovp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

func TestReadTolerates(t *testing.T) {
	want := Instance{must(ParseVectors("101", "010")), must(ParseVectors("111", "000"))}
	for name, text := range map[string]string{
		"plain":             "p ov 2 3\n101\n010\n111\n000\n",
		"no final newline":  "p ov 2 3\n101\n010\n111\n000",
		"carriage returns":  "c x\r\np ov 2 3\r\n101\r\n010\r\n111\r\n000\r",
		"comments anywhere": "c\ncomment\np ov 2 3\nc 111\n101\n010\nc\n111\n000\nc end",
		"blank lines":       "\n \t\np ov 2 3\n\n101\n010\n\r\n111\n000\n\n  \n",
		"blanks in header":  "p  ov\t2 3 \n101\n010\n111\n000\n",
		"leading zeros":     "p ov 02 003\n101\n010\n111\n000\n",
		"a very long comment": "c" + strings.Repeat("z", 300_000) + "\np ov 2 3\n101\n010\n111\n000\nc" +
			strings.Repeat("y", 1<<16),
	} {
		in, err := Read(strings.NewReader(text), "f", Limits{})
		if err != nil || !in.Equal(want) {
			t.Errorf("%s: %v %v, %v", name, in.A, in.B, err)
		}
	}
	if in, err := Read(strings.NewReader("p ov 0 5\n"), "f", Limits{}); err != nil || in.A.N() != 0 || in.D() != 5 {
		t.Errorf("no vectors: %v, %v", in.Size(), err)
	}
}

func TestReadRejects(t *testing.T) {
	for _, c := range []struct{ name, text, says string }{
		{"empty", "", "f:1: the text ends without a header"},
		{"comments only", "c\nc\n", "f:2: the text ends without a header"},
		{"no header", "c\n101\n", `f:2: "101" is no header`},
		{"another format", "p cnf 3 2\n1 0\n", `f:1: "p cnf 3 2" is no header`},
		{"a field too many", "p ov 1 1 1\n", "f:1:"},
		{"a field too few", "p ov 1\n", "f:1:"},
		{"header indented", " p ov 1 1\n0\n\nq", `f:4: 'q' where digit 1`},
		{"second header", "p ov 1 1\np ov 1 1\n0\n0\n", "f:2: a second header"},
		{"negative n", "p ov -1 1\n", `f:1: n is "-1"; it must be a whole number, at least 0`},
		{"n no number", "p ov one 1\n", `f:1: n is "one"`},
		{"n fractional", "p ov 1.0 1\n", `f:1: n is "1.0"`},
		{"n signed", "p ov +1 1\n", `f:1: n is "+1"`},
		{"d zero", "p ov 1 0\n", "f:1: d is 0; it must be at least 1"},
		{"n beyond int64", "p ov 99999999999999999999999 1\n", "f:1: n is \"99999999999999999999999\" and the limit is"},
		{"n large", "p ov 2000000000 64\n", "the limit is 67108864; raise the limit"},
		{"n announced and not there", "p ov 60000000 1000000\n", "f:1: the text ends after 0 rows"},
		{"d large", "p ov 1 2000000000\n", "f:1: d is"},
		{"row too short", "p ov 1 3\n101\n10\n", "f:3: the row has 2 digits and the header says 3"},
		{"row too long", "p ov 1 3\n1010\n100\n", "f:2: the row has more than 3 digits"},
		{"wrong digit", "p ov 1 3\n101\n1x1\n", "f:3: 'x' where digit 2 of a row should be"},
		{"digit 2", "p ov 1 3\n102\n", "f:2: '2' where digit 3"},
		{"spaces in a row", "p ov 1 3\n1 0 1\n", "f:2: ' ' where digit 2"},
		{"blank after a row", "p ov 1 3\n101 \n", "f:2: ' ' where digit 4"},
		{"carriage return inside", "p ov 1 3\n10\r1\n", `f:2: '\r' where digit 3`},
		{"a row missing", "p ov 2 1\n0\n1\n0\nc\n", `f:5: the text ends after 3 rows; "p ov 2 1" announces 4`},
		{"a row too many", "p ov 1 1\n0\n1\n0\n", "f:4: a row too many"},
		{"a row of none", "p ov 0 1\n0\n", "f:2: a row too many"},
		{"binary", "\x00\x01\xff\n", `f:1: "\x00\x01\xff" is no header`},
		{"a long line", strings.Repeat("x", 1<<20), "f:1: the line is too long for a header"},
		{"a long blank line", strings.Repeat(" ", 1<<20), "f:1: the line is too long"},
		{"a long row", "p ov 1 3\n" + strings.Repeat("1", 1<<20), "f:2: the row has more than 3 digits"},
	} {
		in, err := Read(strings.NewReader(c.text), "f", Limits{})
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: read %v, error %q, want %q", c.name, in.Size(), err, c.says)
		}
	}
}

// TestLimitsAreNotNegative: 0 is the default, and what would allow nothing is misuse.
func TestLimitsAreNotNegative(t *testing.T) {
	if got := (Limits{}).withDefaults(); got != DefaultLimits {
		t.Errorf("no limits are %+v", got)
	}
	for _, limits := range []Limits{{MaxVectors: -1}, {MaxDimension: -1}, {MaxBytes: -1}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v is accepted", limits)
				}
			}()
			Read(strings.NewReader("p ov 0 1\n"), "f", limits)
		}()
	}
}

func TestReadKeepsLimits(t *testing.T) {
	text := "p ov 2 3\n101\n010\n111\n000\n"
	for _, c := range []struct {
		limits Limits
		says   string
	}{
		{Limits{MaxVectors: 1}, "n is \"2\" and the limit is 1"},
		{Limits{MaxDimension: 2}, "d is \"3\" and the limit is 2"},
		{Limits{MaxBytes: int64(len(text)) - 1}, "f:5: the text is longer than the limit of 24 bytes"},
		{Limits{MaxBytes: 3}, "f:1: the text is longer than the limit of 3 bytes"},
		{Limits{MaxVectors: 2, MaxDimension: 3, MaxBytes: int64(len(text))}, "<nil>"},
		{Limits{MaxVectors: 1<<63 - 1, MaxDimension: 1<<63 - 1, MaxBytes: 1<<63 - 1}, "<nil>"},
	} {
		if _, err := Read(strings.NewReader(text), "f", c.limits); !strings.Contains(fmt.Sprint(err), c.says) {
			t.Errorf("%+v: %v, want %q", c.limits, err, c.says)
		}
	}
	endless := io.MultiReader(strings.NewReader("c"), iotest.OneByteReader(zeros{}))
	if _, err := Read(endless, "f", Limits{MaxBytes: 100_000}); !strings.Contains(fmt.Sprint(err), "longer than") {
		t.Errorf("an endless comment: %v", err)
	}
	broken := io.MultiReader(strings.NewReader("p ov 1 3\n10"), iotest.ErrReader(errors.New("disk on fire")))
	if _, err := Read(broken, "f", Limits{}); fmt.Sprint(err) != "f:2: cannot be read: disk on fire" {
		t.Errorf("a broken reader: %v", err)
	}
}

// TestReadAllocatesWhatIsThere: a header that announces 2^26 vectors of 2^20 bits costs no more than the
// buffer.
func TestReadAllocatesWhatIsThere(t *testing.T) {
	result := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Read(strings.NewReader("p ov 67108864 1048576\n01\n"), "f", Limits{}); err == nil {
				b.Fatal("read")
			}
		}
	})
	if result.AllocedBytesPerOp() > 100_000 {
		t.Errorf("%d bytes allocated", result.AllocedBytesPerOp())
	}
}

// TestReadAcrossBuffers puts the end of a row, with a carriage return, on both sides of the buffer's end.
func TestReadAcrossBuffers(t *testing.T) {
	for d := 1<<16 - 16; d < 1<<16+4; d++ {
		in := dense(1, 1, d)
		var text bytes.Buffer
		if err := Write(&text, in); err != nil {
			t.Fatal(err)
		}
		for _, end := range []string{"\n", "\r\n"} {
			got, err := Read(strings.NewReader(strings.ReplaceAll(text.String(), "\n", end)), "f", Limits{})
			if err != nil || !got.Equal(in) {
				t.Errorf("d = %d, end %q: %v", d, end, err)
			}
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = '0'
	}
	return len(b), nil
}

func TestWriteThenRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := Square(drawInstance(t))
		var text bytes.Buffer
		if err := Write(&text, in, "two lines\r\nof comment", "", "p ov 1 1"); err != nil {
			t.Fatal(err)
		}
		got, err := Read(&text, "f", Limits{})
		if err != nil || !got.Equal(in) {
			t.Fatalf("%v, %v", got, err)
		}
	})
}

func TestWriteRefuses(t *testing.T) {
	broken := dense(2, 2, 10)
	broken.A.Row(1)[0] |= 1 << 40
	for _, in := range []Instance{dense(2, 3, 4), dense(2, 2, 0), {NewVectors(1, 2), NewVectors(1, 3)}, broken} {
		var text bytes.Buffer
		if err := Write(&text, in); err == nil || text.Len() > 0 {
			t.Errorf("%v: wrote %q", in.Size(), text.String())
		}
	}
	if err := Write(brokenWriter{}, dense(2, 2, 4)); err == nil {
		t.Error("a writer's error is lost")
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func FuzzRead(f *testing.F) {
	f.Add([]byte("p ov 2 3\n101\n010\n111\n000\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		in, err := Read(bytes.NewReader(text), "f", Limits{MaxVectors: 1 << 10, MaxDimension: 1 << 12})
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Line < 1 || syntax.Line > 1+bytes.Count(text, []byte("\n")) {
				t.Fatalf("%#v", err)
			}
			return
		}
		if err := in.Validate(); err != nil {
			t.Fatal(err)
		}
		var again bytes.Buffer
		if err := Write(&again, in); err != nil {
			t.Fatal(err)
		}
		if got, err := Read(&again, "f", Limits{}); err != nil || !got.Equal(in) {
			t.Fatalf("%v after writing: %v", got.Size(), err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var text bytes.Buffer
	if err := Write(&text, dense(1<<14, 1<<14, 64)); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		if _, err := Read(bytes.NewReader(text.Bytes()), "f", Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
