package trial

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// disk is a file system in a process of its own, which shows a folder and can be
// told to break. What is asked of it while it hangs waits, as on a network file
// system that went away, and a process that waits can still be killed.
type disk struct {
	mount   string // where it is to be had
	holds   string // folder that it shows
	options diskOptions
	cmd     *exec.Cmd
	orders  *json.Encoder
	answers *bufio.Reader
}

// diskOptions are how the system uses a disk.
type diskOptions struct {
	Mount, Holds string
	Attributes   time.Duration // that the system takes them for known
}

// stalls is the code of a fault by which an operation waits until it is mended.
const stalls = syscall.Errno(0x7fff)

// fault is what a disk does in place of an operation.
type fault struct {
	Op   string // one of those of [diskNode]
	Name string // of the file below the disk, "" for all
	From int64  // offset from which on a read fails
	Code syscall.Errno
}

// newDisk mounts a disk that is empty until the test ends. Without FUSE, or the
// right to mount, the test is skipped, in CI too: containers have neither.
func newDisk(t testing.TB, mount string) *disk {
	t.Helper()
	return mountDisk(t, diskOptions{Mount: mount, Holds: t.TempDir()})
}

func mountDisk(t testing.TB, options diskOptions) *disk {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root may mount")
	}
	if err := canMount(); err != nil {
		t.Skipf("there is no FUSE here: %v", err)
	}
	d := &disk{mount: options.Mount, holds: options.Holds, options: options}
	t.Cleanup(func() { d.unplug(t) })
	d.plugIn(t)
	return d
}

// canMount tells why nothing can be mounted here.
var canMount = sync.OnceValue(func() error {
	device, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	device.Close()
	folder, err := os.MkdirTemp("", "trial")
	if err != nil {
		return err
	}
	defer os.Remove(folder)
	if err := syscall.Mount("trial", folder, "tmpfs", 0, "size=64k"); err != nil {
		return err
	}
	return syscall.Unmount(folder, 0)
})

// plugIn mounts the disk.
func (d *disk) plugIn(t testing.TB) {
	t.Helper()
	options, err := json.Marshal(d.options)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	d.cmd = exec.Command(self)
	d.cmd.Env = append(os.Environ(), diskVariable+"="+string(options))
	d.cmd.Stderr = os.Stderr
	orders, err := d.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	answers, err := d.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	d.orders, d.answers = json.NewEncoder(orders), bufio.NewReader(answers)
	d.await(t)
}

// await waits for the disk to have done what it was told.
func (d *disk) await(t testing.TB) {
	t.Helper()
	if line, err := d.answers.ReadString('\n'); err != nil || line != "done\n" {
		t.Fatalf("the disk says %q, %v", line, err)
	}
}

// fail has the disk fail from now on in all of these ways, and in no other.
func (d *disk) fail(t testing.TB, faults ...fault) {
	t.Helper()
	if err := d.orders.Encode(faults); err != nil {
		t.Fatal(err)
	}
	d.await(t)
}

// mend has the disk work again.
func (d *disk) mend(t testing.TB) { d.fail(t) }

// hang has the disk answer nothing until it is told to goOn.
func (d *disk) hang(t testing.TB) {
	t.Helper()
	d.signal(t, syscall.SIGSTOP)
	for end := time.Now().Add(patience); !d.stands(t); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the disk does not stop")
		}
	}
}

// stands reports whether every thread of the disk has stopped: one that has not may
// take one more request, which then nothing could end.
func (d *disk) stands(t testing.TB) bool {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", d.cmd.Process.Pid))
	must(t, err)
	for _, name := range threads {
		stat, err := os.ReadFile(name)
		if _, state, ok := strings.Cut(string(stat), ") "); err != nil || !ok || state[0] != 'T' {
			return false
		}
	}
	return len(threads) > 0
}

func (d *disk) goOn(t testing.TB) { d.signal(t, syscall.SIGCONT) }

func (d *disk) signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	if err := d.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// pullOut has the disk be gone, though it is still mounted.
func (d *disk) pullOut() {
	if d.cmd != nil {
		d.cmd.Process.Kill()
		d.cmd.Wait()
		d.cmd = nil
	}
}

// unplug has it be gone altogether.
func (d *disk) unplug(t testing.TB) {
	d.pullOut()
	if err := syscall.Unmount(d.mount, syscall.MNT_DETACH); err != nil && err != syscall.EINVAL {
		t.Error(err)
	}
}

// write makes a file on the disk.
func (d *disk) write(t testing.TB, name, content string) {
	t.Helper()
	writeFile(t, filepath.Join(d.holds, name), content)
}

// writeFile makes a file, which has not changed for a while.
func writeFile(t testing.TB, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(name, old, old); err != nil {
		t.Fatal(err)
	}
}

// diskVariable has a process that is the tests be a disk.
const diskVariable = "GSERVE_TRIAL_DISK"

func init() {
	value := os.Getenv(diskVariable)
	if value == "" {
		return
	}
	var options diskOptions
	err := json.Unmarshal([]byte(value), &options)
	if err == nil {
		err = serveDisk(options)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "disk:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serveDisk is a disk until it gets no more orders.
func serveDisk(options diskOptions) error {
	faults := newFaults()
	root := &fs.LoopbackRoot{Path: options.Holds}
	top := &diskNode{LoopbackNode: fs.LoopbackNode{RootData: root}, faults: faults}
	root.RootNode = top
	_, err := fs.Mount(options.Mount, top, &fs.Options{
		EntryTimeout: &options.Attributes,
		AttrTimeout:  &options.Attributes,
		MountOptions: fuse.MountOptions{DirectMountStrict: true, FsName: "trial", Name: "trial"},
	})
	if err != nil {
		return err
	}
	fmt.Println("done")
	for orders := json.NewDecoder(os.Stdin); ; fmt.Println("done") {
		var now []fault
		if err := orders.Decode(&now); err != nil {
			return syscall.Unmount(options.Mount, syscall.MNT_DETACH)
		}
		faults.set(now)
	}
}

// faults are those that a disk has.
type faults struct {
	mu      sync.Mutex
	now     []fault
	changed chan struct{} // closed when there are others
}

func newFaults() *faults { return &faults{changed: make(chan struct{})} }

func (f *faults) set(now []fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.changed)
	f.now, f.changed = now, make(chan struct{})
}

// of returns how an operation on bytes up to end fails, 0 if it does not.
func (f *faults) of(op, name string, end int64) syscall.Errno {
	for {
		code, changed := f.look(op, name, end)
		if code != stalls {
			return code
		}
		<-changed
	}
}

func (f *faults) look(op, name string, end int64) (code syscall.Errno, changed chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fault := range f.now {
		if fault.Op == op && (fault.Name == "" || fault.Name == name) && end > fault.From {
			return fault.Code, f.changed
		}
	}
	return 0, nil
}

// diskNode is a file or folder on a disk. Its operations fail as the faults have it:
// look, open, read, list, write, sync, move and make.
type diskNode struct {
	fs.LoopbackNode
	faults *faults
}

// WrapChild has what lies on the disk fail as well.
func (n *diskNode) WrapChild(context.Context, fs.InodeEmbedder) fs.InodeEmbedder {
	return &diskNode{LoopbackNode: fs.LoopbackNode{RootData: n.RootData}, faults: n.faults}
}

func (n *diskNode) fails(op string) syscall.Errno { return n.faults.of(op, n.Path(n.Root()), 1) }

func (n *diskNode) failsAt(op, name string) syscall.Errno {
	return n.faults.of(op, path.Join(n.Path(n.Root()), name), 1)
}

func (n *diskNode) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if code := n.failsAt("look", name); code != 0 {
		return nil, code
	}
	return n.LoopbackNode.Lookup(ctx, name, out)
}

func (n *diskNode) Getattr(ctx context.Context, f fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	if code := n.fails("look"); code != 0 {
		return code
	}
	return n.LoopbackNode.Getattr(ctx, f, out)
}

func (n *diskNode) Open(ctx context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	if code := n.fails("open"); code != 0 {
		return nil, 0, code
	}
	f, _, code := n.LoopbackNode.Open(ctx, flags)
	return newDiskHandle(n, f), 0, code
}

func (n *diskNode) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	if code := n.failsAt("make", name); code != 0 {
		return nil, nil, 0, code
	}
	inode, f, _, code := n.LoopbackNode.Create(ctx, name, flags, mode, out)
	return inode, newDiskHandle(n, f), 0, code
}

// Tmpfile is what few network file systems have.
func (n *diskNode) Tmpfile(context.Context, uint32, uint32, *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	return nil, nil, 0, syscall.EOPNOTSUPP
}

func (n *diskNode) Rename(ctx context.Context, name string, parent fs.InodeEmbedder, to string, flags uint32) syscall.Errno {
	if code := n.failsAt("move", name); code != 0 {
		return code
	}
	return n.LoopbackNode.Rename(ctx, name, parent, to, flags)
}

func (n *diskNode) OpendirHandle(ctx context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	f, _, code := n.LoopbackNode.OpendirHandle(ctx, flags)
	if code != 0 {
		return nil, 0, code
	}
	return &diskFolder{f.(diskReader), n, 0}, 0, 0
}

type diskReader interface {
	fs.FileReaddirenter
	fs.FileReleasedirer
}

// diskFolder is an open folder.
type diskFolder struct {
	diskReader
	node *diskNode
	read int64
}

func (h *diskFolder) Readdirent(ctx context.Context) (*fuse.DirEntry, syscall.Errno) {
	h.read++
	if code := h.node.faults.of("list", h.node.Path(h.node.Root()), h.read); code != 0 {
		return nil, code
	}
	return h.diskReader.Readdirent(ctx)
}

// diskHandle is an open file.
type diskHandle struct {
	diskFile
	node *diskNode
}

type diskFile interface {
	fs.FileReader
	fs.FileWriter
	fs.FileFlusher
	fs.FileFsyncer
	fs.FileReleaser
	fs.FileGetattrer
	fs.FileSetattrer
}

func newDiskHandle(n *diskNode, f fs.FileHandle) fs.FileHandle {
	if f == nil {
		return nil
	}
	return &diskHandle{f.(diskFile), n}
}

func (h *diskHandle) Read(ctx context.Context, b []byte, offset int64) (fuse.ReadResult, syscall.Errno) {
	if code := h.node.faults.of("read", h.node.Path(h.node.Root()), offset+int64(len(b))); code != 0 {
		return nil, code
	}
	return h.diskFile.Read(ctx, b, offset)
}

func (h *diskHandle) Write(ctx context.Context, b []byte, offset int64) (uint32, syscall.Errno) {
	if code := h.node.faults.of("write", "", offset+int64(len(b))); code != 0 {
		return 0, code
	}
	return h.diskFile.Write(ctx, b, offset)
}

func (h *diskHandle) Fsync(ctx context.Context, flags uint32) syscall.Errno {
	if code := h.node.faults.of("sync", "", 1); code != 0 {
		return code
	}
	return h.diskFile.Fsync(ctx, flags)
}

func (h *diskHandle) Getattr(ctx context.Context, out *fuse.AttrOut) syscall.Errno {
	if code := h.node.fails("look"); code != 0 {
		return code
	}
	return h.diskFile.Getattr(ctx, out)
}

// held is what a process has: descriptors by what they are, and threads.
type held struct {
	files   map[string]int
	threads int
}

// holds returns what the program has open below this folder, and its threads.
func (p *program) holds(t testing.TB) held {
	t.Helper()
	proc := "/proc/" + strconv.Itoa(p.cmd.Process.Pid)
	h := held{files: make(map[string]int)}
	entries, err := os.ReadDir(proc + "/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		target, err := os.Readlink(proc + "/fd/" + e.Name())
		if err != nil {
			continue // closed meanwhile
		}
		kind, _, _ := strings.Cut(target, ":[")
		h.files[kind]++
	}
	tasks, err := os.ReadDir(proc + "/task")
	if err != nil {
		t.Fatal(err)
	}
	h.threads = len(tasks)
	return h
}
