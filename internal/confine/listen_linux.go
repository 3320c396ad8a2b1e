package confine

import (
	"errors"
	"fmt"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// architectures have one system call for each thing a filter looks at, and no
// second way to do it.
var architectures = map[string]uint32{
	"amd64":   unix.AUDIT_ARCH_X86_64,
	"arm64":   unix.AUDIT_ARCH_AARCH64,
	"loong64": unix.AUDIT_ARCH_LOONGARCH64,
	"riscv64": unix.AUDIT_ARCH_RISCV64,
}

// refuseListening has the kernel refuse to listen on anything more, to all
// threads, and sets no_new_privs for them. Landlock does not see to that: it knows TCP ports only, and neither
// Multipath TCP, which Go listens by, nor sockets that listen unbound.
func refuseListening() error {
	architecture, ok := architectures[runtime.GOARCH]
	if !ok {
		return fmt.Errorf("there is no filter for %s", runtime.GOARCH)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("set no_new_privs: %w", err)
	}
	filter := listenFilter(architecture)
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	thread, _, errno := syscall.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	switch {
	case errno == syscall.ENOSYS:
		return errors.New("this kernel has no seccomp")
	case errno != 0:
		return fmt.Errorf("seccomp: %w", errno)
	case thread != 0:
		return fmt.Errorf("seccomp: thread %d has a filter of its own", thread)
	}
	return nil
}

// Where a filter finds what it looks at: seccomp(2), struct seccomp_data, on
// architectures whose lower half of a word comes first.
const (
	callAt         = 0
	architectureAt = 4
	protocolAt     = 16 + 2*8 // the third argument of socket
)

// foreignCalls is where the system calls of x32 begin, which the kernel does not
// count as another architecture.
const foreignCalls = 0x40000000

// listenFilter returns the filter that refuses listen, sockets for Multipath TCP,
// which landlock's rules for ports do not cover, and ways around itself: the
// system calls of another architecture, and io_uring.
func listenFilter(architecture uint32) []unix.SockFilter {
	return []unix.SockFilter{
		load(architectureAt),
		skip(unix.BPF_JEQ, architecture, 1, 0),
		refuse(unix.EPERM),
		load(callAt),
		skip(unix.BPF_JGE, foreignCalls, 0, 1),
		refuse(unix.EPERM),
		skip(unix.BPF_JEQ, unix.SYS_LISTEN, 0, 1),
		refuse(unix.EACCES),
		skip(unix.BPF_JEQ, unix.SYS_IO_URING_SETUP, 0, 1),
		refuse(unix.EPERM),
		skip(unix.BPF_JEQ, unix.SYS_SOCKET, 0, 3),
		load(protocolAt),
		skip(unix.BPF_JEQ, unix.IPPROTO_MPTCP, 0, 1),
		refuse(unix.EPROTONOSUPPORT),
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
}

func load(at uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
}

// skip leaves out so many instructions if what was loaded compares with k, and
// so many if not.
func skip(compare uint16, k uint32, ifSo, ifNot uint8) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | compare | unix.BPF_K, Jt: ifSo, Jf: ifNot, K: k}
}

func refuse(errno syscall.Errno) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(errno)}
}
