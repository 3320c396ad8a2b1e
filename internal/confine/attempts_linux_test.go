package confine

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// acts are what processes do, by name.
var acts = map[string]func(plan Plan, home string) results{
	"try": try, "threads": threads, "unnamed": unnamed, "rebuilt": rebuilt, "apply": applyOnly, "drop": drop, "dropOwner": dropOwner, "run": runProgram, "notify": notify, "names": names,
}

// try applies the plan, and then tries everything.
func try(plan Plan, home string) results {
	r := results{}
	at := func(name string) string { return filepath.Join(home, name) }
	opened, err := os.OpenRoot(at("."))
	r.note("open home before", err)
	local, err := net.Listen("tcp", "127.0.0.1:0")
	r.note("listen before", err)
	held, err := Apply(plan)
	r.note("apply", err)
	r["held"] = held.String()

	r.tryReading(at, opened)
	r.tryWriting(at, opened)
	r.tryNetwork(at, local)
	return r
}

func (r results) tryReading(at func(string) string, opened *os.Root) {
	read := func(name, path string) {
		_, err := os.ReadFile(path)
		r.note(name, err)
	}
	read("read inside", at("site/index.html"))
	read("read below", at("site/sub/deep.txt"))
	read("read by link inside", at("site/inside"))
	read("read by link", at("site/link"))
	read("read secret", at("secret/key"))
	read("read passwd", "/etc/passwd")
	read("read passwd by proc", "/proc/self/root/etc/passwd")
	read("read environment", "/proc/self/environ")
	read("read uploaded", at("in/old.txt"))
	_, err := os.ReadDir(at("site"))
	r.note("list inside", err)
	_, err = os.ReadDir(at("secret"))
	r.note("list secret", err)
	_, err = opened.ReadFile("secret/key")
	r.note("read secret by handle", err)
	_, err = opened.ReadFile("site/index.html")
	r.note("read inside by handle", err)
	r.note("run inside", exec.Command(at("site/prog")).Run())
	r.note("run true", exec.Command("/bin/true").Run())
}

func (r results) tryWriting(at func(string) string, opened *os.Root) {
	write := func(name, path string) { r.note(name, os.WriteFile(path, []byte("new"), 0o600)) }
	write("write uploaded", at("in/new.txt"))
	write("write over uploaded", at("in/old.txt"))
	write("write site", at("site/new.txt"))
	write("write over site", at("site/index.html"))
	write("write secret", at("secret/key"))
	write("write null", "/dev/null")
	r.note("truncate secret", os.Truncate(at("secret/key"), 0))
	r.note("make folder uploaded", os.Mkdir(at("in/made"), 0o700))
	r.note("make link uploaded", os.Symlink("/etc/passwd", at("in/passwd")))
	r.note("make pipe uploaded", syscall.Mkfifo(at("in/pipe"), 0o600))
	r.note("move uploaded", os.Rename(at("in/new.txt"), at("in/newer.txt")))
	r.note("move to another folder", os.Rename(at("in/newer.txt"), at("in/sub/newer.txt")))
	r.note("move out", os.Rename(at("in/sub/newer.txt"), at("secret/newer.txt")))
	r.note("move in", os.Rename(at("secret/key"), at("in/key")))
	r.note("link in", os.Link(at("secret/key"), at("in/key2")))
	r.note("move secret by handle", opened.Rename("secret/key", "secret/gone"))
	r.note("remove uploaded", os.Remove(at("in/sub/x")))
	r.note("remove secret", os.Remove(at("secret/key")))
	r.note("remove site", os.Remove(at("site/index.html")))
}

func (r results) tryNetwork(at func(string) string, local net.Listener) {
	listen := func(name, network, address string, multipath bool) {
		var config net.ListenConfig
		config.SetMultipathTCP(multipath)
		l, err := config.Listen(context.Background(), network, address)
		if err == nil {
			l.Close()
		}
		r.note(name, err)
	}
	listen("listen", "tcp4", "127.0.0.1:0", false)
	listen("listen multipath", "tcp4", "127.0.0.1:0", true)
	listen("listen abstract", "unix", "@confine-test-"+strconv.Itoa(os.Getpid()), false)
	listen("listen unix", "unix", at("in/socket"), false)
	r.note("listen unbound", listenUnbound())
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	}
	r.note("bind", err)
	_, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_MPTCP)
	r.note("multipath socket", err)
	_, _, errno := syscall.Syscall(unix.SYS_IO_URING_SETUP, 1, 0, 0)
	r.note("io_uring", errno)
	_, _, errno = syscall.Syscall(foreignCalls|unix.SYS_LISTEN, 0, 0, 0)
	r.note("foreign call", errno)
	_, err = net.Interfaces()
	r.note("interfaces", err)

	go func() {
		if c, err := local.Accept(); err == nil {
			c.Write([]byte("x"))
			c.Close()
		}
	}()
	conn, err := net.Dial("tcp", local.Addr().String())
	if err == nil {
		_, err = conn.Read(make([]byte, 1))
		conn.Close()
	}
	r.note("connect", err)
}

// listenUnbound has the kernel choose the port.
func listenUnbound() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Listen(fd, 1)
}
