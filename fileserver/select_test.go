package fileserver

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSelectionHides(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{".profile", ".config/app", "docs/a.txt"} {
		name = filepath.Join(dir, name)
		os.MkdirAll(filepath.Dir(name), 0o755)
		if err := os.WriteFile(name, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Select(filepath.Join(dir, ".profile"), filepath.Join(dir, ".config"), filepath.Join(dir, "docs"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for name, want := range map[string]bool{
		"docs/a.txt": false, ".profile": false, ".config": false, ".config/app": false, ".": false,
		".bashrc": true, ".profile.br": true, ".config/.key": true, "docs/.env": true, "docs/.git/config": true, ".config/.well-known/x": true,
	} {
		if s.hides(name) != want {
			t.Errorf("hides(%q) = %v", name, !want)
		}
	}
}

// TestAbsolute takes paths with ".." for what the system does.
func TestAbsolute(t *testing.T) {
	t.Parallel()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	os.MkdirAll(filepath.Join(dir, "far/away/there"), 0o755)
	os.MkdirAll(filepath.Join(dir, "near"), 0o755)
	if err := os.Symlink(filepath.Join(dir, "far/away"), filepath.Join(dir, "near/link")); err != nil {
		t.Skip(err) // Windows grants it to few
	}
	for path, want := range map[string]string{
		"near":                     "near",
		"near/":                    "near",
		"near/.":                   "near",
		"near//link":               "near/link",
		"near/../far":              "far",
		"near/link/..":             "far",
		"near/link/../":            "far",
		"near/link/../away":        "far/away",
		"near/link/there/..":       "far/away",
		"near/link/there/../../..": "",
		"near/../near/link":        "near/link",
		"far/away/there/../.":      "far/away",
	} {
		// filepath.Join would drop what is to be tested.
		got, err := absolute(dir + "/" + path)
		if want = filepath.Join(dir, want); got != want || err != nil {
			t.Errorf("absolute(%q) = %q, %v, want %q", path, got, err, want)
			continue
		}
		is, _ := os.Stat(dir + "/" + path)
		if named, err := os.Stat(got); err != nil || !os.SameFile(is, named) {
			t.Errorf("%q is not %q", got, path)
		}
	}
	if _, err := absolute(dir + "/missing/.."); err == nil {
		t.Error("there is nothing to be above of")
	}
}
