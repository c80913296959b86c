package memory

import (
	"fmt"
	"math"
	"math/big"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]int64{
		"4GiB": 4 << 30, "500MB": 500e6, "1.5G": 3 << 29, "1048576": 1 << 20, "64k": 64 << 10,
		" 2 tib ": 2 << 40, "12B": 12, "1e3KB": 1e6,
	} {
		if got, err := Parse(text); err != nil || got != want {
			t.Errorf("Parse(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "GiB", "four", "-1GB", "0", "1e300", "nan", "inf", "0x10", "1_0", "1.5.5MB", "1GiBs", "0.2B"} {
		if got, err := Parse(text); err == nil {
			t.Errorf("Parse(%q) = %d, want an error", text, got)
		}
	}
}

func TestFormatIsParsed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, 1<<60).Draw(t, "bytes")
		back, err := Parse(Format(n))
		if err != nil || math.Abs(float64(back-n)) > 0.006*float64(n) {
			t.Fatalf("Parse(%q) = %d, %v; it was made of %d", Format(n), back, err, n)
		}
	})
}

func TestFormatBig(t *testing.T) {
	if got := FormatBig(new(big.Int).Lsh(big.NewInt(3), 500)); got != "about 2^501 bytes" {
		t.Error(got)
	}
	if got := FormatBig(big.NewInt(3 << 29)); got != "1.5 GiB" {
		t.Error(got)
	}
}

func TestMachine(t *testing.T) {
	const meminfo = "MemTotal:       1024 kB\nMemFree:         512 kB\n"
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	for _, c := range []struct {
		name string
		root fstest.MapFS
		want int64
	}{
		{"nothing to ask", fstest.MapFS{}, unknown},
		{"no groups", fstest.MapFS{"proc/meminfo": file(meminfo)}, 1 << 20},
		{"no limit", fstest.MapFS{
			"proc/meminfo": file(meminfo), "proc/self/cgroup": file("0::/a/b\n"),
			"sys/fs/cgroup/a/b/memory.max": file("max\n"),
		}, 1 << 20},
		{"limit of a group above", fstest.MapFS{
			"proc/meminfo": file(meminfo), "proc/self/cgroup": file("0::/a/b\n"),
			"sys/fs/cgroup/a/memory.max": file("65536\n"), "sys/fs/cgroup/a/b/memory.max": file("max\n"),
		}, 65536},
		{"version 1", fstest.MapFS{
			"proc/meminfo": file(meminfo), "proc/self/cgroup": file("5:cpu:/c\n4:memory:/a\n"),
			"sys/fs/cgroup/memory/a/memory.limit_in_bytes": file("4096\n"),
			"sys/fs/cgroup/memory/c/memory.limit_in_bytes": file("1\n"),
		}, 4096},
		{"a limit above the machine", fstest.MapFS{
			"proc/meminfo": file(meminfo), "proc/self/cgroup": file("0::/\n"),
			"sys/fs/cgroup/memory.max": file("9223372036854771712\n"),
		}, 1 << 20},
	} {
		if got := machine(c.root); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	if Machine() < 1<<20 {
		t.Errorf("this machine is said to have %d bytes", Machine())
	}
}

func FuzzParse(f *testing.F) {
	f.Add("4GiB")
	f.Add("1e309T")
	f.Fuzz(func(t *testing.T, text string) {
		if n, err := Parse(text); err == nil && n < 1 {
			t.Fatalf("Parse(%q) = %d", text, n)
		}
	})
}

func Example() {
	bytes, _ := Parse("1.5GiB")
	fmt.Println(bytes, Format(bytes/3))
	// Output: 1610612736 512 MiB
}
