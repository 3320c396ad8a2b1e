package storetest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// server is what is built. Another version is another file in the cache.
const (
	module  = "github.com/versity/versitygw/cmd/versitygw"
	version = "v1.8.0"
)

// Keys are those of the account that everything belongs to. The secret is easy
// to find where it must not be.
const (
	ID     = "storetest"
	Secret = "never-to-be-told-7f3a"
)

// Store is an S3 server with one empty bucket that runs until the test ends.
type Store struct {
	*minio.Client
	URL    string // of the server itself
	Bucket string
	Folder string // in which the objects of the bucket are files

	cmd *exec.Cmd
}

// Start starts a server. The test is skipped where it cannot be built, but fails
// where all programs have to be there, which CI in the environment says.
func Start(t testing.TB) *Store {
	t.Helper()
	program, err := build()
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		t.Fatal(err)
	default:
		t.Skip(err)
	}
	top := t.TempDir()
	s := &Store{Bucket: "site", Folder: filepath.Join(top, "objects", "site")}
	for _, dir := range []string{s.Folder, filepath.Join(top, "meta")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	address := freeAddress(t)
	var said bytes.Buffer
	s.cmd = exec.Command(program, "--port", address, "--access", ID, "--secret", Secret, "--keep-alive", "--quiet",
		"posix", "--sidecar", filepath.Join(top, "meta"), filepath.Join(top, "objects"))
	s.cmd.Stdout, s.cmd.Stderr = &said, &said
	s.cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "GOMEMLIMIT=200MiB")
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Stop()
		if t.Failed() {
			t.Logf("the S3 server said:\n%s", said.String())
		}
	})
	s.URL = "http://" + address
	await(t, address)
	s.Client = newClient(t, s.URL)
	return s
}

// Stop stops the server, as if it had died.
func (s *Store) Stop() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

// Put stores an object with these metadata: pairs of the names Content-Type and
// Content-Encoding, and a value.
func (s *Store) Put(t testing.TB, key, content string, metadata ...string) minio.UploadInfo {
	t.Helper()
	options := minio.PutObjectOptions{DisableMultipart: true}
	for i := 0; i < len(metadata); i += 2 {
		switch metadata[i] {
		case "Content-Type":
			options.ContentType = metadata[i+1]
		case "Content-Encoding":
			options.ContentEncoding = metadata[i+1]
		default:
			t.Fatalf("%s is no metadata here", metadata[i])
		}
	}
	stored, err := s.PutObject(context.Background(), s.Bucket, key, strings.NewReader(content), int64(len(content)), options)
	if err != nil {
		t.Fatalf("%q cannot be stored: %v", key, err)
	}
	return stored
}

// Age has objects be an hour old, so that their tags are what they stay.
func (s *Store) Age(t testing.TB) {
	t.Helper()
	then := time.Now().Add(-time.Hour).Truncate(time.Second)
	err := filepath.WalkDir(s.Folder, func(name string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			err = os.Chtimes(name, then, then)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Environment returns what has programs find the server at a URL, and an account.
func (s *Store) Environment(at string) map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL": at, "AWS_ACCESS_KEY_ID": ID, "AWS_SECRET_ACCESS_KEY": Secret, "AWS_REGION": "us-east-1",
	}
}

func newClient(t testing.TB, at string) *minio.Client {
	t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	client, err := minio.New(u.Host, &minio.Options{
		Creds: credentials.NewStaticV4(ID, Secret, ""), Region: "us-east-1", Transport: &http.Transport{DisableKeepAlives: true}, // an empty PUT leaves something over
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// freeAddress returns an address on loopback that nobody listens at.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// await waits until somebody listens there.
func await(t testing.TB, address string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return
		}
	}
	t.Fatal("the S3 server does not listen")
}

// build returns the file name of the server.
var build = sync.OnceValues(func() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(cache, "gserve-test")
	program := filepath.Join(folder, "versitygw-"+version)
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	made, err := os.MkdirTemp("", "storetest")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(made)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	install := exec.CommandContext(ctx, "go", "install", module+"@"+version)
	install.Env = append(os.Environ(), "GOBIN="+made, "GOFLAGS=", "CGO_ENABLED=0")
	if out, err := install.CombinedOutput(); err != nil {
		return "", fmt.Errorf("no S3 server to try against: go install %s@%s: %w: %s", module, version, err, out)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	// Under another name first: other tests may be about to do the same.
	staged := program + fmt.Sprintf("-%d", os.Getpid())
	built, err := os.ReadFile(filepath.Join(made, "versitygw"))
	if err == nil {
		err = os.WriteFile(staged, built, 0o755)
	}
	if err == nil {
		err = os.Rename(staged, program)
	}
	return program, err
})
