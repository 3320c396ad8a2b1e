package main

import (
	"encoding/json"
	"io"
	"os/exec"
	"path"
	"strings"
	"testing"
)

const module = "github.com/gserve/gserve"

// layer says what a package may import besides the standard library, and why
// it must not import more.
type layer struct {
	may     []string // packages of the module by their path in it, others by their module
	mustNot []string // packages of the standard library
	because string
}

// layers is the table of who may import whom. A package that is not in it has
// no room in the house yet: give it one.
var layers = map[string]layer{
	"compress": {
		may:     []string{"github.com/andybalholm/brotli", "github.com/klauspost/compress"},
		mustNot: []string{"net/http", "net", "log"},
		because: "it knows tokens and bytes, no HTTP types, and nothing of ours",
	},
	"listing": {
		may:     []string{"github.com/yuin/goldmark", "github.com/microcosm-cc/bluemonday"},
		because: "it is given entries and renders them; it opens no root and negotiates nothing",
		mustNot: []string{"os", "net/http", "log"},
	},
	"fileserver": {
		may:     []string{"compress", "listing", "github.com/gabriel-vasile/mimetype"},
		mustNot: []string{"os/exec", "log", "flag"},
		because: "a library decides and writes; its caller listens, logs and starts processes",
	},
	"internal/httpd": {
		may:     []string{"fileserver", "github.com/youmark/pkcs8"},
		because: "every room has one door, and cli holds the keys",
	},
	"internal/hook": {
		may:     []string{"fileserver", "golang.org/x/net", "golang.org/x/sys"},
		because: "every room has one door, and cli holds the keys",
	},
	"internal/reload": {
		may:     []string{"github.com/fsnotify/fsnotify", "golang.org/x/sys"},
		because: "it watches files, and decides nothing about them",
	},
	"internal/auth": {
		may:     []string{"github.com/GehirnInc/crypt", "golang.org/x/crypto"},
		because: "every room has one door, and cli holds the keys",
	},
	"internal/authority": {
		may:     []string{"golang.org/x/sys", "golang.org/x/net"},
		because: "it vouches for names, and knows nothing of what is served under them",
	},
	"internal/lan": {
		may:     []string{"rsc.io/qr"},
		mustNot: []string{"net/http"},
		because: "it tells addresses, and sends nothing to anybody",
	},
	"internal/lane": {
		may:     []string{"fileserver", "golang.org/x/sys"},
		because: "every room has one door, and cli holds the keys",
	},
	"internal/progress": {
		may:     []string{"github.com/clipperhouse/displaywidth"},
		mustNot: []string{"net/http", "os"},
		because: "it draws lines; whether there is a terminal, its caller knows",
	},
	"internal/share": {
		may:     []string{"fileserver"},
		because: "every room has one door, and cli holds the keys",
	},
	"internal/spool": {
		may:     []string{"fileserver", "github.com/gabriel-vasile/mimetype", "golang.org/x/sys"},
		because: "every room has one door, and cli holds the keys",
	},
	"internal/store": {
		may:     []string{"fileserver", "golang.org/x/sys"},
		mustNot: []string{"net/http"},
		because: "it writes files, and knows nothing of requests",
	},
	"internal/upload": {
		may:     []string{"internal/store"},
		because: "it answers what writes; it reads nothing for others",
	},
	"internal/live": {
		may:     []string{"compress", "fileserver", "golang.org/x/net"},
		because: "every room has one door, and cli holds the keys",
	},
	"internal/confine": {
		may:     []string{"github.com/landlock-lsm/go-landlock", "golang.org/x/sys"},
		because: "it holds the process to a plan; what the plan is, cli knows",
	},
	"internal/metrics": {
		may:     []string{"fileserver", "github.com/prometheus/client_golang"},
		because: "every room has one door, and cli holds the keys",
	},
	"internal/service": {
		may:     []string{"golang.org/x/sys"},
		because: "it speaks to who manages the process, and knows nothing of what is served",
	},
	"internal/webdav": {
		may:     []string{"fileserver", "internal/store", "golang.org/x/net"},
		because: "every room has one door, and cli holds the keys",
	},
	"internal/rules": {
		may:     []string{"golang.org/x/net"},
		mustNot: []string{"os", "net/http"},
		because: "it reads rules and finds the one that fits; what that leads to is not its business",
	},
	"internal/zipsite": {
		may:     []string{"fileserver", "github.com/klauspost/compress", "golang.org/x/text"},
		mustNot: []string{"net/http"},
		because: "it is a file system, and knows nothing of requests",
	},
	"internal/bucket": {
		may:     []string{"compress", "fileserver", "github.com/minio/minio-go/v7"},
		mustNot: []string{"os", "log"},
		because: "it is a file system; it knows of a store, and of no disk",
	},
	"internal/bucket/storetest": {
		may:     []string{"github.com/minio/minio-go/v7"},
		because: "it is for the tests of all that a store is behind, so it depends on none",
	},
	"internal/accesslog": {
		may:     []string{"compress", "fileserver"},
		because: "every room has one door, and cli holds the keys",
	},
	"internal/exchange": {
		may:     []string{"compress", "fileserver"},
		because: "it is for the tests of all writers, so it depends on none",
	},
	"internal/trial": {
		because: "it tries the program from outside",
	},
	"internal/bench": {
		because: "it measures the program from outside, as it does the peers",
	},
	"internal/cli": {
		may: []string{
			"compress", "fileserver", "listing", "internal/accesslog", "internal/auth", "internal/authority", "internal/bucket", "internal/confine", "internal/hook", "internal/httpd", "internal/lane", "internal/live",
			"internal/lan", "internal/metrics", "internal/progress", "internal/reload", "internal/rules", "internal/service", "internal/share", "internal/spool", "internal/store",
			"internal/upload", "internal/webdav", "internal/zipsite",
			"github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/term", "golang.org/x/sys",
		},
		because: "it puts the program together, and main does nothing but call it",
	},
	"": {
		may:     []string{"internal/cli"},
		because: "main is the edge of the process only",
	},
}

// TestLayers holds the table against what go list says.
func TestLayers(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&p); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		l, ok := layers[name]
		if !ok {
			t.Errorf("%q is not in the table of layers", name)
		}
		for _, imported := range p.Imports {
			if !l.allows(imported) {
				t.Errorf("%q imports %q, which it must not: %s", name, imported, l.because)
			}
		}
	}
}

// allows reports whether a package of the layer may import this one.
func (l layer) allows(imported string) bool {
	own, isOwn := strings.CutPrefix(imported, module+"/")
	if !isOwn && !strings.Contains(strings.Split(imported, "/")[0], ".") { // standard library
		for _, name := range l.mustNot {
			if imported == name {
				return false
			}
		}
		return true
	}
	for _, name := range l.may {
		if own == name || !isOwn && (imported == name || strings.HasPrefix(imported, path.Clean(name)+"/")) {
			return true
		}
	}
	return false
}
