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
		{name: "open", short: "o", usage: "open it in the browser", set: toggle(func(c *Config) *bool { return &c.Open })},
		{name: "no-lane", rare: true, usage: "have Go's HTTP server answer all requests",
			details: "On Linux, plain requests for files are answered in front of it by default, and those by TLS from " +
				"memory, if the files are small, after a look at the disk for each request. With passwords, --share, " +
				"--watch and HTTP/1.0 that is left out by itself.",
			set: toggle(func(c *Config) *bool { return &c.NoLane })},
		{name: "max-connections", rare: true, argument: "N", usage: "connections at once; N,M: M of one client",
			details: "By default about half of the files that may be open (ulimit -n), 16384 at most, and a quarter " +
				"of them of one client. When all are in use, the one that has been idle for longest makes room; if " +
				"none is idle, new ones wait. Programs on this machine, such as a proxy, have no bound of their own.",
			set: (*Config).setMaxConnections},
		{name: "qr", rare: true, usage: "print a QR code of the address", opposite: "no-qr",
			details: "It is printed by default on a terminal when others can reach gserve.",
			set:     toggle(func(c *Config) *bool { return &c.QR })},
		{name: "no-qr", rare: true, usage: "print no QR code", opposite: "qr", set: toggle(func(c *Config) *bool { return &c.NoQR })},
		{name: "protocol", rare: true, argument: "VERSION", usage: "HTTP/1.1, or HTTP/1.0 to answer and close", values: []string{http10, http11},
			set: (*Config).setProtocol},
		{name: "header", short: "H", argument: "FIELD", usage: `send a field: -H "Name: value" or -H Name value`, list: true,
			details: "May be repeated. It goes with every answer, and takes the place of what gserve sends " +
				"by itself under that name: Cache-Control and X-Content-Type-Options. Fields that have " +
				"to be computed, such as Content-Length, cannot be given.",
			set: (*Config).addField},
	}},
	{"Files", []flag{
		{name: "directory", short: "d", argument: "DIR", usage: "folder to serve, another way to give PATH", dirs: true,
			set: (*Config).setDirectory},
		{name: "index", rare: true, argument: "NAME", usage: "file that stands for its folder", list: true, opposite: "no-index",
			details: "May be repeated; the first one that exists is sent. By default index.html, then index.htm.",
			set:     list(func(c *Config) *[]string { return &c.Index })},
		{name: "no-index", rare: true, usage: "list folders even if they have an index", opposite: "index",
			set: toggle(func(c *Config) *bool { return &c.NoIndex })},
		{name: "no-listing", usage: "list no folders",
			details: "A folder that has no index is then answered with 404.",
			set:     toggle(func(c *Config) *bool { return &c.NoListing })},
		{name: "no-archive", rare: true, usage: "offer no download of whole folders",
			set: toggle(func(c *Config) *bool { return &c.NoArchive })},
		{name: "title", short: "t", rare: true, argument: "TEXT", usage: "what the listing calls the folder",
			details: "By default its own name, without those of the folders that it lies in.",
			set:     text(func(c *Config) *string { return &c.Title })},
		{name: "content-type", rare: true, argument: "TYPE", usage: "media type of files whose name tells none",
			details: "By default their first bytes are looked at.",
			set:     text(func(c *Config) *string { return &c.ContentType })},
		{name: "no-compress", rare: true, usage: "encode nothing on the fly",
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
	{"Site", []flag{
		{name: "spa", short: "s", aliases: []string{"single"}, argument: "FILE", optional: "index.html", usage: "answer paths that are no file with index.html",
			details: "Only those that a browser goes to: GET and HEAD that take HTML, and whose last part has no " +
				"dot. A missing script or image is 404.",
			set: (*Config).setSPA},
		{name: "clean-urls", usage: "serve about.html at /about",
			details: "/about.html, /about/ and /docs/index.html are redirected to what is shorter.",
			set:     toggle(func(c *Config) *bool { return &c.CleanURLs })},
		{name: "cache", short: "c", argument: "SECS", usage: "how long browsers keep files; -1 never, or auto", values: []string{"auto"},
			details: "By default they keep them and ask every time. With auto, they need not ask for files whose name " +
				"carries a hash of their content, as build tools write them; auto,SECS tells a time for the others. " +
				"For caches on the way, SECS,stale-while-revalidate=SECS lets them answer with what is older " +
				"while they ask for it anew, and stale-if-error=SECS while nobody answers them. Errors are never kept.",
			set: (*Config).setCache},
		{name: "cors", short: "C", argument: "ORIGIN", optional: anyOrigin, usage: "let pages of other sites read what is served",
			set: (*Config).setCORS},
		{name: "isolate", rare: true, usage: "give pages threads: COOP, COEP and CORP fields",
			set: toggle(func(c *Config) *bool { return &c.Isolate })},
		{name: "watch", short: "w", usage: "show edits in open pages; restart apps on save",
			details: "A stylesheet or image is swapped, any other change loads the page again. Tracebacks of apps are " +
				"shown to browsers on this machine.",
			set: toggle(func(c *Config) *bool { return &c.Watch })},
	}},
	{"Sharing", []flag{
		{name: "auth", short: "a", argument: "USER", usage: "ask for a password: USER[:PASS] or @htpasswd", list: true,
			details: "May be repeated. Without a password, gserve asks for it. The password may be a hash, as " +
				"htpasswd -nB prints it. A file is read anew when it changes.",
			set: (*Config).addUser},
		{name: "auth-for", rare: true, argument: "WHAT", usage: "what needs a password: all, or write", values: []string{"all", "write"},
			set: (*Config).setAuthFor},
		{name: "allow-host", rare: true, argument: "NAME", usage: "host name to answer to on loopback", list: true,
			details: "May be repeated. A gserve that listens on loopback only refuses names that are not its own, " +
				"so that no page elsewhere can point its name at it. .example.com is for all names below that.",
			set: list(func(c *Config) *[]string { return &c.AllowHosts })},
		{name: "share", argument: "TIME", usage: "a secret link that ends: 1h, or 1h,3 (downloads)",
			details: "Nothing else is answered. Whoever has downloaded a file whole counts as one; previews, parts " +
				"and repetitions do not. When the link has ended, gserve does, too.",
			set: (*Config).setShare},
		{name: "upload", short: "u", argument: "DIR", optional: ".", usage: "take files: by the page, forms and curl -T",
			details: "DIR is below the folder that is served, which is all of it by default. Nothing is " +
				"overwritten. With --no-listing, what lies in there cannot be had: a drop box.",
			set: (*Config).setUpload},
		{name: "overwrite", rare: true, usage: "let uploads take the place of files", set: toggle(func(c *Config) *bool { return &c.Overwrite })},
		{name: "max-upload", rare: true, argument: "SIZE", usage: "of one file, as 500M or 2G", set: (*Config).setMaxUpload},
		{name: "mkdir", rare: true, usage: "let clients make folders", set: toggle(func(c *Config) *bool { return &c.Mkdir })},
		{name: "delete", rare: true, usage: "let clients delete files and folders", set: toggle(func(c *Config) *bool { return &c.Delete })},
		{name: "move", rare: true, usage: "let clients rename and move", set: toggle(func(c *Config) *bool { return &c.Move })},
		{name: "allow-all", short: "A", usage: "all of: upload, overwrite, mkdir, delete, move",
			details: "On a network it wants a password (--auth).",
			set:     toggle(func(c *Config) *bool { return &c.AllowAll })},
		{name: "webdav", usage: "be a network drive; to write needs --upload",
			set: toggle(func(c *Config) *bool { return &c.WebDAV })},
		{name: "user", rare: true, argument: "NAME", usage: "root becomes this user, or NAME:GROUP, once it listens",
			details: "By default it is the one whom what is served belongs to. Keys, certificates and password files are " +
				"read before. root stays root.",
			set: text(func(c *Config) *string { return &c.User })},
		{name: "confine", rare: true, usage: "read nothing but what is served", opposite: "no-confine",
			details: "On Linux, gserve has the kernel let it read what is served and what lies beside it, write where " +
				"clients may, run nothing, listen on nothing more and connect to nothing but proxied servers. With this flag, it " +
				"reads exactly what is served, also with --follow-symlinks, and fails where the kernel cannot see to that; a folder that is " +
				"removed and made anew then needs a restart. With handlers that run programs, those gain no privileges, " +
				"and no more is confined. -v tells what holds.",
			set: toggle(func(c *Config) *bool { return &c.Confine })},
		{name: "no-confine", rare: true, usage: "have the kernel confine nothing", opposite: "confine",
			set: toggle(func(c *Config) *bool { return &c.NoConfine })},
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
		{name: "tls", short: "S", usage: "HTTPS with a certificate that phones can trust", opposite: "tls-cert",
			details: "A certificate authority is made for you once, which vouches for private addresses, .local, " +
				"localhost and this machine's name only. Its certificate is at /.well-known/gserve/.",
			set: toggle(func(c *Config) *bool { return &c.TLS })},
		{name: "tls-cert", aliases: []string{"cert", "ssl-cert"}, argument: "FILE", usage: "serve HTTPS with this certificate chain (PEM)", files: true,
			set: text(func(c *Config) *string { return &c.TLSCert })},
		{name: "tls-key", rare: true, aliases: []string{"key", "ssl-key"}, argument: "FILE", usage: "its private key, if not in the same file", files: true,
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
		{name: "log-format", rare: true, argument: "FORMAT", usage: "form of the log: python, combined or json", values: logFormats,
			set: (*Config).setLogFormat},
		{name: "log-file", rare: true, argument: "FILE", usage: "add the lines about requests to this file", files: true,
			details: "It is made if there is none. To move it away, rename it and send SIGHUP, at which gserve begins " +
				"a new one. What gserve says of itself still goes to standard error.",
			set: text(func(c *Config) *string { return &c.LogFile })},
		{name: "health", rare: true, argument: "PATH", optional: healthPath, usage: "a path that tells whether the folder can be read",
			details: "It answers 200 or 503, to everybody, without a password. The log has no line for a 200, unless --verbose is given.",
			set:     setPath("health", func(c *Config) *string { return &c.Health })},
		{name: "metrics", rare: true, argument: "PATH", optional: metricsPath, usage: "a path with the numbers that Prometheus collects",
			details: "Requests by method and class of status, their time, bytes, open connections. Whoever can read " +
				"the files can read the numbers: --auth keeps others out. Confined, gserve knows little of its process.",
			set: setPath("metrics", func(c *Config) *string { return &c.Metrics })},
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
