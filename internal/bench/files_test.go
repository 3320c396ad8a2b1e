//go:build unix

package main

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gserve/gserve/internal/exchange"
)

func names(servers []server) (all []string) {
	for _, s := range servers {
		all = append(all, s.name)
	}
	return all
}

func TestServersOf(t *testing.T) {
	t.Parallel()
	b := &bench{}
	if got := names(b.serversOf("1k", nil, setup{})); len(got) != len(peers) || got[0] != "gserve" {
		t.Errorf("got %q", got)
	}
	if got := names(b.serversOf("tls", nil, setup{})); slices.Contains(got, "python") {
		t.Errorf("got %q", got)
	}
	b.peers = []string{"python", "nginx"}
	if got := names(b.serversOf("br", nil, setup{})); !slices.Equal(got, []string{"gserve", "nginx"}) {
		t.Errorf("got %q", got)
	}
	b.versions = map[string]string{"python": "3"}
	want := "nginx of all (it is not installed); python of br (it looks for no sidecars), gzip (it encodes nothing)"
	if got := b.leftOut([]string{"1k", "br", "gzip"}); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCommandOfSecureServers(t *testing.T) {
	t.Parallel()
	b := &bench{gserve: "/g serve", folder: "/f"}
	c := configuration{Port: 81, Site: "/s", Certificate: "/c", Key: "/k"}
	for secure, want := range map[bool]string{
		false: "/g serve|-b|127.0.0.1|-p|81|/s",
		true:  "/g serve|-b|127.0.0.1|-p|81|--tls-cert|/c|--tls-key|/k|/s",
	} {
		ours := b.serversOf("tls", nil, setup{Secure: secure})[0]
		words, _ := b.words(ours, c)
		if got := strings.Join(words, "|"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// Every case that peers are left out of is one.
func TestLacks(t *testing.T) {
	t.Parallel()
	for _, p := range peers {
		for id := range p.lacks {
			if _, err := choose(filesSuite(&bench{}), []string{id}); err != nil {
				t.Errorf("%s: %v", p.name, err)
			}
		}
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	all := filesSuite(&bench{})
	if got, err := choose(all, nil); err != nil || len(got) != len(all) {
		t.Errorf("got %d of %d, %v", len(got), len(all), err)
	}
	got, err := choose(all, []string{"304", "1k"})
	if err != nil || len(got) != 2 || got[0].name() != "304" || got[1].name() != "1k" {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := choose(all, []string{"1k", "2k"}); err == nil || !strings.Contains(err.Error(), `"2k"`) || !strings.Contains(err.Error(), "100k") {
		t.Errorf("got %v", err)
	}
}

func TestCommandRefuses(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"pages":               "files or apps",
		"files 2k":            `"2k"`,
		"-peers apache":       `"apache"`,
		"-duration 10ms":      "at least 1s",
		"-rounds -1":          "at least 1",
		"-cases 1k,3k files":  `"3k"`,
		"-no-such-flag files": "no-such-flag",
	} {
		err := command(t.Context(), strings.Fields(args), io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q in it", args, err, want)
		}
	}
}

func TestConfigure(t *testing.T) {
	t.Parallel()
	b := &bench{folder: t.TempDir()}
	for _, p := range peers {
		if p.config == "" {
			continue
		}
		for _, s := range []setup{{}, {Secure: true}, {Secure: true, HTTP2: true}, {Encoded: true}, {Sidecars: true}, {Crowded: true}} {
			c, err := b.configure(server{name: p.name, config: p.config, setup: s}, 8123)
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(c.file())
			if err != nil || !strings.Contains(string(text), "8123") || strings.Contains(string(text), "<no value>") {
				t.Errorf("%s, %+v: %v\n%s", p.name, s, err, text)
			}
			if s.Secure != strings.Contains(string(text), c.Certificate) {
				t.Errorf("%s, %+v: the certificate\n%s", p.name, s, text)
			}
		}
	}
}

// The whole of it, as far as it can be had in a few seconds.
func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures for some seconds")
	}
	exchange.Program(t, "wrk")
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	var out, progress strings.Builder
	err := command(ctx, strings.Fields("-rounds 1 -peers http.FileServer files 1k 404"), &out, &progress)
	if err != nil {
		t.Fatalf("%v\n%s", err, progress.String())
	}
	for _, want := range []string{"### 1 KiB, 64 connections", "| http.FileServer |", "### Not found", "### CPU for a request", "Versions: "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}
