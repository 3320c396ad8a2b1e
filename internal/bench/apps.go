//go:build unix

package main

import "context"

// appFlags are how gserve runs beside the others: they write no access log.
const appFlags = " -q -b 127.0.0.1 -p {port} --python-bin {python}"

// appsConditions are those of the apps.
const appsConditions = "Files for half as long, CGI for a quarter, but at least 1s. Nobody writes an access log."

// prepareApps makes what all apps need.
func prepareApps(ctx context.Context, b *bench) error {
	b.findPython(ctx)
	return b.copyApps("apps")
}

// appsSuite is gserve beside what runs applications.
func appsSuite(*bench) []experiment {
	return []experiment{
		appComparison("flask", "Flask", "hello_flask:app", "hello from flask\n", target{"gunicorn", 1.3}),
		appComparison("django", "Django", "hello_django:application", "hello from django\n", target{"gunicorn", 1.2}),
		appComparison("bare", "Bare WSGI", "bare:app", "hello from wsgi\n", target{"gunicorn sync", 1.5}),
		filesBesideApp(),
		cgiComparison("cgi-sh", "shell", "hello.sh", "hello from sh\n"),
		cgiComparison("cgi-python", "Python", "hello.py", "hello from python\n"),
		restarts{},
	}
}

// appComparison has servers run a WSGI application by two processes of four
// threads, or what they have that comes next to it.
func appComparison(id, title, app, want string, gunicornTarget target) comparison {
	gunicorn := "{python} -m gunicorn --log-level error -b 127.0.0.1:{port} -w 2 "
	uwsgi := "uwsgi --plugin http,python3 --disable-logging --die-on-term --need-app --master --http-keepalive " +
		"--http 127.0.0.1:{port} --module " + app + " -p 2"
	servers := []server{
		{name: "gserve", command: "{gserve}" + appFlags + " --workers 2 --threads 4 --handler wsgi:" + app},
		{name: "gunicorn sync, 2", needs: "gunicorn", command: gunicorn + app},
		{name: "gunicorn gthread, 2x4", needs: "gunicorn", command: gunicorn + "-k gthread --threads 4 " + app},
		{name: "uwsgi, 2", needs: "uwsgi", command: uwsgi},
		{name: "uwsgi, 2x4", needs: "uwsgi", command: uwsgi + " --threads 4"},
		{name: "waitress, 8 threads", needs: "waitress", command: "{python} -m waitress --listen 127.0.0.1:{port} --threads 8 " + app},
	}
	for i := range servers {
		s := &servers[i]
		s.folder, s.path, s.want = "apps", "/", want
	}
	return comparison{
		id: id, title: title + " hello, 2 workers, 32 connections", connections: 32, servers: servers,
		targets: []target{gunicornTarget, {"uwsgi", 1.1}, {"waitress", 2}},
	}
}

// filesBesideApp tells whether files are slower when an application answers
// what is none.
func filesBesideApp() comparison {
	s := server{folder: "apps", path: "/bare.py", want: file("bare.py")}
	with, without := s, s
	with.name, with.command = "gserve with an app", "{gserve} ."+appFlags+" --handler wsgi:bare:app"
	without.name, without.command = "gserve without", "{gserve} ."+appFlags
	return comparison{
		id: "files", title: "A file beside an app, 32 connections", connections: 32, part: 2,
		servers: []server{with, without}, targets: []target{{"gserve without", 0.95}},
	}
}

// cgiComparison has the last http.server that has --cgi beside gserve.
func cgiComparison(id, title, program, want string) comparison {
	s := server{folder: "apps", path: "/cgi-bin/" + program, want: want}
	ours, theirs := s, s
	ours.name, ours.command = "gserve --cgi", "{gserve} --cgi"+appFlags
	theirs.name, theirs.needs = "http.server --cgi", "http.server --cgi"
	theirs.command = "{python} -m http.server --cgi --bind 127.0.0.1 {port}"
	return comparison{
		id: id, title: "CGI, a " + title + " program, 8 connections", connections: 8, part: 4,
		servers: []server{ours, theirs}, targets: []target{{"http.server", 1}},
	}
}

// file returns one of the files of the applications.
func file(name string) string {
	content, err := apps.ReadFile("apps/" + name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(content)
}
