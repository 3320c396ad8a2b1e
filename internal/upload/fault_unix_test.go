//go:build linux || darwin

package upload

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gserve/gserve/internal/exchange"
	"github.com/gserve/gserve/internal/store"
)

// patterned is content that tells if any byte of it is missing or of another
// file.
func patterned(name string, n int) []byte {
	line := "this is of " + name + ";"
	return bytes.Repeat([]byte(line), n/len(line)+1)[:n]
}

// checkWhole sees that each file that is visible is whole, and that those are
// there that were acknowledged.
func (s site) checkWhole(size int, acknowledged []string) {
	s.t.Helper()
	there := map[string]bool{}
	for _, name := range s.visible() {
		there[name] = true
		content, err := os.ReadFile(filepath.Join(s.dir, name))
		if err != nil || !bytes.Equal(content, patterned(name, size)) {
			s.t.Errorf("%s is visible, and not whole: %d bytes of %d, %v", name, len(content), size, err)
		}
	}
	for _, name := range acknowledged {
		if !there[name] {
			s.t.Errorf("%s was acknowledged, and is not there", name)
		}
	}
}

// putAll stores files one after the other until the server is gone, and returns
// those that were acknowledged.
func (s site) putAll(prefix string, size int, count *sync.WaitGroup) (names []string) {
	client := &http.Client{Transport: &http.Transport{}}
	for i := 0; ; i++ {
		name := fmt.Sprint(prefix, i)
		r, _ := http.NewRequest("PUT", s.url+"/"+name, bytes.NewReader(patterned(name, size)))
		resp, err := client.Do(r)
		if err != nil {
			return names
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if resp.StatusCode == 201 {
			names = append(names, name)
		}
		if i == 0 {
			count.Done()
		}
	}
}

// TestKilled kills the server while files arrive, and goes on with another one.
func TestKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const size = 300 << 10
	var acknowledged []string
	var mu sync.Mutex
	var resources, rests []string
	for round := range 6 {
		s, cmd := serveByChild(t, dir)
		for i, resource := range resources { // of the round before
			offset := s.ask("HEAD", resource, "").want(t, "HEAD", 204).header.Get("Upload-Offset")
			n, _ := strconv.Atoi(offset)
			if n > len(rests[i]) {
				t.Fatalf("offset %s of %d", offset, len(rests[i]))
			}
			s.patch(resource, rests[i][n:], offset, "?1").want(t, "the rest", 201)
		}
		resources, rests = nil, nil
		for i := range 3 {
			name := fmt.Sprintf("resumed-%d-%d", round, i)
			content := string(patterned(name, size))
			a := s.ask("PUT", "/"+name, content[:size/3], "Upload-Complete: ?0", "Upload-Length: "+strconv.Itoa(size)).want(t, "begun", 201)
			resources, rests = append(resources, a.header.Get("Location")), append(rests, content)
		}
		var began, ended sync.WaitGroup
		for client := range 4 {
			began.Add(1)
			ended.Go(func() {
				names := s.putAll(fmt.Sprintf("f-%d-%d-", round, client), size, &began)
				mu.Lock()
				defer mu.Unlock()
				acknowledged = append(acknowledged, names...)
			})
		}
		var ends []*io.PipeWriter
		for i, resource := range resources[:2] { // under way when it ends
			slow, end := io.Pipe()
			ends = append(ends, end)
			ended.Go(func() {
				r, _ := http.NewRequest("PATCH", s.url+resource, io.MultiReader(strings.NewReader(rests[i][size/3:size/2]), slow))
				r.Header = http.Header{"Content-Type": {partialUpload}, "Upload-Offset": {strconv.Itoa(size / 3)}, "Upload-Complete": {"?0"}}
				if resp, err := http.DefaultTransport.RoundTrip(r); err == nil {
					resp.Body.Close()
				}
			})
		}
		began.Wait()
		time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond)
		kill(cmd)
		for _, end := range ends {
			end.Close()
		}
		ended.Wait()
		s.checkWhole(size, acknowledged)
	}
	if len(acknowledged) < 6 {
		t.Errorf("only %q", acknowledged)
	}
}

// mountTmpfs makes a disk of few bytes.
func mountTmpfs(t *testing.T, options string) string {
	t.Helper()
	mount := exchange.Program(t, "mount")
	if os.Geteuid() != 0 {
		t.Skip("only root can mount a disk")
	}
	dir := t.TempDir()
	if out, err := exec.Command(mount, "-t", "tmpfs", "-o", options, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("cannot mount a disk: %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("%s", out)
		}
	})
	return dir
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := serveDir(t, mountTmpfs(t, "size=2m"), store.Options{}, all)
	s.checkNoSpace(1 << 20)

	// What can be resumed is kept, and can be once there is space.
	ballast := filepath.Join(s.dir, "ballast")
	os.WriteFile(ballast, make([]byte, 1<<20), 0o666)
	a := s.ask("PUT", "/kept", "", "Upload-Complete: ?0").want(t, "begun", 201)
	resource := a.header.Get("Location")
	content := string(patterned("kept", 1500<<10))
	s.send("PATCH", resource, io.MultiReader(strings.NewReader(content)), partial, "Upload-Offset: 0", "Upload-Complete: ?1").want(t, "too much", 507)
	os.Remove(ballast)
	offset := s.ask("HEAD", resource, "").want(t, "HEAD", 204).header.Get("Upload-Offset")
	n, _ := strconv.Atoi(offset)
	if n == 0 {
		t.Error("nothing was kept")
	}
	s.patch(resource, content[n:], offset, "?1").want(t, "the rest", 201)
	s.wantFiles("after all", map[string]string{"kept": content})

	os.Remove(filepath.Join(s.dir, "kept"))
	var wg sync.WaitGroup
	var mu sync.Mutex
	var acknowledged []string
	const size = 100 << 10
	for i := range 40 {
		wg.Go(func() {
			name := fmt.Sprint("f", i)
			switch status := s.send("PUT", "/"+name, io.MultiReader(bytes.NewReader(patterned(name, size)))).status; status {
			case 201:
				mu.Lock()
				acknowledged = append(acknowledged, name)
				mu.Unlock()
			case 507:
			default:
				t.Errorf("%s: %d", name, status)
			}
		})
	}
	wg.Wait()
	s.checkWhole(size, acknowledged)
	if n := len(s.files()); n != len(acknowledged) || n == 0 || n == 40 {
		t.Errorf("there are %d files, %d were acknowledged", n, len(acknowledged))
	}
}

// checkNoSpace sends more than fits, in all ways.
func (s site) checkNoSpace(limit int) {
	t := s.t
	t.Helper()
	much := string(patterned("much", 3*limit))
	body, kind := makeForm(t, "a:"+much)
	for what, send := range map[string]func() answer{
		"PUT":         func() answer { return s.ask("PUT", "/a", much) },
		"chunked PUT": func() answer { return s.send("PUT", "/a", io.MultiReader(strings.NewReader(much))) },
		"POST":        func() answer { return s.ask("POST", "/", much, "Content-Disposition: inline; filename=a") },
		"a form":      func() answer { return s.ask("POST", "/", body, kind) },
		"chunked form": func() answer {
			return s.send("POST", "/", io.MultiReader(strings.NewReader(body)), kind)
		},
		"a piece nobody knows of": func() answer {
			return s.send("PUT", "/a", io.MultiReader(strings.NewReader(much)), "Upload-Complete: ?0")
		},
	} {
		if a := send().want(t, what, 507); strings.Contains(a.content, s.dir) {
			t.Errorf("%q tells of the system", a.content)
		}
		s.wantFiles(what, map[string]string{})
	}
}

// TestNoInodes is of a disk that has space, and no room for another file.
func TestNoInodes(t *testing.T) {
	t.Parallel()
	s := serveDir(t, mountTmpfs(t, "size=2m,nr_inodes=4"), store.Options{}, all)
	statuses := map[int]int{}
	for i := range 6 {
		statuses[s.ask("PUT", fmt.Sprint("/f", i), "x").status]++
	}
	if statuses[201] == 0 || statuses[507] == 0 || len(statuses) != 2 || len(s.files()) != statuses[201] {
		t.Errorf("%v, %q", statuses, s.files())
	}
	s.ask("PUT", "/f1", "x", "Upload-Complete: ?0").want(t, "a name that is taken", 409)
}

// TestFileSizeLimit is of a process whose files may have 1 MB.
func TestFileSizeLimit(t *testing.T) {
	t.Parallel()
	s, _ := serveByChild(t, t.TempDir(), limitEnv+"=1000000")
	s.checkNoSpace(1_000_000)
	s.ask("PUT", "/fits", "x").want(t, "what fits", 201)
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	dir := mountTmpfs(t, "size=1m,ro")
	s := serveDir(t, dir, store.Options{}, all)
	body, kind := makeForm(t, "a:x")
	for what, a := range map[string]answer{
		"PUT":    s.ask("PUT", "/a", "x"),
		"pieces": s.ask("PUT", "/a", "x", "Upload-Complete: ?0"),
		"form":   s.ask("POST", "/", body, kind),
		"folder": s.ask("POST", "/a/b/", body, kind),
		"MKCOL":  s.ask("MKCOL", "/a", ""),
	} {
		if a.want(t, what, 403); strings.Contains(a.content, dir) {
			t.Errorf("%q tells of the system", a.content)
		}
	}
	s.wantFiles("after all", map[string]string{})
}
