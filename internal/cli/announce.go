package cli

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"

	"golang.org/x/term"

	"github.com/gserve/gserve/internal/lan"
)

// place is where gserve is to be had.
type place struct {
	listening []net.Addr
	scheme    string
	path      string                 // of the URL
	permits   func(host string) bool // whether the certificate is good for that; nil if it does not matter
}

// isPublic reports whether others than this machine can reach a listener.
func (p *place) isPublic() bool {
	return slices.ContainsFunc(p.listening, func(a net.Addr) bool {
		tcp, ok := a.(*net.TCPAddr)
		return ok && !tcp.IP.IsLoopback()
	})
}

// addresses returns where it can be opened, the best first.
func (p *place) addresses() []lan.Address {
	return slices.DeleteFunc(lan.This().Addresses(p.listening), func(a lan.Address) bool {
		return p.permits != nil && !p.permits(a.Host)
	})
}

func (p *place) url(a lan.Address) string { return a.URL(p.scheme) + p.path[1:] }

// announce tells where p is to be had: python's line for each listener, and on
// a terminal the addresses for others, the first of them as a QR code.
func (sys System) announce(c Config, p place) {
	for _, addr := range p.listening {
		fmt.Fprintln(sys.Stdout, banner(addr, p.scheme == "https"))
	}
	columns, isTerminal := terminalSize(sys.Stdout)
	if !isTerminal && !c.QR {
		return
	}
	addresses := p.addresses()
	if isTerminal && p.isPublic() {
		for _, a := range addresses {
			fmt.Fprintf(sys.Stdout, "  %-40s %s\n", p.url(a), a.Kind)
		}
	}
	if c.NoQR || !c.QR && !p.isPublic() {
		return
	}
	if best, ok := lan.Best(addresses); ok {
		fmt.Fprint(sys.Stdout, lan.QR(p.url(best), columns))
	}
}

// defaultColumns is how wide is what is no terminal.
const defaultColumns = 80

// terminalSize returns how wide w is, and whether it is a terminal.
func terminalSize(w io.Writer) (columns int, isTerminal bool) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return defaultColumns, false
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil || columns == 0 {
		columns = defaultColumns
	}
	return columns, true
}

// openBrowser has the user's browser open p.
func (sys System) openBrowser(p place) {
	addresses := p.addresses()
	host, port := "localhost", 0
	for _, a := range addresses {
		port = a.Port
	}
	if len(addresses) > 0 && !p.listensOnLoopback() {
		host = addresses[0].Host
	}
	if port == 0 {
		sys.say("--open has no address that a browser could open")
		return
	}
	url := p.url(lan.Address{Host: host, Port: port})
	command := browserCommand(url)
	if err := command.Start(); err != nil {
		sys.say(fmt.Sprintf("cannot open a browser: %v; the address is %s", err, url))
		return
	}
	go command.Wait()
}

// listensOnLoopback reports whether a browser on this machine gets to it by
// localhost.
func (p *place) listensOnLoopback() bool {
	return slices.ContainsFunc(p.listening, func(a net.Addr) bool {
		tcp, ok := a.(*net.TCPAddr)
		return ok && (tcp.IP.IsLoopback() || tcp.IP.IsUnspecified())
	})
}

func browserCommand(url string) *exec.Cmd {
	switch runtime.GOOS {
	case "windows":
		return exec.Command("rundll32", "url.dll,FileProtocolHandler", url)
	case "darwin":
		return exec.Command("open", url)
	}
	return exec.Command("xdg-open", url)
}
