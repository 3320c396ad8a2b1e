package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// show prints what was asked for instead of serving.
func (sys System) show(c Config) error {
	switch c.Show {
	case ShowUsage:
		writeUsage(sys.Stdout)
	case ShowHelp:
		writeHelp(sys.Stdout)
	case ShowVersion:
		fmt.Fprintf(sys.Stdout, "gserve %s (%s %s/%s)\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	case ShowManual:
		writeManual(sys.Stdout)
	case ShowCompletions:
		return writeCompletions(sys.Stdout, c.Shell)
	}
	return nil
}

// version returns the version of the module that this program was built from.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}
