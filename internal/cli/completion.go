package cli

import (
	"io"

	"github.com/spf13/cobra"
)

// newCommand returns the program as package cobra sees it.
func newCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: synopsis, DisableFlagsInUseLine: true, DisableAutoGenTag: true,
		Short: summary,
		Run:   func(*cobra.Command, []string) {},
	}
	cmd.Flags().SortFlags = false
	set := newFlagSet(new(Config))
	set.Lookup("help").Shorthand = "h"
	cmd.Flags().AddFlagSet(set)
	return cmd
}

func writeCompletions(w io.Writer, shell string) error {
	cmd := newCommand()
	switch shell {
	case "zsh":
		return cmd.GenZshCompletion(w)
	case "fish":
		return cmd.GenFishCompletion(w, true)
	case "powershell":
		return cmd.GenPowerShellCompletionWithDesc(w)
	}
	return cmd.GenBashCompletionV2(w, true)
}

// asksCompletion reports whether it is the script of a shell that calls.
func asksCompletion(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// complete answers the script of a shell that asks what may follow.
func (sys System) complete() error {
	cmd := newCommand()
	cmd.SetArgs(sys.Args)
	cmd.SetOut(sys.Stdout)
	cmd.SetErr(io.Discard)
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	for f := range allFlags() {
		if f.argument == "" {
			continue
		}
		directive := cobra.ShellCompDirectiveNoFileComp
		switch {
		case f.files:
			directive = cobra.ShellCompDirectiveDefault
		case f.dirs:
			directive = cobra.ShellCompDirectiveFilterDirs
		}
		for _, name := range append(f.aliases, f.name) {
			if err := cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(f.values, directive)); err != nil {
				return err
			}
		}
	}
	return cmd.Execute()
}
