package npy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// file is an array with the given version and dictionary, followed by float64 numbers.
func file(version byte, dictionary string, numbers ...float64) []byte {
	out := append([]byte(magic), version, 0)
	if version == 1 {
		out = binary.LittleEndian.AppendUint16(out, uint16(len(dictionary)))
	} else {
		out = binary.LittleEndian.AppendUint32(out, uint32(len(dictionary)))
	}
	out = append(out, dictionary...)
	for _, x := range numbers {
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(x))
	}
	return out
}

func read(data []byte, sized bool) (*mat.Dense, error) {
	size := int64(-1)
	if sized {
		size = int64(len(data))
	}
	r, err := NewReader(bytes.NewReader(data), size)
	if err != nil {
		return nil, err
	}
	return r.Read()
}

func dictionary(descr string, fortran bool, shape string) string {
	order := "False"
	if fortran {
		order = "True"
	}
	return fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }  \n", descr, order, shape)
}

func TestReadsWhatIsLegal(t *testing.T) {
	want := mat.NewDense(2, 3, []float64{1, 2, 3, 4, 5, 6})
	c := []float64{1, 2, 3, 4, 5, 6}
	fortran := []float64{1, 4, 2, 5, 3, 6}
	big := file(1, dictionary(">f8", false, "(2, 3)"))
	for _, x := range c {
		big = binary.BigEndian.AppendUint64(big, math.Float64bits(x))
	}
	single := file(3, dictionary("<f4", true, "(2, 3)"))
	bigSingle := file(2, dictionary(">f4", false, "(2, 3)"))
	for i := range c {
		single = binary.LittleEndian.AppendUint32(single, math.Float32bits(float32(fortran[i])))
		bigSingle = binary.BigEndian.AppendUint32(bigSingle, math.Float32bits(float32(c[i])))
	}
	for name, data := range map[string][]byte{
		"version 1":                 file(1, dictionary("<f8", false, "(2, 3)"), c...),
		"version 2":                 file(2, dictionary("<f8", false, "(2, 3)"), c...),
		"version 3":                 file(3, dictionary("<f8", false, "(2, 3)"), c...),
		"Fortran order":             file(1, dictionary("<f8", true, "(2, 3)"), fortran...),
		"big-endian":                big,
		"float32, Fortran order":    single,
		"float32, big-endian":       bigSingle,
		"other order, other quotes": file(1, `{"shape":(2,3,),"fortran_order":False,"descr":"<f8"}`, c...),
	} {
		for _, sized := range []bool{true, false} {
			got, err := read(data, sized)
			if err != nil || !mat.Equal(got, want) {
				t.Errorf("%s, sized %t: %v, %v", name, sized, got, err)
			}
		}
	}
}

// integers is an array of integers of a type, in the order of the file.
func integers(descr string, fortran bool, shape string, numbers ...int64) []byte {
	out := file(1, dictionary(descr, fortran, shape))
	for _, x := range numbers {
		switch descr {
		case "<i8":
			out = binary.LittleEndian.AppendUint64(out, uint64(x))
		case ">i8":
			out = binary.BigEndian.AppendUint64(out, uint64(x))
		case "<i4":
			out = binary.LittleEndian.AppendUint32(out, uint32(x))
		case ">i4":
			out = binary.BigEndian.AppendUint32(out, uint32(x))
		default:
			panic("npy: no width of " + descr)
		}
	}
	return out
}

// TestIntegers: whole numbers may be integers, which are read exactly or not at all; where floats are wanted they are
// refused as all else.
func TestIntegers(t *testing.T) {
	whole := func(data []byte) (*mat.Dense, error) {
		r, err := NewWholeReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return nil, err
		}
		return r.Read()
	}
	const most = 1<<53 - 1
	want := mat.NewDense(2, 2, []float64{0, -1, 7, math.MaxInt32})
	for name, data := range map[string][]byte{
		"int64":                    integers("<i8", false, "(2, 2)", 0, -1, 7, math.MaxInt32),
		"int64, big-endian":        integers(">i8", false, "(2, 2)", 0, -1, 7, math.MaxInt32),
		"int32":                    integers("<i4", false, "(2, 2)", 0, -1, 7, math.MaxInt32),
		"int32, Fortran, reversed": integers(">i4", true, "(2, 2)", 0, 7, -1, math.MaxInt32),
		"float64":                  file(1, dictionary("<f8", false, "(2, 2)"), 0, -1, 7, math.MaxInt32),
	} {
		if got, err := whole(data); err != nil || !mat.Equal(got, want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if _, err := read(data, true); name != "float64" && (err == nil || !strings.Contains(err.Error(), "holds integers; save it as float64")) {
			t.Errorf("%s where floats are wanted: %v", name, err)
		}
	}
	if got, err := whole(integers("<i8", false, "(1, 2)", most, -most)); err != nil || got.At(0, 0) != most || got.At(0, 1) != -most {
		t.Errorf("2^53−1: %v, %v", got, err)
	}
	for _, x := range []int64{1 << 53, 1<<53 + 1, -1<<53 - 1, math.MaxInt64, math.MinInt64} {
		if got, err := whole(integers("<i8", true, "(2, 2)", 1, x, 2, 3)); err == nil || !strings.Contains(err.Error(), "row 1, column 0") {
			t.Errorf("%d is read as %v, %v", x, got, err)
		}
	}
	for _, descr := range []string{"<u8", "<i2", "|u1"} {
		if _, err := whole(file(1, dictionary(descr, false, "(1, 1)"), 1)); err == nil || !strings.Contains(err.Error(), "integers of type") {
			t.Errorf("%s: %v", descr, err)
		}
	}
}

// lengthOf is where the numbers of a version 1 file begin.
func lengthOf(dictionary string) int { return len(file(1, dictionary)) }

// malformed is every way in which a file can be wrong, with a word that its error must have.
var malformed = map[string]struct {
	data []byte
	says string
}{
	"empty":                  {nil, "no .npy file"},
	"text":                   {[]byte("p cnf 1 1\n1 0\n"), "no .npy file"},
	"cut in the magic":       {[]byte(magic[:4]), "was cut"},
	"cut in the length":      {[]byte(magic + "\x01\x00\x05"), "was cut"},
	"cut in the dictionary":  {[]byte(magic + "\x01\x00\x50\x00{'descr'"), "was cut"},
	"version 0":              {file(0, ""), "version 0"},
	"version 4":              {file(4, ""), "version 4"},
	"a huge header":          {[]byte(magic + "\x02\x00\xff\xff\xff\xff"), "header of 4294967295 bytes"},
	"no dictionary":          {file(1, "\n"), "garbled"},
	"an open dictionary":     {file(1, "{'descr': '<f8'"), "garbled"},
	"an open string":         {file(1, "{'descr': '<f8"), "garbled"},
	"no shape":               {file(1, "{'descr': '<f8', 'fortran_order': False, }\n"), "garbled"},
	"a key twice":            {file(1, "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), }\n"), "garbled"},
	"an unknown key":         {file(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), 'x': 1, }\n"), "garbled"},
	"text after":             {file(1, dictionary("<f8", false, "(1, 1)")+"x", 1), "garbled"},
	"order neither":          {file(1, "{'descr': '<f8', 'fortran_order': 0, 'shape': (1, 1), }\n", 1), "garbled"},
	"a negative shape":       {file(1, dictionary("<f8", false, "(-1, 1)"), 1), "garbled"},
	"a shape without commas": {file(1, dictionary("<f8", false, "(1 1)"), 1), "garbled"},
	"a shape that overflows": {file(1, dictionary("<f8", false, "(99999999999999999999, 1)"), 1), "garbled"},
	"a product that does":    {file(1, dictionary("<f8", false, "(4294967296, 4294967296)"), 1), "more than can be addressed"},
	"objects":                {file(1, dictionary("|O", false, "(1, 1)"), 1), "Python objects"},
	"complex":                {file(1, dictionary("<c16", false, "(1, 1)"), 1, 1), "complex"},
	"integers":               {file(1, dictionary("<i8", false, "(1, 1)"), 1), "integers"},
	"unsigned":               {file(1, dictionary("|u1", false, "(1, 1)")), "integers"},
	"truth values":           {file(1, dictionary("|b1", false, "(1, 1)")), "truth values"},
	"half precision":         {file(1, dictionary("<f2", false, "(1, 1)")), `"<f2"`},
	"text type":              {file(1, dictionary("<U3", false, "(1, 1)")), "text"},
	"records":                {file(1, "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }\n", 1), "named fields"},
	"a single number":        {file(1, dictionary("<f8", false, "()"), 1), "0 axes;"},
	"one axis":               {file(1, dictionary("<f8", false, "(1,)"), 1), "1 axis;"},
	"three axes":             {file(1, dictionary("<f8", false, "(1, 1, 1)"), 1), "3 axes"},
	"no rows":                {file(1, dictionary("<f8", false, "(0, 3)")), "no rows"},
	"no columns":             {file(1, dictionary("<f8", false, "(3, 0)")), "no columns"},
	"cut":                    {file(1, dictionary("<f8", false, "(2, 1)"), 1), "has only 8"},
	"cut within a number":    {file(1, dictionary("<f8", false, "(2, 1)"), 1, 2)[:lengthOf(dictionary("<f8", false, "(2, 1)"))+12], "has only 12"},
	"surplus bytes":          {file(1, dictionary("<f8", false, "(1, 1)"), 1, 2), "after its 1 by 1"},
	"not a number":           {file(1, dictionary("<f8", false, "(2, 2)"), 1, 2, math.NaN(), 4), "row 1, column 0"},
	"infinite":               {file(1, dictionary("<f8", true, "(2, 2)"), 1, math.Inf(-1), 3, 4), "row 1, column 0"},
	"announced too large":    {file(1, dictionary("<f8", false, "(1000000, 1000000)"), 1), "has only 8"},
}

func TestRefusesWhatIsNot(t *testing.T) {
	for name, c := range malformed {
		for _, sized := range []bool{true, false} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			m, err := read(c.data, sized)
			runtime.ReadMemStats(&after)
			if err == nil {
				t.Errorf("%s, sized %t: read as %v", name, sized, mat.Formatted(m))
			} else if !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s, sized %t: the error %q does not say %q", name, sized, err, c.says)
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<20 {
				t.Errorf("%s, sized %t: %d bytes were allocated for %d", name, sized, grown, len(c.data))
			}
		}
	}
}

func TestFailingReader(t *testing.T) {
	failure := errors.New("the disk is gone")
	whole := file(1, dictionary("<f8", false, "(1, 1)"), 1)
	for n := range len(whole) + 1 {
		in := io.MultiReader(bytes.NewReader(whole[:n]), iotest.ErrReader(failure))
		r, err := NewReader(in, -1)
		if err == nil {
			_, err = r.Read()
		}
		if !errors.Is(err, failure) {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
}

func TestWriteIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, cols := rapid.IntRange(1, 40).Draw(t, "rows"), rapid.IntRange(1, 40).Draw(t, "cols")
		p := rapid.SampledFrom([]Precision{Float64, Float32}).Draw(t, "precision")
		entry := rapid.Float64Range(-math.MaxFloat32, math.MaxFloat32)
		wide := mat.NewDense(rows, cols+2, nil)
		m := wide.Slice(0, rows, 1, cols+1).(*mat.Dense) // a view
		want := mat.NewDense(rows, cols, nil)
		for i := range rows {
			for j := range cols {
				x := entry.Draw(t, "x")
				m.Set(i, j, x)
				want.Set(i, j, p.Round(x))
			}
		}
		var out bytes.Buffer
		if err := Write(&out, m, p); err != nil {
			t.Fatal(err)
		}
		got, err := read(out.Bytes(), rapid.Bool().Draw(t, "sized"))
		if err != nil || !mat.Equal(got, want) {
			t.Fatalf("%v, %v; want %v", got, err, want)
		}
	})
}

func TestWriteRefuses(t *testing.T) {
	for _, c := range []struct {
		x float64
		p Precision
	}{{math.NaN(), Float64}, {math.Inf(1), Float64}, {1e39, Float32}} {
		if err := Write(io.Discard, mat.NewDense(1, 1, []float64{c.x}), c.p); err == nil {
			t.Errorf("%v was written", c.x)
		}
	}
}

// TestNumPy reads files that NumPy 1.24 wrote, and writes them byte for byte.
func TestNumPy(t *testing.T) {
	want := mat.NewDense(2, 3, []float64{0.25, 0.5, 0.75, 1, 1.25, 1.5})
	files, err := filepath.Glob("testdata/numpy/*.npy")
	if err != nil || len(files) != 13 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := read(data, true)
		if bad := strings.HasPrefix(filepath.Base(name), "bad-"); bad != (err != nil) || !bad && !mat.Equal(got, want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	for name, p := range map[string]Precision{"float64": Float64, "float32": Float32} {
		data, _ := os.ReadFile("testdata/numpy/" + name + ".npy")
		var out bytes.Buffer
		if err := Write(&out, want, p); err != nil || !bytes.Equal(out.Bytes(), data) {
			t.Errorf("%s: written as %q, by NumPy as %q", name, out.Bytes(), data)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(file(1, dictionary("<f8", false, "(2, 1)"), 1, 2), true)
	f.Add(file(2, dictionary(">f4", true, "(1, 1)"), 0)[:60], false)
	for _, c := range malformed {
		f.Add(c.data, false)
	}
	f.Fuzz(func(t *testing.T, data []byte, sized bool) {
		m, err := read(data, sized)
		if other, otherErr := read(data, !sized); (err == nil) != (otherErr == nil) || err == nil && !mat.Equal(m, other) {
			t.Fatalf("a known size changes the outcome: %v, %v", err, otherErr)
		}
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := Write(&out, m, Float64); err != nil {
			t.Fatal(err)
		}
		if back, err := read(out.Bytes(), true); err != nil || !mat.Equal(m, back) {
			t.Fatalf("written and read again: %v", err)
		}
	})
}

func Example() {
	var file bytes.Buffer
	Write(&file, mat.NewDense(2, 2, []float64{1, 2, 3, 4}), Float32)
	r, _ := NewReader(&file, -1)
	m, _ := r.Read()
	fmt.Println(r.Rows, r.Cols, m.RawRowView(1))
	// Output: 2 2 [3 4]
}
