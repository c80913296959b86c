package textfile

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// greedy counts the bytes that are taken from it.
type greedy struct {
	r     io.Reader
	taken int
}

func (g *greedy) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	g.taken += n
	return n, err
}

// bounds returns nil if the reader that bound makes delivers the text up to most bytes, says ErrTooLong of a
// longer one as often as it is asked, and takes no more than one byte beyond.
func bounds(bound func(io.Reader, int64) io.Reader, text string, most int) error {
	for name, cut := range map[string]func(io.Reader) io.Reader{
		"whole":        func(r io.Reader) io.Reader { return r },
		"byte by byte": iotest.OneByteReader,
		"end at once":  iotest.DataErrReader,
	} {
		source := &greedy{r: cut(strings.NewReader(text))}
		r := bound(source, int64(most))
		got, err := io.ReadAll(r)
		want, ending := text, error(nil)
		if len(text) > most {
			want, ending = text[:most], ErrTooLong
		}
		switch again, errAgain := io.ReadAll(r); {
		case string(got) != want || err != ending:
			return fmt.Errorf("%s: %q up to %d bytes is %q (%v)", name, text, most, got, err)
		case len(again) > 0 || errAgain != ending:
			return fmt.Errorf("%s: %q up to %d bytes is %q (%v) when asked again", name, text, most, again, errAgain)
		case source.taken > most+1:
			return fmt.Errorf("%s: %d bytes were taken for %d", name, source.taken, most)
		}
	}
	return nil
}

func TestBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Repeat(rapid.StringN(0, 8, 8).Draw(t, "text"), rapid.IntRange(0, 200).Draw(t, "times"))
		most := max(0, rapid.OneOf(rapid.IntRange(len(text)-2, len(text)+2), rapid.IntRange(0, 2000)).Draw(t, "most"))
		if err := bounds(Bounded, text, most); err != nil {
			t.Fatal(err)
		}
	})
	if err := bounds(func(r io.Reader, _ int64) io.Reader { return Bounded(r, 1<<63-1) }, "all", 3); err != nil {
		t.Errorf("the largest bound: %v", err)
	}
}

// forgetful says once that the text is too long, and then reads on.
type forgetful struct {
	r    io.Reader
	left int64
}

func (f *forgetful) Read(p []byte) (int, error) {
	inner := bounded{r: f.r, left: f.left}
	n, err := inner.Read(p)
	f.left = inner.left
	return n, err
}

// dropping loses what was read together with the byte too many.
type dropping struct{ bounded }

func (d *dropping) Read(p []byte) (int, error) {
	n, err := d.bounded.Read(p)
	if err == ErrTooLong {
		n = 0
	}
	return n, err
}

func TestBoundedMutantsDie(t *testing.T) {
	for name, mutant := range map[string]func(io.Reader, int64) io.Reader{
		"allows one byte more":        func(r io.Reader, most int64) io.Reader { return Bounded(r, most+1) },
		"cuts and says nothing":       io.LimitReader,
		"bounds nothing":              func(r io.Reader, _ int64) io.Reader { return r },
		"forgets that it ended":       func(r io.Reader, most int64) io.Reader { return &forgetful{r, most} },
		"drops the last bytes":        func(r io.Reader, most int64) io.Reader { return &dropping{bounded{r: r, left: most}} },
		"takes more than it delivers": func(r io.Reader, most int64) io.Reader { return Bounded(&hungry{r: r}, most) },
	} {
		if bounds(mutant, "0123456789", 4) == nil {
			t.Errorf("a reader that %s passes", name)
		}
	}
}

// hungry reads all there is before it gives anything away.
type hungry struct {
	r    io.Reader
	held io.Reader
}

func (h *hungry) Read(p []byte) (int, error) {
	if h.held == nil {
		data, err := io.ReadAll(h.r)
		if err != nil {
			return 0, err
		}
		h.held = strings.NewReader(string(data))
	}
	return h.held.Read(p)
}

func TestBoundedPassesErrorsOn(t *testing.T) {
	broken := errors.New("disk on fire")
	data, err := io.ReadAll(Bounded(io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken)), 10))
	if string(data) != "abc" || err != broken {
		t.Errorf("%q, %v", data, err)
	}
}

func TestLimit(t *testing.T) {
	if Limit(0, 7) != 7 || Limit(3, 7) != 3 || Limit[int64](1<<40, 7) != 1<<40 {
		t.Error("a limit is not what it stands for")
	}
}

func TestMisusePanics(t *testing.T) {
	for name, misuse := range map[string]func(){
		"a negative limit": func() { Limit(-1, 7) },
		"a negative bound": func() { Bounded(nil, -1) },
	} {
		func() {
			defer func() {
				if r := fmt.Sprint(recover()); !strings.HasPrefix(r, "textfile: ") {
					t.Errorf("%s: %s", name, r)
				}
			}()
			misuse()
		}()
	}
}

func Example() {
	limit := Limit(0, int64(10))
	text, err := io.ReadAll(Bounded(strings.NewReader("p cnf 3 2\n1 -2 0\n"), limit))
	if errors.Is(err, ErrTooLong) {
		lines := strings.Count(string(text), "\n")
		err = Errorf("large.cnf", lines, "longer than %d bytes; raise the limit", limit)
	}
	fmt.Println(err)
	// Output: large.cnf:1: longer than 10 bytes; raise the limit
}
