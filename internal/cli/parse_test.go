package cli

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gserve/gserve/compress"
	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/accesslog"
	"github.com/gserve/gserve/internal/auth"
	"github.com/gserve/gserve/internal/share"
)

// arguments splits a command line at its spaces; a quoted part is one
// argument.
func arguments(line string) []string {
	var args []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			args = append(args, part)
			continue
		}
		args = append(args, strings.Fields(part)...)
	}
	return args
}

// environ reads variables, each on a line of its own but for "|", which stands
// for a line break in a value.
func environ(lines string) func(string) string {
	variables := map[string]string{}
	for line := range strings.Lines(lines) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		variables[name] = strings.ReplaceAll(value, "|", "\n")
	}
	return func(name string) string { return variables[name] }
}

// config returns the default with edits.
func config(edit func(*Config)) Config {
	c := Config{Port: 8000, LogFormat: accesslog.Python}
	edit(&c)
	return c
}

func TestParse(t *testing.T) {
	t.Parallel()
	port := func(port int, word string) func(*Config) {
		return func(c *Config) { c.Port, c.PortGiven, c.PortWord = port, true, word }
	}
	fields := func(pairs ...string) func(*Config) {
		return func(c *Config) {
			for i := 0; i < len(pairs); i += 2 {
				c.Fields = append(c.Fields, fileserver.Field{Name: pairs[i], Value: pairs[i+1]})
			}
		}
	}
	tests := []struct {
		line, environ string
		want          func(*Config)
	}{
		{"", "", func(*Config) {}},
		{"8000", "", port(8000, "8000")},
		{"0", "", port(0, "0")},
		{"-p 9000", "", port(9000, "")},
		{"-p9000", "", port(9000, "")},
		{"--port=9000", "", port(9000, "")},
		{"-p 9000 9000", "", port(9000, "9000")},
		{"photos report.pdf", "", func(c *Config) { c.Paths = []string{"photos", "report.pdf"} }},
		{"-", "", func(c *Config) { c.Paths = []string{"-"} }},
		{"-u inbox", "", func(c *Config) { c.Upload, c.UploadFolder, c.Paths = true, ".", []string{"inbox"} }},
		{"--upload=./in/box/ .", "", func(c *Config) { c.Upload, c.UploadFolder, c.Paths = true, "in/box", []string{"."} }},
		{"-uA --max-upload 1.5M", "", func(c *Config) {
			c.Upload, c.UploadFolder, c.AllowAll, c.MaxUpload = true, ".", true, 3<<19
		}},
		{"-a ann:a:b -a @file -u --auth-for write", "", func(c *Config) {
			c.Users = []auth.Spec{{Name: "ann", Secret: "a:b"}, {File: "file"}}
			c.Upload, c.UploadFolder, c.AuthWrites = true, ".", true
		}},
		{"--share 1h,3 film.mkv", "", func(c *Config) {
			c.Share, c.Paths = &share.Terms{Time: time.Hour, Downloads: 3}, []string{"film.mkv"}
		}},
		{"-So --no-qr", "", func(c *Config) { c.TLS, c.Open, c.NoQR = true, true, true }},
		{"dist", "", func(c *Config) { c.Paths = []string{"dist"} }},
		{"./8000", "", func(c *Config) { c.Paths = []string{"./8000"} }},
		{"-- -dist", "", func(c *Config) { c.Paths = []string{"-dist"} }},
		{"8000 -b 127.0.0.1 -d ./dist", "", func(c *Config) {
			port(8000, "8000")(c)
			c.Bind, c.Paths = []string{"127.0.0.1"}, []string{"./dist"}
		}},
		{"./dist -p 8000", "", func(c *Config) { port(8000, "")(c); c.Paths = []string{"./dist"} }},
		{"./dist 8000", "", func(c *Config) { port(8000, "8000")(c); c.Paths = []string{"./dist"} }},
		{"8000 ./dist -q", "", func(c *Config) { port(8000, "8000")(c); c.Paths = []string{"./dist"}; c.Quiet = true }},

		{"-p HTTP/1.0", "", func(c *Config) { c.Protocol = "HTTP/1.0" }},
		{"-p http/1.1", "", func(c *Config) { c.Protocol = "HTTP/1.1" }},
		{"-p HTTP/1.0 -p 9000", "", func(c *Config) { port(9000, "")(c); c.Protocol = "HTTP/1.0" }},
		{"--protocol HTTP/1.0 --protocol HTTP/1.1", "", func(c *Config) { c.Protocol = "HTTP/1.1" }},

		{"-b a --bind b --host c --interfaces d -i e", "", func(c *Config) { c.Bind = []string{"a", "b", "c", "d", "e"} }},
		{"--cert c --key k", "", func(c *Config) { c.TLSCert, c.TLSKey = "c", "k" }},
		{"--ssl-cert c --ssl-key k --tls-password-file p", "", func(c *Config) { c.TLSCert, c.TLSKey, c.TLSPasswordFile = "c", "k", "p" }},

		{"-H 'A: b'", "", fields("A", "b")},
		{"-H A:b", "", fields("A", "b")},
		{"-H A b", "", fields("A", "b")},
		{"-H A ''", "", fields("A", "")},
		{"-H 'A: b' -H C d", "", fields("A", "b", "C", "d")},
		{"-HA b", "", fields("A", "b")},
		{"-qH A b", "", func(c *Config) { fields("A", "b")(c); c.Quiet = true }},
		{"-qH 'A: b' dist", "", func(c *Config) { fields("A", "b")(c); c.Quiet = true; c.Paths = []string{"dist"} }},
		{"--header A b dist", "", func(c *Config) { fields("A", "b")(c); c.Paths = []string{"dist"} }},
		{"--header=A b", "", fields("A", "b")},
		{"-H A 8000 9000", "", func(c *Config) { fields("A", "8000")(c); port(9000, "9000")(c) }},
		{"-H x-frame-options deny", "", fields("X-Frame-Options", "deny")},
		{"-H 'A:  b:c  '", "", fields("A", "b:c")},

		{"--index a --index b", "", func(c *Config) { c.Index = []string{"a", "b"} }},
		{"--hidden --follow-symlinks --python --no-index --no-listing", "", func(c *Config) {
			c.Hidden, c.FollowSymlinks, c.Python, c.NoIndex, c.NoListing = true, true, true, true, true
		}},
		{"--no-archive -t 'My files'", "", func(c *Config) { c.NoArchive, c.Title = true, "My files" }},
		{"--hidden --hidden=false", "", func(*Config) {}},
		{"-qv", "", func(c *Config) { c.Quiet, c.Verbose = true, true }},
		{"--log-format json", "", func(c *Config) { c.LogFormat = accesslog.JSON }},
		{"--precompress", "", func(c *Config) { c.Precompress = compress.Codings[:] }},
		{"--precompress dist", "", func(c *Config) { c.Precompress = compress.Codings[:]; c.Paths = []string{"dist"} }},
		{"dist --precompress=gzip,BR", "", func(c *Config) {
			c.Precompress, c.Paths = []compress.Coding{compress.Gzip, compress.Brotli}, []string{"dist"}
		}},
		{"--precompress=br,br --precompress=zstd,x-gzip,gzip", "", func(c *Config) {
			c.Precompress = []compress.Coding{compress.Zstd, compress.Gzip}
		}},
		{"--content-type text/plain", "", func(c *Config) { c.ContentType = "text/plain" }},

		{"", "PORT=9000", port(9000, "")},
		{"", "PORT=9000\nGSERVE_PORT=9001", port(9001, "")},
		{"-p 9002", "PORT=9000\nGSERVE_PORT=9001", port(9002, "")},
		{"9002", "GSERVE_PORT=nonsense", port(9002, "9002")},
		{"", "GSERVE_PORT=tcp://10.0.0.7:8000\nPORT=9000", port(9000, "")},
		{"-p HTTP/1.0", "GSERVE_PORT=9001", func(c *Config) { port(9001, "")(c); c.Protocol = "HTTP/1.0" }},
		{"-p HTTP/1.0", "GSERVE_PROTOCOL=HTTP/1.1", func(c *Config) { c.Protocol = "HTTP/1.0" }},
		{"", "GSERVE_LOG_FORMAT=combined\nGSERVE_HIDDEN=1\nGSERVE_NO_LISTING=TRUE\nGSERVE_PYTHON=0", func(c *Config) {
			c.LogFormat, c.Hidden, c.NoListing = accesslog.Combined, true, true
		}},
		{"--hidden=false", "GSERVE_HIDDEN=1", func(*Config) {}},
		{"", "GSERVE_HEADER=A: b|C: d||", fields("A", "b", "C", "d")},
		{"-H E:f", "GSERVE_HEADER=A: b", fields("E", "f")},
		{"", "GSERVE_BIND=::1|127.0.0.1", func(c *Config) { c.Bind = []string{"::1", "127.0.0.1"} }},
		{"--host ::1", "GSERVE_BIND=127.0.0.1", func(c *Config) { c.Bind = []string{"::1"} }},
		{"", "GSERVE_DIRECTORY=dist", func(c *Config) { c.Paths = []string{"dist"} }},
		{"other", "GSERVE_DIRECTORY=dist", func(c *Config) { c.Paths = []string{"other"} }},
		{"-v", "GSERVE_QUIET=1", func(c *Config) { c.Verbose = true }},
		{"--no-index", "GSERVE_INDEX=a", func(c *Config) { c.NoIndex = true }},
		{"", "GSERVE_VERSION=1\nGSERVE_HELP=1\nGSERVE_MAN=1\nGSERVE_COMPLETIONS=bash\nGSERVE_PRECOMPRESS=br", func(*Config) {}},
		{"", "GSERVE_QUIET=\nPORT=", func(*Config) {}},

		{"-h", "", func(c *Config) { c.Show = ShowUsage }},
		{"-qh nonsense more", "", func(c *Config) { c.Show = ShowUsage; c.Quiet = true }},
		{"--help", "", func(c *Config) { c.Show = ShowHelp }},
		{"a b --help", "", func(c *Config) { c.Show = ShowHelp }},
		{"-V", "", func(c *Config) { c.Show = ShowVersion }},
		{"--version --help", "", func(c *Config) { c.Show = ShowVersion }},
		{"--man", "PORT=nonsense", func(c *Config) { c.Show = ShowManual }},
		{"--completions fish", "", func(c *Config) { c.Show, c.Shell = ShowCompletions, "fish" }},
	}
	for _, tt := range tests {
		t.Run(tt.line+" "+tt.environ, func(t *testing.T) {
			t.Parallel()
			got, err := parse(arguments(tt.line), environ(tt.environ))
			if err != nil {
				t.Fatal(err)
			}
			if want := config(tt.want); !reflect.DeepEqual(got, want) {
				t.Errorf("\n got %+v\nwant %+v", got, want)
			}
		})
	}
}

// Every mistake has its text, and where it helps a hint.
func TestMistakes(t *testing.T) {
	t.Parallel()
	const list = "gserve -h lists the flags"
	tests := []struct{ line, environ, want, hint string }{
		{"--prot", "", "unknown flag --prot", "did you mean --port?"},
		{"--prot=8000", "", "unknown flag --prot", "did you mean --port?"},
		{"--bnid", "", "unknown flag --bnid", "did you mean --bind?"},
		{"--dir", "", "unknown flag --dir", "did you mean --directory?"},
		{"--interface lo", "", "unknown flag --interface", "did you mean --bind?"},
		{"--xyzzyplugh", "", "unknown flag --xyzzyplugh", list},
		{"--a", "", "unknown flag --a", list},
		{"-port 8000", "", "unknown flag -port", "did you mean --port?"},
		{"-cert=x", "", "unknown flag -cert", "did you mean --tls-cert?"},
		{"-D dist", "", "unknown flag -D", "did you mean -d?"},
		{"-qz", "", "unknown flag -z", list},
		{"-test.v", "", "unknown flag -test.v", list},
		{"---port", "", "unknown flag ---port", list},
		{"-p", "", "--port needs a value", "write it as --port N"},
		{"--host", "", "--bind needs a value", "write it as --bind ADDR"},
		{"-d ''", "", `--directory: "" names nothing`, ""},
		{"-p abc", "", `--port: "abc" is not a port, which is a number from 0 to 65535`, ""},
		{"-p -1", "", `--port: "-1" is not a port, which is a number from 0 to 65535`, ""},
		{"-p +1", "", `--port: "+1" is not a port, which is a number from 0 to 65535`, ""},
		{"-p HTTP/2", "", `--port: "HTTP/2" is neither HTTP/1.0 nor HTTP/1.1`, "HTTP/2 is spoken wherever --tls-cert is given"},
		{"70000", "", `"70000" is not a port, which is a number from 0 to 65535`, "to serve a folder of that name, write ./70000"},
		{"8000 9000", "", "two ports are given, 8000 and 9000", "to serve a folder of that name, write ./9000"},
		{"-p 8000 9000", "", "two ports are given, 8000 and 9000", "to serve a folder of that name, write ./9000"},
		{"-d a b", "", `--directory "a" and "b" exclude each other`, "to serve both, write both without --directory"},
		{"a -d b", "", `--directory "b" and "a" exclude each other`, "to serve both, write both without --directory"},
		{"''", "", `"" is no folder`, `"." is the current one`},
		{"--hidden=maybe", "", `--hidden: "maybe" is neither 1 nor 0, true nor false`, ""},
		{"--help=maybe", "", `--help: "maybe" is neither 1 nor 0, true nor false`, ""},
		{"--log-format xml", "", `--log-format: "xml" is neither python, combined nor json`, ""},
		{"--completions tcsh", "", `--completions: "tcsh" is neither bash, zsh, fish nor powershell`, ""},
		{"-H A", "", `--header: "A" has no value`, `write it as -H "A: value" or -H A value`},
		{"-H A -q", "", `--header: "A" has no value`, `write it as -H "A: value" or -H A value`},
		{"-H A -- b", "", `--header: "A" has no value`, `write it as -H "A: value" or -H A value`},
		{"-H 'a b: c'", "", `--header: "a b" is not the name of a field`, ""},
		{"-H ':c'", "", `--header: "" is not the name of a field`, ""},
		{"-H 'A: b\x01c'", "", `--header: the value "b\x01c" of A has a control character`, ""},
		{"-H A 'b\r\nC: d'", "", `--header: the value "b\r\nC: d" of A has a control character`, ""},
		{"-H content-type x/y", "", "--header: Content-Type is computed by the server", "--content-type sets it for files whose name does not tell"},

		{"", "PORT=http", `PORT: "http" is not a port, which is a number from 0 to 65535`, ""},
		{"", "GSERVE_PORT=70000", `GSERVE_PORT: "70000" is not a port, which is a number from 0 to 65535`, ""},
		{"", "GSERVE_QUIET=maybe", `GSERVE_QUIET: "maybe" is neither 1 nor 0, true nor false`, ""},
		{"", "GSERVE_HEADER=A: b|C", `GSERVE_HEADER: "C" has no value`, `write it as -H "C: value" or -H C value`},
		{"", "GSERVE_LOG_FORMAT=xml", `GSERVE_LOG_FORMAT: "xml" is neither python, combined nor json`, ""},

		{"--precompress=brotli", "", `--precompress: "brotli" is neither br, zstd nor gzip`, "write it as --precompress, or --precompress=br,gzip"},
		{"--precompress 8000", "", `--precompress does not serve, so "8000" is no port`,
			"to serve afterwards, run gserve again; a folder of that name is ./8000"},
		{"--precompress a b", "", `two folders are given, "a" and "b"`, "--precompress takes one at a time"},
		{"--precompress br b", "", `two folders are given, "br" and "b"`, "to name codings, write --precompress=br"},

		{"-a :x", "", "--auth: no name: write USER:PASSWORD, USER or @FILE", ""},
		{"--auth-for read -a a:b", "", `--auth-for: "read" is neither all nor write`, ""},
		{"--auth-for write -u", "", "--auth-for has nobody to ask for", "name somebody: --auth USER"},
		{"--auth-for write -a a:b", "", "--auth-for write has nothing to protect", "it goes with --upload and the like"},
		{"--upload=../x", "", `--upload: "../x" is no folder below the one that is served`, "write it as --upload, or --upload=inbox"},
		{"--upload=/x", "", `--upload: "/x" is no folder below the one that is served`, "write it as --upload, or --upload=inbox"},
		{"--max-upload much -u", "", `--max-upload: "much" is not a size`, "it looks like 500M or 2G"},
		{"--max-upload 0 -u", "", `--max-upload: "0" is not a size`, "it looks like 500M or 2G"},
		{"--max-upload 1G", "", "--max-upload has nothing to limit", "it goes with --upload"},
		{"--overwrite", "", "--overwrite has nothing to allow", "it goes with --upload"},
		{"-u a b", "", `"a" and "b" are given, and changes need one folder`, "serve the folder that both are in"},
		{"-u -", "", "standard input is no folder: name one", ""},
		{"-u --handler wsgi:app.py", "", "a handler without a prefix answers whatever changes something", "write it as --handler /app=wsgi:app.py"},
		{"--share 1h -u", "", "--share is for reading: it excludes uploads, other changes, --webdav and handlers", ""},
		{"--share 1h -", "", "--share is for files and folders, not for standard input", ""},
		{"--webdav --no-listing", "", "--webdav and --no-listing exclude each other", "a network drive lists what is in it"},
		{"-S --tls-cert c", "", "--tls and --tls-cert exclude each other", "--tls makes a certificate, --tls-cert takes one that there is"},
		{"--qr --no-qr", "", "--qr and --no-qr exclude each other", ""},

		{"--tls-key k", "", "--tls-key requires --tls-cert to be set", ""},
		{"--tls-password-file p", "", "--tls-password-file requires --tls-cert to be set", ""},
		{"--index a --no-index", "", "--index and --no-index exclude each other", ""},
		{"-qv", "", "--quiet and --verbose exclude each other", ""},
		{"--index a/b", "", `--index "a/b" is not the name of a file`, "it is looked for in every folder that is asked for, as index.html is"},
		{"--index ..", "", `--index ".." is not the name of a file`, "it is looked for in every folder that is asked for, as index.html is"},
		{"--content-type text", "", `--content-type "text" is not a media type`, `it looks like text/plain or "text/plain; charset=utf-8"`},
		{"--content-type 'text/\x00'", "", `--content-type "text/\x00" is not a media type`, `it looks like text/plain or "text/plain; charset=utf-8"`},
		{"-b 127.0.0.1:80", "", `--bind "127.0.0.1:80" names a port, too`, "write it as --bind 127.0.0.1 --port 80"},
		{"-b :80", "", `--bind ":80" names a port, too`, "write it as --port 80"},
		{"-b ''", "", `--bind "" names no address`, "without --bind, gserve listens on all interfaces"},
	}
	for _, tt := range tests {
		t.Run(tt.line+" "+tt.environ, func(t *testing.T) {
			t.Parallel()
			c, err := parse(arguments(tt.line), environ(tt.environ))
			if err == nil {
				err = c.Check()
			}
			if err == nil {
				t.Fatalf("no mistake seen in %+v", c)
			}
			if err.Error() != tt.want {
				t.Errorf("\n got %s\nwant %s", err, tt.want)
			}
			hint := ""
			if advised, ok := errors.AsType[*advisedError](err); ok {
				hint = advised.hint
			}
			if hint != tt.hint {
				t.Errorf("hint:\n got %s\nwant %s", hint, tt.hint)
			}
		})
	}
}

func TestCheckAccepts(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"", "-b ::1 -b fe80::1%eth0 -b localhost -b eth0 -b unix:/run/a:1 -b fd:3", "--no-index --no-listing",
		"--tls-cert c", "--tls-cert c --tls-password-file p", "--content-type 'text/html; charset=iso-8859-1'",
		"--index .index.html", "--python --protocol HTTP/1.1", "--precompress -p 8000", "./8000 --precompress --hidden",
	} {
		c, err := parse(arguments(line), environ("PORT=9000"))
		if err == nil {
			err = c.Check()
		}
		if err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestComputedFields(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"Content-Length", "Content-Type", "Content-Range", "Transfer-Encoding", "Connection", "Date", "ETag",
		"Last-Modified", "Accept-Ranges", "Location", "Allow", "Keep-Alive", "Trailer", "Upgrade", "eTAG",
	} {
		if f, err := parseField(name + ": x"); err == nil {
			t.Errorf("%s is taken as %v", name, f)
		}
	}
}

func TestHTTP10(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]bool{
		"": false, "--python": true, "-p HTTP/1.0": true, "--python -p HTTP/1.1": false, "--protocol HTTP/1.1": false,
	} {
		c, err := parse(arguments(line), environ(""))
		if err != nil || c.HTTP10() != want {
			t.Errorf("%q: %t, %v", line, c.HTTP10(), err)
		}
	}
}
