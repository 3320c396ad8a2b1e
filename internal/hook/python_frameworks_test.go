//go:build unix

package hook

import (
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// needs skips a test whose framework is not there: only Python itself has to be.
func needs(t testing.TB, modules ...string) {
	t.Helper()
	for _, module := range modules {
		if err := exec.Command(pythonForTests(t), "-c", "import "+module).Run(); err != nil {
			t.Skipf("%s is not installed", module)
		}
	}
}

func TestFlask(t *testing.T) {
	t.Parallel()
	needs(t, "flask")
	dir := t.TempDir()
	writeApp(t, dir, "shop.py", `from flask import Flask, request, send_file
app = Flask(__name__)
@app.route("/")
def hello(): return "hello " + request.script_root + " " + str(app.debug)
@app.route("/form", methods=["POST"])
def form(): return request.form["a"] + str(len(request.files["f"].read()))
@app.route("/file")
def file(): return send_file(__file__)
@app.route("/raise")
def fail(): raise ValueError("mine")
app.run()
`)
	s := startSite(t, WSGIConfig{App: "shop", Dir: dir, Prefix: "/api", Watch: true})
	if got := s.get("/api/"); got.content != "hello /api True" {
		t.Errorf("%d %q", got.status, got.content)
	}
	form := "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n" +
		strings.Repeat("y", 100_000) + "\r\n--b--\r\n"
	if got := s.do("POST", "/api/form", form, "Content-Type", "multipart/form-data; boundary=b"); got.content != "x100000" {
		t.Errorf("%d %q", got.status, got.content)
	}
	if got := s.get("/api/file"); !strings.HasPrefix(got.content, "from flask") {
		t.Errorf("%d %q", got.status, got.content)
	}
	if got := s.get("/api/raise"); got.status != 500 || !strings.Contains(got.content, "ValueError: mine") || !strings.Contains(got.content, "shop.py:10 in fail") {
		t.Errorf("%d %q", got.status, got.content)
	}
}

func TestDjango(t *testing.T) {
	t.Parallel()
	needs(t, "django")
	dir := t.TempDir()
	writeApp(t, dir, "site_wsgi.py", `from django.conf import settings
settings.configure(DEBUG=True, SECRET_KEY="x", ROOT_URLCONF="site_urls", ALLOWED_HOSTS=["*"], STATIC_URL="/static/",
    INSTALLED_APPS=["django.contrib.staticfiles", "django.contrib.contenttypes", "django.contrib.auth", "django.contrib.messages", "django.contrib.admin"],
    DATABASES={}, MIDDLEWARE=["django.middleware.common.CommonMiddleware"])
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
`)
	writeApp(t, dir, "site_urls.py", `from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.urls import path
urlpatterns = [path("", lambda r: HttpResponse("hello " + r.get_host())), path("post", lambda r: HttpResponse(str(len(r.body)))),
    path("stream", lambda r: StreamingHttpResponse(iter([b"a", b"b"]))), path("file", lambda r: FileResponse(open(__file__, "rb")))]
`)
	for watch, status := range map[bool]int{true: 200, false: 404} {
		s := startSite(t, WSGIConfig{App: "site_wsgi", Dir: dir, Watch: watch})
		if got := s.get("/"); !strings.HasPrefix(got.content, "hello 127.0.0.1") {
			t.Errorf("%d %.200q", got.status, got.content)
		}
		if got := s.do("POST", "/post", strings.Repeat("x", 200_000)); got.content != "200000" {
			t.Errorf("%d %.200q", got.status, got.content)
		}
		if got := s.get("/stream"); got.content != "ab" {
			t.Errorf("%d %.200q", got.status, got.content)
		}
		if got := s.get("/file"); !strings.HasPrefix(got.content, "from django") {
			t.Errorf("%d %.200q", got.status, got.content)
		}
		if got := s.get("/static/admin/css/base.css"); got.status != status {
			t.Errorf("static files, watched %t: %d", watch, got.status)
		}
	}
}

// lanesMade is how many lanes the workers of an application have got so far.
func (s *WSGI) lanesMade() (n uint32) {
	s.pool.mu.Lock()
	defer s.pool.mu.Unlock()
	for w := range s.processes {
		n += w.numbers
	}
	return n
}

// TestGevent has an application change the sockets under the worker's feet.
func TestGevent(t *testing.T) {
	t.Parallel()
	needs(t, "gevent")
	dir := t.TempDir()
	writeApp(t, dir, "green.py", `from gevent import monkey
monkey.patch_all()
import time, threading, socket
socket.setdefaulttimeout(0.2)
def app(environ, start_response):
    time.sleep(0.5)
    data = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", "6")])
    return (b"%d" % (len(data) or 100000) for _ in range(1))
`)
	s := startSite(t, WSGIConfig{App: "green", Dir: dir, Threads: 32})
	start := time.Now()
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			if got := s.do("POST", "/", strings.Repeat("x", 100_000)); got.content != "100000" {
				t.Errorf("%d %q %v", got.status, got.content, got.err)
			}
		})
	}
	all.Wait()
	time.Sleep(500 * time.Millisecond) // longer than its default timeout, and than anything here stays awake
	if got := s.do("POST", "/", strings.Repeat("x", 100_000)); got.content != "100000" || s.log.String() != "" {
		t.Errorf("after a pause: %d %q %v", got.status, got.content, got.err)
	}
	if n := s.app.lanesMade(); n > 32 {
		t.Errorf("%d lanes were made: the pause has closed some", n)
	}
	if took := time.Since(start); took > 8*time.Second {
		t.Errorf("one after the other, %v", took)
	}
}
