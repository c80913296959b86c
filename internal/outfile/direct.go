package outfile

import (
	"context"
	"errors"
	"io"
	"os"
	"time"
)

// What is no regular file, such as /dev/null or a named pipe, is written to as it is. A pipe may keep its
// writer waiting, for a reader to open it or to make room; that wait ends with the context.

// direct opens the target, which is there, and writes to it.
func direct(ctx context.Context, target string, write func(io.Writer) error) error {
	file, err := openPatiently(ctx, target)
	if err != nil {
		return err
	}
	// What cannot keep its writer waiting has no deadlines either, so that the error says nothing.
	release := context.AfterFunc(ctx, func() { file.SetWriteDeadline(time.Unix(1, 0)) })
	defer release()
	return errors.Join(fill(ctx, file, write), file.Close())
}

// openPatiently opens the target, which may take until somebody reads it, or returns ctx's error when that
// comes first. The goroutine that still waits then closes what it gets.
func openPatiently(ctx context.Context, target string) (*os.File, error) {
	type opened struct {
		file *os.File
		err  error
	}
	done := make(chan opened)
	go func() {
		file, err := os.OpenFile(target, os.O_WRONLY, 0)
		select {
		case done <- opened{file, err}:
		case <-ctx.Done():
			file.Close()
		}
	}()
	select {
	case o := <-done:
		return o.file, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
