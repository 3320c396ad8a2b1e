package cli

import (
	"iter"

	"github.com/gserve/gserve/internal/accesslog"
)

// flag is a row of the table below, which is all there is to say about a flag:
// parsing, the environment, the hints, both helps, the completions and the
// manual come from it.
type flag struct {
	name, short string
	aliases     []string // that work and are not told; one letter is a short one
	argument    string   // what its value is called; "" for a switch
	optional    string   // the value that the bare flag stands for; "" if it needs one
	usage       string   // fits into a line of the short help
	details     string   // what the full help says besides
	rare        bool     // left out of the short help
	once        bool     // not from the environment: an action, not a setting
	list        bool     // may be repeated
	opposite    string   // flag that makes a variable for this one void
	values      []string // to be completed
	files, dirs bool     // its value names a file or a directory, to be completed
	set         func(*Config, string) error
}

type group struct {
	title string
	flags []flag
}

var groups = []group{
	{"Network", []flag{
		{name: "port", short: "p", argument: "N", usage: "port, 8000 by default; 0 takes a free one",
			details: "When 8000 is in use and no port was named, the next free one up to 8099 is taken. " +
				"HTTP/1.0 and HTTP/1.1 mean --protocol here, as they do for python.",
			set: (*Config).setPortOrProtocol},
		{name: "bind", short: "b", aliases: []string{"host", "interfaces", "i"}, argument: "ADDR",
			usage: "address, host, interface, unix:PATH or fd:N", list: true,
			details: "May be repeated. By default, gserve listens on all interfaces, by IPv4 and IPv6. fd:N " +
				"is a socket that is open already, as systemd passes them on.",
			set: list(func(c *Config) *[]string { return &c.Bind })},
		{name: "protocol", argument: "VERSION", usage: "HTTP/1.1, or HTTP/1.0 to answer and close", values: []string{http10, http11},
			set: (*Config).setProtocol},
		{name: "header", short: "H", argument: "FIELD", usage: `send a field: -H "Name: value" or -H Name value`, list: true,
			details: "May be repeated. It goes with every answer, and takes the place of what gserve sends " +
				"by itself under that name: Cache-Control and X-Content-Type-Options. Fields that have " +
				"to be computed, such as Content-Length, cannot be given.",
			set: (*Config).addField},
	}},
	{"Files", []flag{
		{name: "directory", short: "d", argument: "DIR", usage: "folder to serve, another way to give PATH", dirs: true,
			set: text(func(c *Config) *string { return &c.Directory })},
		{name: "index", argument: "NAME", usage: "file that stands for its folder", list: true, opposite: "no-index",
			details: "May be repeated; the first one that exists is sent. By default index.html, then index.htm.",
			set:     list(func(c *Config) *[]string { return &c.Index })},
		{name: "no-index", usage: "list folders even if they have an index", opposite: "index",
			set: toggle(func(c *Config) *bool { return &c.NoIndex })},
		{name: "no-listing", usage: "list no folders",
			details: "A folder that has no index is then answered with 404.",
			set:     toggle(func(c *Config) *bool { return &c.NoListing })},
		{name: "no-archive", rare: true, usage: "offer no download of whole folders",
			set: toggle(func(c *Config) *bool { return &c.NoArchive })},
		{name: "title", short: "t", argument: "TEXT", usage: "what the listing calls the folder",
			details: "By default its own name, without those of the folders that it lies in.",
			set:     text(func(c *Config) *string { return &c.Title })},
		{name: "content-type", rare: true, argument: "TYPE", usage: "media type of files whose name tells none",
			details: "By default their first bytes are looked at.",
			set:     text(func(c *Config) *string { return &c.ContentType })},
		{name: "no-compress", usage: "encode nothing on the fly",
			details: "By default, text and the like is sent encoded to clients that take it. Encoded files " +
				"(.br, .zst, .gz) beside the originals are sent with this flag, too.",
			set: toggle(func(c *Config) *bool { return &c.NoCompress })},
		{name: "hidden", usage: "serve names that begin with a dot",
			details: "What lies in /.well-known/ is served without it, too.",
			set:     toggle(func(c *Config) *bool { return &c.Hidden })},
		{name: "follow-symlinks", usage: "follow links that leave the folder",
			details: "Links that stay inside are followed without it, too.",
			set:     toggle(func(c *Config) *bool { return &c.FollowSymlinks })},
		{name: "precompress", argument: "CODINGS", optional: allCodings, usage: "write .br, .zst, .gz beside the files, and exit",
			details: "The best level is used, which takes its time. CODINGS are some of br, zstd and gzip, with " +
				"commas between them; by default all three. A file of text, script, font or the like " +
				"gets a sidecar if it has at least 1 KiB and that saves 5% of it. A sidecar that is not " +
				"older than its file stays, so a second run does what is new. Names that begin with a " +
				"dot need --hidden, and links are not followed. Ctrl-C leaves nothing half written, " +
				"and exits with 130.",
			once: true, values: codingNames, set: (*Config).setPrecompress},
		{name: "python", usage: "answer as python -m http.server does",
			details: "That is --hidden, --follow-symlinks and --protocol HTTP/1.0, nothing encoded, and no " +
				"ETag, Vary, Accept-Ranges, Cache-Control and fields that protect pages.",
			set: toggle(func(c *Config) *bool { return &c.Python })},
	}},
	{"Handlers", []flag{
		{name: "handler", argument: "SPEC", usage: "[PREFIX=]wsgi:APP, cgi:FILE or a URL to run", list: true,
			details: "May be repeated. APP is module:name, module:factory(\"argument\"), or the path of a file; " +
				"handler:FILE:CLASS runs a BaseHTTPRequestHandler. A prefix, such as /api=, belongs to its " +
				"handler whole. A handler without one answers what is not a file of PATH, and if no " +
				"PATH is given, everything.",
			set: (*Config).addHandler},
		{name: "proxy", short: "P", argument: "URL", usage: "hand requests to another server: [PREFIX=]URL", list: true,
			details: "May be repeated. The same as --handler with a URL: http://, https:// or unix:/run/app.sock. " +
				"With a path in it, that takes the place of the prefix.",
			set: (*Config).addProxy},
		{name: "cgi", argument: "DIR", optional: "/cgi-bin,/htbin", usage: "run the programs in /cgi-bin and /htbin",
			details: "An executable file, or a .py file, is run, and nothing in there is sent.",
			set:     (*Config).setCGI},
		{name: "watch", short: "w", usage: "restart apps when their code is saved",
			details: "Tracebacks are then shown to browsers on this machine.",
			set:     toggle(func(c *Config) *bool { return &c.Watch })},
		{name: "workers", argument: "N", rare: true, usage: "processes of an app, 1; auto for cores", values: []string{"auto"},
			set: (*Config).setWorkers},
		{name: "threads", argument: "N", rare: true, usage: "requests that each answers at once, 16",
			set: setCount(func(c *Config) *int { return &c.Threads })},
		{name: "handler-timeout", argument: "SECS", rare: true, usage: "until an answer must have begun, 60",
			details: "0 is for no limit. With --watch, there is none by default.",
			set:     (*Config).setHandlerTimeout},
		{name: "python-bin", rare: true, argument: "FILE", usage: "the Python that runs apps", files: true,
			details: "By default that of $VIRTUAL_ENV, .venv or venv, or python3.",
			set:     text(func(c *Config) *string { return &c.PythonBin })},
		{name: "app-dir", rare: true, argument: "DIR", usage: "folder that apps are in; the current one", dirs: true,
			set: text(func(c *Config) *string { return &c.AppDir })},
	}},
	{"TLS", []flag{
		{name: "tls-cert", aliases: []string{"cert", "ssl-cert"}, argument: "FILE", usage: "serve HTTPS with this certificate chain (PEM)", files: true,
			set: text(func(c *Config) *string { return &c.TLSCert })},
		{name: "tls-key", aliases: []string{"key", "ssl-key"}, argument: "FILE", usage: "its private key, if not in the same file", files: true,
			details: "It is never served, wherever it lies.",
			set:     text(func(c *Config) *string { return &c.TLSKey })},
		{name: "tls-password-file", rare: true, argument: "FILE", usage: "file with the password of the key", files: true,
			set: text(func(c *Config) *string { return &c.TLSPasswordFile })},
	}},
	{"Log", []flag{
		{name: "quiet", short: "q", usage: "no line for each request, only errors", opposite: "verbose",
			set: toggle(func(c *Config) *bool { return &c.Quiet })},
		{name: "verbose", short: "v", usage: "tell the file, its type and the time taken", opposite: "quiet",
			details: "For a refusal its cause is told.",
			set:     toggle(func(c *Config) *bool { return &c.Verbose })},
		{name: "log-format", argument: "FORMAT", usage: "form of the log: python, combined or json", values: logFormats,
			set: (*Config).setLogFormat},
	}},
	{"About", []flag{
		{name: "completions", rare: true, argument: "SHELL", usage: "print a script for bash, zsh, fish or powershell", once: true, values: shells,
			set: (*Config).setShell},
		{name: "man", rare: true, usage: "print the manual page", once: true, set: show(ShowManual)},
		{name: "version", short: "V", usage: "print the version", once: true, set: show(ShowVersion)},
		{name: "help", short: "h", usage: "-h prints one screen, --help all", once: true, set: show(ShowHelp)},
	}},
}

// allFlags yields every flag in the order of the help.
func allFlags() iter.Seq[flag] {
	return func(yield func(flag) bool) {
		for _, g := range groups {
			for _, f := range g.flags {
				if !yield(f) {
					return
				}
			}
		}
	}
}

// logFormats are the names of the formats of the log.
var logFormats = []string{string(accesslog.Python), string(accesslog.Combined), string(accesslog.JSON)}
