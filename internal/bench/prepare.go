//go:build unix

package main

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed apps
var apps embed.FS

// prepare makes what all cases need.
func (b *bench) prepare(ctx context.Context) (err error) {
	if _, err := exec.LookPath("wrk"); err != nil {
		return fmt.Errorf("%w; install it, as by apt-get install wrk", err)
	}
	if b.folder, err = os.MkdirTemp("", "gserve-bench-"); err != nil {
		return err
	}
	// A root's http.server runs programs as nobody.
	if err := os.Chmod(b.folder, 0o755); err != nil {
		return err
	}
	b.gserve = filepath.Join(b.folder, "gserve")
	fmt.Fprintln(b.progress, "building gserve")
	build := exec.CommandContext(ctx, "go", "build", "-o", b.gserve, "github.com/gserve/gserve")
	if text, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build gserve: %w: %s", err, bytes.TrimSpace(text))
	}
	b.findVersions(ctx)
	return b.suite.prepare(ctx, b)
}

// remove removes what prepare has made.
func (b *bench) remove() {
	if b.folder != "" {
		os.RemoveAll(b.folder)
	}
}

// copyApps writes the applications to a folder below the temporary one.
func (b *bench) copyApps(name string) error {
	return fs.WalkDir(apps, "apps", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(b.folder, name, filepath.FromSlash(strings.TrimPrefix(path, "apps")))
		if entry.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		content, err := apps.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, content, 0o755) // programs among them
	})
}
