package outfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// content maps every file below a directory to what it holds.
func content(t *testing.T, root string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.Walk(root, func(name string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		relative, _ := filepath.Rel(root, name)
		found[relative] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func holds(t *testing.T, root string, want map[string]string) {
	t.Helper()
	if got := content(t, root); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the directory holds %q, want %q", got, want)
	}
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

var errWriting = errors.New("writing failed")

func TestFile(t *testing.T) {
	ctx := context.Background()
	root := t.TempDir()
	name := filepath.Join(root, "a")
	for _, s := range []string{"one", "two"} {
		if err := File(ctx, name, text(s)); err != nil {
			t.Fatal(err)
		}
		holds(t, root, map[string]string{"a": s})
	}
}

// wholeOrNothing returns nil if a failure late in a large file leaves what was there, and nothing else.
func wholeOrNothing(directory string, file func(context.Context, string, func(io.Writer) error) error) error {
	name := filepath.Join(directory, "a")
	if err := os.WriteFile(name, []byte("before"), 0o666); err != nil {
		return err
	}
	err := file(context.Background(), name, func(w io.Writer) error {
		text(strings.Repeat("x", 1<<20))(w)
		return errWriting
	})
	if !errors.Is(err, errWriting) {
		return fmt.Errorf("the failure was not told: %v", err)
	}
	if data, _ := os.ReadFile(name); string(data) != "before" {
		return fmt.Errorf("the file holds %d bytes of the new", len(data))
	}
	if entries, _ := os.ReadDir(directory); len(entries) != 1 {
		return fmt.Errorf("left behind: %v", entries)
	}
	return nil
}

func TestWholeOrNothing(t *testing.T) {
	if err := wholeOrNothing(t.TempDir(), File); err != nil {
		t.Error(err)
	}
	inPlace := func(name string, write func(io.Writer) error) error {
		file, err := os.Create(name)
		if err != nil {
			return err
		}
		defer file.Close()
		return write(file)
	}
	for name, mutant := range map[string]func(context.Context, string, func(io.Writer) error) error{
		"writes in place": func(_ context.Context, name string, write func(io.Writer) error) error { return inPlace(name, write) },
		"leaves its sibling": func(_ context.Context, name string, write func(io.Writer) error) error {
			if err := inPlace(name+".tmp", write); err != nil {
				return err
			}
			return os.Rename(name+".tmp", name)
		},
		"swallows the failure": func(ctx context.Context, name string, write func(io.Writer) error) error {
			File(ctx, name, write)
			return nil
		},
	} {
		if wholeOrNothing(t.TempDir(), mutant) == nil {
			t.Errorf("a writer that %s passes", name)
		}
	}
}

func TestFileStopsWithItsContext(t *testing.T) {
	root := t.TempDir()
	name := filepath.Join(root, "a")
	ctx, cancel := context.WithCancel(context.Background())
	err := File(ctx, name, func(w io.Writer) error {
		cancel()
		for {
			if err := text(strings.Repeat("x", 1<<12))(w); err != nil {
				return err
			}
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	// Also where the end comes after the last write.
	ctx, cancel = context.WithCancel(context.Background())
	err = File(ctx, name, func(w io.Writer) error { defer cancel(); return text("x")(w) })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	holds(t, root, map[string]string{})
}

func TestFileKeepsModeAndFollowsLinks(t *testing.T) {
	root := t.TempDir()
	real, link := filepath.Join(root, "real"), filepath.Join(root, "link")
	if err := os.WriteFile(real, nil, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", link); err != nil {
		t.Fatal(err)
	}
	if err := File(context.Background(), link, text("x")); err != nil {
		t.Fatal(err)
	}
	holds(t, root, map[string]string{"real": "x", "link": "x"})
	if info, _ := os.Lstat(real); info.Mode() != 0o640 {
		t.Errorf("mode %v", info.Mode())
	}
	if info, _ := os.Lstat(link); info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link was replaced")
	}
}

// followsDangling returns nil if a file is made where links lead to nothing yet, and the links stay.
func followsDangling(root string, file func(context.Context, string, func(io.Writer) error) error) error {
	far := filepath.Join(root, "far", "away")
	if err := os.MkdirAll(far, 0o777); err != nil {
		return err
	}
	for link, to := range map[string]string{
		"one": "real1", "two": "one2", "one2": "real2", "absolute": filepath.Join(root, "real3"),
		"folder": "far/away", "up": "folder/../real4", "far/away/back": "../../real5", "real4": "decoy",
	} {
		if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
			return err
		}
	}
	for name, real := range map[string]string{
		"one": "real1", "two": "real2", "absolute": "real3", "up": "far/real4", "folder/back": "real5", "folder/real6": "far/away/real6",
	} {
		if err := file(context.Background(), filepath.Join(root, name), text(name)); err != nil {
			return err
		}
		if info, err := os.Lstat(filepath.Join(root, real)); err != nil || !info.Mode().IsRegular() {
			return fmt.Errorf("%s made no file %s: %v", name, real, err)
		}
		if data, err := os.ReadFile(filepath.Join(root, name)); err != nil || string(data) != name {
			return fmt.Errorf("%s leads to %q: %v", name, data, err)
		}
	}
	return nil
}

func TestFileFollowsDanglingLinks(t *testing.T) {
	if err := followsDangling(t.TempDir(), File); err != nil {
		t.Error(err)
	}
	for name, mutant := range map[string]func(string) (string, error){
		"replaces links": func(name string) (string, error) { return name, nil },
		"looks for what a link names where the process is": os.Readlink,
		"takes .. in a link by its letters": func(name string) (string, error) {
			link, err := os.Readlink(name)
			return filepath.Join(filepath.Dir(name), link), err
		},
	} {
		renames := func(_ context.Context, name string, write func(io.Writer) error) error {
			if target, err := filepath.EvalSymlinks(name); err == nil {
				name = target
			} else if target, err := mutant(name); err == nil {
				name = target
			}
			file, err := os.Create(name + ".tmp")
			if err != nil {
				return err
			}
			defer file.Close()
			if err := write(file); err != nil {
				return err
			}
			return os.Rename(name+".tmp", name)
		}
		t.Chdir(t.TempDir())
		if followsDangling(t.TempDir(), renames) == nil {
			t.Errorf("a writer that %s passes", name)
		}
	}

	root := t.TempDir()
	if err := os.Symlink("b", filepath.Join(root, "a")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a", filepath.Join(root, "b")); err != nil {
		t.Fatal(err)
	}
	if err := File(context.Background(), filepath.Join(root, "a"), text("x")); err == nil {
		t.Error("links in a circle lead somewhere")
	}
	t.Chdir(root)
	if err := File(context.Background(), "c", text("x")); err != nil {
		t.Errorf("a bare name: %v", err)
	}
}

func TestDirectoryFollowsDanglingLinks(t *testing.T) {
	root := t.TempDir()
	link := filepath.Join(root, "link")
	if err := os.Symlink("real", link); err != nil {
		t.Fatal(err)
	}
	if err := Directory(context.Background(), link, put(map[string]string{"a": "1"})); err != nil {
		t.Fatal(err)
	}
	holds(t, filepath.Join(root, "real"), map[string]string{"a": "1"})
	if info, _ := os.Lstat(link); info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link was replaced")
	}
}

// TestLongNames: every name that a file may have can be written.
func TestLongNames(t *testing.T) {
	const longest = 255
	ctx := context.Background()
	for length := longest - 20; length <= longest; length++ {
		root := t.TempDir()
		name := strings.Repeat("x", length)
		if err := errors.Join(CheckFile(filepath.Join(root, name)), File(ctx, filepath.Join(root, name), text("x"))); err != nil {
			t.Fatalf("%d bytes: %v", length, err)
		}
		holds(t, root, map[string]string{name: "x"})
		name = strings.Repeat("y", length)
		for _, s := range []string{"1", "2"} { // made, then replaced
			err := ReplaceDirectory(ctx, filepath.Join(root, name), func(string) bool { return true }, put(map[string]string{"a": s}))
			if err != nil {
				t.Fatalf("a directory, %d bytes: %v", length, err)
			}
		}
	}
	if err := CheckFile(filepath.Join(t.TempDir(), strings.Repeat("x", longest+1))); err == nil {
		t.Error("a name too long is found after the work only")
	}
}

func TestFileWritesToDevices(t *testing.T) {
	if err := File(context.Background(), os.DevNull, text("x")); err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(os.DevNull); info.Mode().IsRegular() {
		t.Fatal("the device was replaced")
	}
}

func TestFileRefuses(t *testing.T) {
	root := t.TempDir()
	if err := CheckFile(filepath.Join(root, "a")); err != nil {
		t.Error(err)
	}
	for _, name := range []string{root, filepath.Join(root, "missing", "a")} {
		if err := CheckFile(name); err == nil {
			t.Errorf("%s: no error", name)
		}
		if err := File(context.Background(), name, text("x")); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	holds(t, root, map[string]string{})
}

func put(files map[string]string) func(string) error {
	return func(directory string) error {
		for name, s := range files {
			name = filepath.Join(directory, name)
			if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
				return err
			}
			if err := os.WriteFile(name, []byte(s), 0o666); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestDirectory(t *testing.T) {
	ctx := context.Background()
	root := t.TempDir()
	name := filepath.Join(root, "made", "on", "the", "way")
	files := map[string]string{"a": "1", "b/c": "2"}
	if err := Directory(ctx, name, put(files)); err != nil {
		t.Fatal(err)
	}
	holds(t, name, files)
	if err := Directory(ctx, name, put(nil)); !errors.Is(err, ErrOccupied) {
		t.Errorf("error %v", err)
	}
	holds(t, name, files)

	empty := filepath.Join(root, "empty")
	if err := os.Mkdir(empty, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := Directory(ctx, empty+"/", put(files)); err != nil {
		t.Fatal(err)
	}
	holds(t, empty, files)
}

func TestDirectoryLeavesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	root := t.TempDir()
	name := filepath.Join(root, "a")
	fill := put(map[string]string{"b": "1"})
	if err := Directory(ctx, name, func(d string) error { fill(d); return errWriting }); !errors.Is(err, errWriting) {
		t.Errorf("error %v", err)
	}
	if err := Directory(ctx, name, func(d string) error { cancel(); return fill(d) }); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if entries, _ := os.ReadDir(root); len(entries) != 0 {
		t.Errorf("left: %v", entries)
	}
	// A directory that comes to be meanwhile is not replaced.
	yours := put(map[string]string{"yours": "2"})
	err := Directory(context.Background(), name, func(d string) error { yours(name); return fill(d) })
	if !errors.Is(err, ErrOccupied) {
		t.Errorf("error %v", err)
	}
	holds(t, root, map[string]string{"a/yours": "2"})
}

func TestReplaceDirectory(t *testing.T) {
	ctx := context.Background()
	root := t.TempDir()
	name := filepath.Join(root, "a")
	own := func(directory string) bool {
		entries, _ := os.ReadDir(directory)
		return !slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() != "mine" })
	}
	for _, s := range []string{"1", "2"} {
		if err := ReplaceDirectory(ctx, name, own, put(map[string]string{"mine": s})); err != nil {
			t.Fatal(err)
		}
		holds(t, root, map[string]string{"a/mine": s})
	}
	if err := put(map[string]string{"a/yours": "3"})(root); err != nil {
		t.Fatal(err)
	}
	if err := ReplaceDirectory(ctx, name, own, put(map[string]string{"mine": "4"})); !errors.Is(err, ErrOccupied) {
		t.Errorf("error %v", err)
	}
	holds(t, root, map[string]string{"a/mine": "2", "a/yours": "3"})
	for _, name := range []string{"/", filepath.Join(root, "a", "mine")} {
		if err := ReplaceDirectory(ctx, name, func(string) bool { return true }, put(nil)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func Example() {
	directory, _ := os.MkdirTemp("", "outfile")
	defer os.RemoveAll(directory)
	name := filepath.Join(directory, "answer")

	ctx := context.Background()
	File(ctx, name, text("42\n"))
	err := File(ctx, name, func(w io.Writer) error {
		fmt.Fprintln(w, "4")
		return errors.New("the rest is missing")
	})
	data, _ := os.ReadFile(name)
	fmt.Printf("%v; the file still says %s", err, data)
	// Output: the rest is missing; the file still says 42
}

// TestUnusableNames: a name that is empty, lies below a file or in a directory that may not be written is
// refused beforehand, by the name that was given.
func TestUnusableNames(t *testing.T) {
	below := t.TempDir()
	file := filepath.Join(below, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	none := func(string) bool { return false }
	for _, name := range []string{"", filepath.Join(file, "x"), filepath.Join(file, "x", "y")} {
		for what, err := range map[string]error{"file": CheckFile(name), "directory": CheckDirectory(name, none)} {
			var path *fs.PathError
			if !errors.As(err, &path) || name != "" && path.Path != name {
				t.Errorf("%s %q: %v", what, name, err)
			}
		}
	}
	if err := CheckDirectory(filepath.Join(below, "a", "b"), none); err != nil {
		t.Errorf("a directory that can be made: %v", err)
	}
	if entries, err := os.ReadDir(below); err != nil || len(entries) != 1 {
		t.Errorf("looking left %v behind, %v", entries, err)
	}
}
