package accesslog_test

import (
	"encoding/json"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/accesslog"
)

func TestJSON(t *testing.T) {
	t.Parallel()
	at := received.Format(time.RFC3339Nano)
	tests := []struct {
		name string
		edit func(*fileserver.Record)
		want string
	}{
		{"plain", func(*fileserver.Record) {},
			`{"time":"` + at + `","client":"192.168.1.7","method":"GET","target":"/docs/","protocol":"HTTP/1.1","host":"nas.local:8000",` +
				`"status":200,"bytes":512,"duration":0.000240,"file":"docs/index.html","type":"text/html; charset=utf-8"}`},
		{"refusal", refused(404, fs.ErrNotExist),
			`{"time":"` + at + `","client":"192.168.1.7","method":"GET","target":"/x","protocol":"HTTP/1.1","host":"nas.local:8000",` +
				`"status":404,"bytes":14,"duration":0.000240,"type":"text/plain; charset=utf-8","error":"file does not exist","hint":"why"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := accesslog.Options{Format: accesslog.JSON, Verbose: true, Hint: func(*fileserver.Record) string { return "why" }}
			if got := logged(o, record(tt.edit)); got != tt.want+"\n" {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

// Strings come out as encoding/json reads them back.
func TestJSONStrings(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"plain", `"\`, "\x00\x1b\n\t\x7f", "é…漢", "\u0085\u009b\u2028\u202e", "\U000e0001\U0001f600", "a\xffb\xc3", "\ufffd"} {
		line := logged(accesslog.Options{Format: accesslog.JSON}, record(func(r *fileserver.Record) { r.UserAgent = s }))
		var got struct {
			UserAgent string `json:"user_agent"`
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Errorf("%q: %v in %s", s, err, line)
		}
		if want := strings.ToValidUTF8(s, "\ufffd"); got.UserAgent != want {
			t.Errorf("%q came back as %q", s, got.UserAgent)
		}
	}
}

func TestQuietJSON(t *testing.T) {
	t.Parallel()
	o := accesslog.Options{Format: accesslog.JSON, Quiet: true}
	if got := logged(o, record()); got != "" {
		t.Errorf("quiet, and yet %s", got)
	}
	if got := logged(o, record(refused(500, fs.ErrClosed))); !strings.Contains(got, `"error":"file already closed"`) {
		t.Errorf("fault is not told: %q", got)
	}
}
