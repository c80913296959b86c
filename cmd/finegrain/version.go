package main

// version: what this program is and where it runs.

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"finegrain/experiments"
)

const version = "0.1.0"

// build is what can be said of this program and where it runs.
type build struct {
	Version string `json:"version"`
	Commit  string `json:"commit"` // empty where the build does not know it
	Go      string `json:"go"`
	CPU     string `json:"cpu"`
}

func thisBuild() build {
	b := build{Version: version, Go: runtime.Version(), CPU: experiments.CPU()}
	if info, ok := debug.ReadBuildInfo(); ok {
		modified := false
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Commit = s.Value
			case "vcs.modified":
				modified = s.Value == "true"
			}
		}
		if modified && b.Commit != "" {
			b.Commit += " with changes"
		}
	}
	return b
}

func (a *app) version() *cobra.Command {
	var c common
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print version, commit, Go and processor",
		Long:    "Print the version of finegrain, the commit it was built from where the build knows it, Go and processor.",
		Example: "  finegrain version --json",
		Args:    exactly(),
		RunE: func(*cobra.Command, []string) error {
			b := thisBuild()
			if c.json {
				return a.printJSON(b)
			}
			commit := b.Commit
			if commit == "" {
				commit = "commit unknown"
			}
			fmt.Fprintf(a.stdout, "finegrain %s (%s), %s, %s\n", b.Version, commit, b.Go, b.CPU)
			return nil
		},
	}
	c.jsonFlag(cmd)
	return cmd
}
