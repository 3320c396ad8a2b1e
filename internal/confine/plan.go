package confine

import "slices"

// Everything as a path of a [Plan] has nothing be restricted.
const Everything = "/"

// Plan is what the process needs from now on. The zero Plan allows nothing.
type Plan struct {
	// Read and Write name files and folders, and with a folder all that is below
	// it, which includes what comes later. All of them have to be there. What is
	// written may be read, too.
	Read, Write []string

	// Remove names folders whose files may be removed and nothing else, as the
	// one of a Unix socket, which goes at the end.
	Remove []string

	// Connect has TCP and Unix sockets be connected to, as proxies do.
	Connect bool

	// Hosts are found by their names, which takes files of the system's.
	Hosts []string

	// Verify has the certificates of servers that are connected to be verified.
	Verify bool

	// Sockets names Unix sockets that may be connected to without Connect, by
	// their path, or their abstract name with "@" in front. Those of paths have
	// to be there.
	Sockets []string

	// Exec has programs be run. Nothing but no_new_privs holds then: a program
	// is held to what its parent is, and nobody knows what an application
	// reads, writes and listens on.
	Exec bool

	// Setuid has programs be run that gain privileges, as sudo and most
	// sendmails do. Without Exec it means nothing.
	Setuid bool
}

func (p *Plan) readsEverything() bool {
	return slices.Contains(p.Read, Everything) || p.writesEverything()
}

func (p *Plan) writesEverything() bool { return slices.Contains(p.Write, Everything) }
