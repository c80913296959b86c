package outfile

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// File makes write's output the content of the named file, replacing what it held; the writer fails once
// ctx ends. A link is followed, to a file that is missing too. A file that may not be written is not replaced
// either. What is neither missing nor a regular file, such as /dev/null or a pipe, is written to directly.
func File(ctx context.Context, name string, write func(io.Writer) error) error {
	target, mode, err := resolve(name)
	if err != nil {
		return err
	}
	if mode != 0 && !mode.IsRegular() {
		return direct(ctx, target, write)
	}
	file, err := create(target)
	if err != nil {
		return err
	}
	temporary := file.Name()
	defer os.Remove(temporary) // finds nothing once it is renamed
	err = fill(ctx, file, write)
	if err == nil && mode != 0 {
		err = file.Chmod(mode.Perm())
	}
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := os.Rename(temporary, target); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(target))
}

// CheckFile returns nil if File can begin to write the file. It is asked before long work.
func CheckFile(name string) error {
	target, mode, err := resolve(name)
	if err != nil || mode != 0 && !mode.IsRegular() {
		return err
	}
	file, err := create(target)
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// create makes and opens a temporary sibling of the target.
func create(target string) (*os.File, error) {
	var file *os.File
	_, err := sibling(target, func(name string) (err error) {
		file, err = os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
		return err
	})
	var path *fs.PathError
	if errors.As(err, &path) {
		path.Path = target
	}
	return file, err
}

func fill(ctx context.Context, file io.Writer, write func(io.Writer) error) error {
	buffer := bufio.NewWriterSize(cancelled{ctx, file}, 1<<16)
	if err := write(buffer); err != nil {
		return err
	}
	return buffer.Flush()
}

// cancelled is a writer that fails once its context has ended.
type cancelled struct {
	ctx context.Context
	w   io.Writer
}

func (c cancelled) Write(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.w.Write(p)
	if err != nil && c.ctx.Err() != nil {
		err = c.ctx.Err() // which is why
	}
	return n, err
}

// sibling makes something new beside the target, with create, and returns its name, which has nothing of the
// target's: that may be as long as names can be.
func sibling(target string, create func(name string) error) (string, error) {
	for {
		name := filepath.Join(filepath.Dir(target), fmt.Sprintf(".outfile-%08x.tmp", rand.Uint32()))
		if err := create(name); !errors.Is(err, fs.ErrExist) {
			return name, err
		}
	}
}

// syncDirectory makes renames in a directory last. Systems that cannot do it make them last anyway.
func syncDirectory(name string) error {
	directory, err := os.Open(name)
	if err != nil {
		return err
	}
	defer directory.Close()
	directory.Sync()
	return nil
}
