package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// completion adds cobra's command that writes completion scripts, with an example for each shell.
func completion(root *cobra.Command) {
	root.InitDefaultCompletionCmd("completion")
	parent, _, err := root.Find([]string{"completion"})
	if err != nil {
		panic("finegrain: cobra adds no completion command: " + err.Error())
	}
	parent.Long = "Write the script that makes a shell complete the commands, flags and names of finegrain.\n" +
		"The help of each shell's command says how to load it."
	parent.Example = "  finegrain completion bash"
	shells := parent.Commands()
	group(parent)
	for _, shell := range shells {
		shell.Example = fmt.Sprintf("  finegrain completion %s", shell.Name())
		shell.Args = exactly()
		shell.Long = strings.TrimSpace(shell.Long)
	}
}
