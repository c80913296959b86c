package main

// version: what this program is and where it runs.

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"finegrain/experiments"
	"finegrain/internal/simd"
)

const version = "0.1.0"

// build is what can be said of this program and where it runs.
type build struct {
	Version string `json:"version"`
	Commit  string `json:"commit"` // empty where the build does not know it
	Go      string `json:"go"`
	CPU     string `json:"cpu"`

	// The vector instructions in use, empty if FINEGRAIN_KERNEL asks for what is not there, and those that
	// the machine has, widest first.
	Kernel  string   `json:"kernel"`
	Kernels []string `json:"kernels"`
}

func thisBuild() build {
	b := build{Version: version, Go: runtime.Version(), CPU: experiments.CPU()}
	b.Kernel = kernelName()
	for _, isa := range simd.Supported() {
		b.Kernels = append(b.Kernels, isa.String())
	}
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

// kernelName is the instructions in use, empty if FINEGRAIN_KERNEL asks for what is not there.
func kernelName() string {
	isa, err := simd.Chosen()
	if err != nil {
		return ""
	}
	return isa.String()
}

func (a *app) version() *cobra.Command {
	var c common
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print version, commit, Go, processor and kernel",
		Long: "Print the version of finegrain, the commit it was built from where the build knows it, Go, processor, and\n" +
			"the kernel: the vector instructions that are used, the widest of avx512, avx2 and go (none) that the\n" +
			"processor has, or what FINEGRAIN_KERNEL names.",
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
			kernel := fmt.Sprintf("kernel %s of %s", b.Kernel, strings.Join(b.Kernels, ", "))
			if _, err := simd.Chosen(); err != nil {
				kernel = "no kernel: " + err.Error()
			}
			fmt.Fprintf(a.stdout, "finegrain %s (%s), %s, %s, %s\n", b.Version, commit, b.Go, b.CPU, kernel)
			return nil
		},
	}
	c.jsonFlag(cmd)
	return cmd
}
