package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"finegrain/internal/outfile"
	"finegrain/reductions"
)

func TestOutcome(t *testing.T) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	live := context.Background()
	path := func(err error) error { return &fs.PathError{Op: "open", Path: "x", Err: err} }
	for _, c := range []struct {
		ctx  context.Context
		err  error
		code int
		line string
	}{
		{live, nil, 0, ""},
		{live, request("a\nb"), 2, "a; b"},
		{live, refuse("a"), 1, "a"},
		{live, &exit{10, ""}, 10, ""},
		{live, fmt.Errorf("x: %w", reductions.ErrTooWeak), 1, "x: the oracle is too weak"},
		{live, path(fs.ErrNotExist), 2, "x: file does not exist"},
		{live, path(outfile.ErrOccupied), 2, "x: is there and not empty; name another directory, or remove it"},
		{live, path(syscall.ENOSPC), 1, "open x: no space left on device"},
		{live, context.Canceled, 1, "context canceled"}, // not ours: nobody interrupted
		{ended, fmt.Errorf("x: %w", context.Canceled), 130, "interrupted"},
		{ended, request("a"), 2, "a"},
	} {
		if code, line := outcome(c.ctx, c.err); code != c.code || line != c.line {
			t.Errorf("%v: %d %q, want %d %q", c.err, code, line, c.code, c.line)
		}
	}
}

// TestFullOutput requires exit code 1 where standard output cannot be written.
func TestFullOutput(t *testing.T) {
	var messages strings.Builder
	code := run(t.Context(), []string{"version"}, strings.NewReader(""), full{}, &messages)
	if code != exitFailed || !strings.Contains(messages.String(), "standard output cannot be written") {
		t.Errorf("%d %q", code, &messages)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("full") }
