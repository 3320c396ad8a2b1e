package confine

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/landlock-lsm/go-landlock/landlock"
	kernel "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// Apply holds the process to p, all its threads and whatever they start, for as
// long as it runs. What the kernel does not know is left out, and Held says so;
// a path that is not there is an error, after which nothing holds but what Held
// says. Call it once, when all that needs more has been done, and after
// [DropTo].
func Apply(p Plan) (Held, error) {
	h := Held{plan: p}
	if p.Exec && p.Setuid {
		h.lack("nothing is confined: programs are run, and may gain privileges")
		return h, nil
	}
	if p.Exec {
		h.lack("files and ports are not confined: programs are run, which would be, too")
		err := h.refusePrivileges()
		return h, err
	}
	readBefore(p)
	// The filter comes first: it has the kernel set no_new_privs for all threads,
	// none of which has to run for that, as they do to set it themselves.
	if err := refuseListening(); err != nil {
		h.lack("what listens is not confined: %v", err)
		if err := h.refusePrivileges(); err != nil {
			return h, err
		}
	} else {
		h.NoNewPrivs, h.Seccomp = true, true
	}
	err := h.applyLandlock()
	return h, err
}

// refusePrivileges sets no_new_privs.
func (h *Held) refusePrivileges() error {
	if err := kernel.AllThreadsPrctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("set no_new_privs: %w", err)
	}
	h.NoNewPrivs = true
	return nil
}

// Available reports why files cannot be confined here.
func Available() error {
	switch _, err := kernel.LandlockGetABIVersion(); {
	case errors.Is(err, syscall.EOPNOTSUPP):
		return errors.New("landlock is off, which the kernel's lsm= turns on")
	case err != nil:
		return fmt.Errorf("there is no landlock here (%w)", err)
	}
	return nil
}

// readBefore has packages read the files now that they keep the content of, and
// read when they are first needed.
func readBefore(p Plan) {
	_, _ = time.Now().Zone()
	if p.Verify {
		x509.SystemCertPool()
	}
}

func (h *Held) applyLandlock() error {
	if err := Available(); err != nil {
		h.lack("files are not confined: %v", err)
		return nil
	}
	abi, err := kernel.LandlockGetABIVersion()
	if err != nil {
		return err
	}
	if abi < abiRefer && len(h.plan.Write) > 0 {
		h.lack("files are not confined: landlock ABI %d lets no file move to another folder", abi)
		return nil
	}
	var rules []landlock.Rule
	for _, g := range grants(h.plan, abi) {
		for _, path := range g.paths {
			rule, err := g.rule(path)
			if err != nil {
				return err
			}
			rules = append(rules, rule)
		}
	}
	if err := handled(h.plan).BestEffort().Restrict(rules...); err != nil {
		return fmt.Errorf("confine by landlock: %w", err)
	}
	h.Landlock = abi
	return nil
}

// What landlock calls what is done to files and what is below folders.
const (
	toRead  = kernel.AccessFSReadFile | kernel.AccessFSReadDir
	toWrite = kernel.AccessFSWriteFile | kernel.AccessFSTruncate | kernel.AccessFSMakeReg | kernel.AccessFSMakeDir |
		kernel.AccessFSRemoveFile | kernel.AccessFSRemoveDir | kernel.AccessFSRefer
	toWriteOddly = kernel.AccessFSMakeSym | kernel.AccessFSMakeSock | kernel.AccessFSMakeFifo | kernel.AccessFSMakeChar | kernel.AccessFSMakeBlock
	ofFiles      = kernel.AccessFSReadFile | kernel.AccessFSWriteFile | kernel.AccessFSTruncate | kernel.AccessFSResolveUnix
)

// handled returns what is forbidden by a plan where no rule allows it.
func handled(p Plan) landlock.Config {
	files := landlock.AccessFSSet(kernel.AccessFSExecute | kernel.AccessFSIoctlDev | kernel.AccessFSRefer)
	ports := landlock.AccessNetSet(kernel.AccessNetBindTCP)
	if !p.readsEverything() {
		files |= toRead
	}
	if !p.writesEverything() {
		files |= toWrite | toWriteOddly
	}
	if !p.Connect {
		files |= kernel.AccessFSResolveUnix
		ports |= kernel.AccessNetConnectTCP
	}
	scopes := landlock.ScopedSet(kernel.ScopeSignal)
	if !p.Connect && !slices.ContainsFunc(p.Sockets, isAbstract) {
		scopes |= kernel.ScopeAbstractUnixSocket // of which none can be allowed alone
	}
	return landlock.MustConfig(files, ports, scopes)
}

// grant is what a plan allows in some places.
type grant struct {
	paths  []string
	access landlock.AccessFSSet
}

// grants returns what a plan allows, as far as landlock of a version knows it.
// Links and other things that are neither file nor folder are never made.
func grants(p Plan, abi int) []grant {
	all := []grant{{p.Write, toRead | toWrite}, {p.Remove, kernel.AccessFSRemoveFile}, {p.Read, toRead}, {resolver(p.Hosts...), toRead}}
	if abi >= abiUnix {
		sockets := slices.DeleteFunc(slices.Clone(p.Sockets), isAbstract)
		all = append(all, grant{sockets, kernel.AccessFSResolveUnix})
	}
	forbidden := handled(p).HandledAccessFS
	var some []grant
	for _, g := range all {
		if g.access &= forbidden; g.access != 0 { // what is not forbidden is not allowed, either
			some = append(some, g)
		}
	}
	return some
}

// isAbstract reports whether a socket has no path.
func isAbstract(socket string) bool { return strings.HasPrefix(socket, "@") }

// rule returns the grant for one path.
func (g grant) rule(path string) (landlock.Rule, error) {
	var info unix.Stat_t
	if err := unix.Stat(path, &info); err != nil {
		return nil, &fs.PathError{Op: "confine to", Path: path, Err: err}
	}
	access := g.access
	if info.Mode&unix.S_IFMT != unix.S_IFDIR {
		access &= ofFiles
	}
	return landlock.PathAccess(access, path), nil
}
