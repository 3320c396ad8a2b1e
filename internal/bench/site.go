//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	kibibyte = 1 << 10
	mebibyte = 1 << 20
	gibibyte = 1 << 30
)

// makeSite writes the files that most cases need. Those of one case are made by
// it.
func (b *bench) makeSite(ctx context.Context) error {
	for name, size := range map[string]int{
		"1k.txt": kibibyte, "100k.txt": 100 * kibibyte, "page.html": 100 * kibibyte, "sidecar/app.js": 100 * kibibyte,
	} {
		if err := b.writeSite(name, prose(size)); err != nil {
			return err
		}
	}
	if err := b.makeLarge("10m.bin", 10*mebibyte); err != nil {
		return err
	}
	if err := b.makeMany("hundred", 100); err != nil {
		return err
	}
	precompress := exec.CommandContext(ctx, b.gserve, "--precompress=br,gzip", b.inSite("sidecar"))
	if text, err := precompress.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot encode files: %w: %s", err, bytes.TrimSpace(text))
	}
	return b.settle("")
}

// writeSite writes a file of the site.
func (b *bench) writeSite(name string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(b.inSite(name)), 0o755); err != nil {
		return err
	}
	return os.WriteFile(b.inSite(name), content, 0o644)
}

// makeLarge writes a file with a number wherever a multiple of 64 KiB begins, so
// that parts of it differ. The rest of it takes no room on the disk.
func (b *bench) makeLarge(name string, size int64) error {
	f, err := os.Create(b.inSite(name))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Truncate(size); err != nil {
		return err
	}
	for at := int64(0); at < size; at += 64 * kibibyte {
		if _, err := f.WriteAt(binary.BigEndian.AppendUint64(nil, uint64(at)), at); err != nil {
			return err
		}
	}
	return f.Sync()
}

// makeMany writes n small files into a folder.
func (b *bench) makeMany(folder string, n int) error {
	for i := range n {
		name := fmt.Sprintf("%s/file-%06d.txt", folder, i)
		if err := b.writeSite(name, []byte("a small file\n")); err != nil {
			return err
		}
	}
	return nil
}

// settle makes what is below a name of the site an hour old, sidecars as well as
// their originals, so that servers do not expect it to change.
func (b *bench) settle(name string) error {
	old := time.Now().Add(-time.Hour).Truncate(time.Second)
	return filepath.WalkDir(b.inSite(name), func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chtimes(path, old, old)
	})
}

// prose is text of some size, which can be encoded about as well as real text.
// It is always the same.
func prose(size int) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	vocabulary := make([]string, 2000)
	for i := range vocabulary {
		word := make([]byte, 2+random.IntN(9))
		for j := range word {
			word[j] = byte('a' + random.IntN(26))
		}
		vocabulary[i] = string(word)
	}
	var text strings.Builder
	for text.Len() < size {
		// The first words are the most frequent.
		text.WriteString(vocabulary[random.IntN(1+random.IntN(len(vocabulary)))])
		text.WriteString([]string{" ", " ", " ", " ", " ", ", ", ".\n"}[random.IntN(7)])
	}
	return []byte(text.String()[:size])
}
