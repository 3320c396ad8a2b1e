"""The worker of gserve: one WSGI application, or one class of http.server, in a process.

gserve reads HTTP. This end gets requests over sockets that come along the
control socket, one thread each, and knows no HTTP. Only the standard library
of CPython 3.8 or later is used. See frame.go for what the frames look like.
"""

import atexit
import fcntl
import io
import os
import signal
import socket
import stat
import struct
import sys
import threading
import time
import types

END, READ, FILE, ERROR = 1, 2, 4, 8
PULLED = 0xFFFFFFFF  # as the length of content: it is not in the frame, ask for it
RECEIVE = 128 * 1024  # more than a head and the 64 KiB of content that come with it
ONE_WRITE = 64 * 1024  # beyond it, a second system call is cheaper than a copy
PULL_AT_ONCE = 256 * 1024
PATIENCE = 0.004  # seconds that the end of an answer may take before the answer goes without it
LAST_WORDS = 3  # seconds that atexit may take

pack_frame = struct.Struct("<IIB").pack
unpack_request = struct.Struct("<II").unpack_from
pack_message = struct.Struct("<cI").pack
RECORD = struct.Struct("<I60s")  # number of the lane, address of the client
ME = "<gserve>"


class ClientGone(ConnectionError):
    """The client went away while its request was read or answered."""


class Input(io.RawIOBase):
    """The content of one request, pulled only as fast as the application reads it."""

    def __init__(self, lane):
        self.lane = lane

    def readable(self):
        return True

    def readinto(self, buffer):
        if self.lane is None:
            raise ValueError("wsgi.input was read after the end of its request")
        return self.lane.pull(memoryview(buffer).cast("B"))

    def readall(self):
        # RawIOBase would ask for 8 KiB at a time.
        pieces, piece = [], bytearray(PULL_AT_ONCE)
        while True:
            n = self.readinto(piece)
            if not n:
                return b"".join(pieces)
            pieces.append(bytes(memoryview(piece)[:n]))


class FileWrapper:
    """wsgi.file_wrapper, PEP 3333, "Optional Platform-Specific File Handling"."""

    def __init__(self, filelike, block_size=65536):
        self.filelike, self.block_size = filelike, block_size
        if hasattr(filelike, "close"):
            self.close = filelike.close

    def __iter__(self):
        return iter(lambda: self.filelike.read(self.block_size), b"")

    def descriptor(self):
        """The descriptor of a regular file, set to where reading would go on, or None."""
        file = self.filelike
        if type(file).__name__ == "_TemporaryFileWrapper":
            file = file.file
        # Not all that has a fileno() reads what is in there: gzip.GzipFile does not.
        if type(file) not in (io.BufferedReader, io.BufferedRandom, io.FileIO):
            return None
        try:
            number = file.fileno()
            if not stat.S_ISREG(os.fstat(number).st_mode):
                return None
            if file.writable():
                file.flush()
            os.lseek(number, file.tell(), os.SEEK_SET)
        except (OSError, ValueError):
            return None
        return number


class Answer:
    """start_response and write() of one request."""

    __slots__ = ("lane", "head", "length", "begun", "bare")

    def __init__(self, lane, bare):
        self.lane = lane  # None once the request has ended
        self.head = None
        self.length = -1  # what Content-Length says
        self.begun = False
        self.bare = bare  # a HEAD

    def start_response(self, status, headers, exc_info=None):
        if exc_info:
            try:
                if self.begun:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # PEP 3333: no circular reference
        elif self.head is not None:
            raise AssertionError("start_response was called a second time, without exc_info")
        if not isinstance(status, str) or not status[:3].isdigit():
            raise AssertionError("the status is %r, not a string like '200 OK'" % (status,))
        length = -1
        parts = [status]
        for name, value in headers:
            parts.append(name)
            parts.append(value)
            if len(name) == 14 and name.lower() == "content-length" and value.isdigit():
                length = int(value)
        head = "\0".join(parts).encode("latin-1")
        # A NUL in a value would shift all that come after it.
        if head.count(0) != len(parts) - 1:
            raise ValueError("a NUL in the status or in a header")
        self.head, self.length = head, length
        return self.write

    def write(self, data):
        if self.lane is None:
            raise ValueError("write() was called after the end of its request")
        if not isinstance(data, bytes):
            raise TypeError("%r was written, not bytes" % (type(data),))
        if data:
            self.send(data, 0)

    def send(self, data, flags):
        """Sends data, with the head before it if it has not been sent yet."""
        if self.bare:
            data = b""
        if self.begun:
            self.lane.send(b"", data, flags)
        elif self.head is None:
            raise AssertionError("content came before start_response was called")
        else:
            self.begun = True
            self.lane.send(self.head, data, flags)


class Lane:
    """One socket to gserve: requests one after the other, each with its answer."""

    def __init__(self, sock):
        self.sock = sock
        self.sendall = sock.sendall
        self.late = None  # an answer that waits for its end, see Punctual
        self.lock = threading.Lock()  # held to send it in another thread
        self.gone = False

    def send(self, head, data, flags):
        try:
            if len(data) <= ONE_WRITE:
                self.sendall(pack_frame(len(head), len(data), flags) + head + data)
                return
            view = memoryview(data)
            while len(view) > 1 << 30:  # lengths have 32 bits
                self.sendall(pack_frame(len(head), 1 << 30, 0) + head)
                self.sendall(view[: 1 << 30])
                head, view = b"", view[1 << 30 :]
            self.sendall(pack_frame(len(head), len(view), flags) + head)
            self.sendall(view)
        except OSError as e:
            self.gone = True
            raise ClientGone("the client has gone") from e

    def receive(self, n):
        """Exactly n bytes, or fewer at the end."""
        got = self.sock.recv(n)
        if len(got) == n or not got:
            return got
        parts, missing = [got], n - len(got)
        while missing:
            got = self.sock.recv(min(missing, RECEIVE))
            if not got:
                break
            parts.append(got)
            missing -= len(got)
        return b"".join(parts)

    def pull(self, view):
        """Asks for content, and puts it into view."""
        if self.gone:
            raise ClientGone("the client has gone")
        self.flush_late()
        self.sendall(pack_frame(0, min(len(view), PULL_AT_ONCE), READ))
        count = self.receive(4)
        n = int.from_bytes(count, "little", signed=True) if len(count) == 4 else -1
        if n < 0:
            self.gone = True
            raise ClientGone("the client has gone before all of its request came")
        got = 0
        while got < n:
            more = self.sock.recv_into(view[got:n])
            if not more:
                self.gone = True
                raise ClientGone("the client has gone before all of its request came")
            got += more
        return n

    def send_file(self, answer, number):
        """Hands a descriptor over. Go reads plainly, and asks for it when it is due."""
        answer.send(b"", FILE)
        if len(self.receive(4)) == 4:
            rights = struct.pack("i", number)
            self.sock.sendmsg([b"\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])

    def serve(self, app, base):
        """Answers requests until gserve closes the lane."""
        recv = self.sock.recv
        modules = 0
        while not self.gone:
            frame = recv(RECEIVE)
            if len(frame) < 8:
                frame += self.receive(8 - len(frame))
                if len(frame) < 8:
                    return
            head_length, length = unpack_request(frame)
            end = 8 + head_length
            whole = end if length == PULLED else end + length
            if len(frame) < whole:
                frame += self.receive(whole - len(frame))
            environ = base.copy()
            pairs = iter(frame[8:end].decode("latin-1").split("\0"))
            environ.update(zip(pairs, pairs))
            environ["wsgi.errors"] = sys.stderr
            raw = None
            if length == PULLED:
                raw = Input(self)
                environ["wsgi.input"] = io.BufferedReader(raw, RECEIVE)
            else:
                environ["wsgi.input"] = io.BytesIO(frame[end:])
            answer = Answer(self, environ["REQUEST_METHOD"] == "HEAD")
            try:
                self.respond(app, environ, answer)
            except BaseException as e:  # also SystemExit: it ends a request, not the worker
                if not self.gone:
                    self.report(e)
            answer.lane = None
            if raw is not None:
                raw.lane = None
            environ = answer = raw = None  # also what hangs on them ends with the request
            if len(sys.modules) != modules:
                modules = len(sys.modules)
                tell_folders()

    def respond(self, app, environ, answer):
        result = app(environ, answer.start_response)
        if type(result) is list or type(result) is tuple:
            data = result[0] if len(result) == 1 else b"".join(result)
            if not isinstance(data, bytes):
                raise TypeError("the answer holds %r, not bytes" % (type(data),))
            answer.send(data, END)  # a list has no close()
            return
        closed = False
        try:
            if isinstance(result, FileWrapper):
                number = result.descriptor()
                if number is not None and answer.head is not None and not answer.begun:
                    self.send_file(answer, number)
                    closed = True
                    close(result)
                    self.end(answer)
                    return
            late = False
            for data in result:
                if not isinstance(data, bytes):
                    raise TypeError("the answer yields %r, not bytes" % (type(data),))
                if not data:
                    continue
                if late:
                    self.flush_late()
                    late = False
                if answer.begun or len(data) != answer.length or len(data) > ONE_WRITE or answer.bare:
                    answer.send(data, 0)
                    if answer.bare:
                        break
                else:
                    # All of it. To send it with its end is one write less, if
                    # the application really ends now.
                    answer.begun = late = True
                    self.late = (answer.head, data)
                    punctual.notice()
            closed = True
            close(result)
            self.end(answer)
        finally:
            if not closed:
                self.flush_late()
                close(result)

    def end(self, answer):
        late = self.take_late() if answer.begun else None
        if late:
            self.send(late[0], late[1], END)
        elif answer.begun:
            self.send(b"", b"", END)
        else:
            answer.send(b"", END)

    def take_late(self):
        """What has not been sent yet. If it is being sent, this waits until it has been."""
        with self.lock:
            late, self.late = self.late, None
        return late

    def flush_late(self):
        with self.lock:
            late, self.late = self.late, None
            if late:
                self.send(late[0], late[1], 0)

    def report(self, e):
        """Says what went wrong in the terminal, and to gserve."""
        where, text = describe(e)
        say(text)
        try:
            self.flush_late()
            self.send(where.encode("utf-8", "replace"), text.encode("utf-8", "replace"), ERROR | END)
        except ClientGone:
            pass


class Punctual:
    """Sends answers whose end takes longer than a moment.

    PEP 3333, "Buffering and Streaming": a block may wait only if it is certain
    to go out while the application goes on.
    """

    def __init__(self):
        self.lanes = []  # all of the worker
        self.awake = False
        self.due = threading.Event()
        self.thread = None

    def notice(self):
        """Is to be called after a lane's late has been set."""
        if not self.awake:
            self.awake = True
            if self.thread is None:
                self.thread = threading.Thread(target=self.run, daemon=True)
                self.thread.start()
            self.due.set()

    def run(self):
        before, idle = {}, 0
        while True:
            time.sleep(PATIENCE)
            lates = {lane: lane.late for lane in list(self.lanes) if lane.late}
            for lane, late in lates.items():
                if before.get(lane) is late:
                    try:
                        lane.flush_late()
                    except ClientGone:
                        pass  # the lane's own thread meets it, too
            before, idle = lates, 0 if lates else idle + 1
            if idle > 25:
                self.due.clear()
                self.awake = False
                if not any(lane.late for lane in list(self.lanes)):  # one may have come before the line above
                    self.due.wait()


punctual = Punctual()


def close(result):
    """Calls close(), if there is one. What goes wrong in it is said, and changes nothing: the answer is complete."""
    method = getattr(result, "close", None)
    if method is not None:
        try:
            method()
        except ClientGone:
            raise
        except BaseException as e:
            say(describe(e)[1])


def say(text):
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except Exception:  # an application may have put anything there
        pass


# The frames of the interpreter and its packages are not what someone looks for.
LIBRARIES = tuple({os.path.dirname(os.__file__) + os.sep, os.path.dirname(os.path.realpath(os.__file__)) + os.sep})


def is_project(name):
    """Reports whether a file is the project's own."""
    if not isinstance(name, str) or name.startswith(("<",) + LIBRARIES):
        return False
    parts = name.split(os.sep)
    return "site-packages" not in parts and "dist-packages" not in parts


def describe(e):
    """Where e comes from, as file:line, and its traceback, both without frames of this file."""
    import traceback

    tb = e.__traceback__
    while tb is not None and tb.tb_frame.f_code.co_filename == ME:
        tb = tb.tb_next
    e = e.with_traceback(tb)
    where = ""
    if isinstance(e, SyntaxError) and is_project(e.filename):
        where = "%s:%s" % (e.filename, e.lineno)
    for frame in () if where else reversed(traceback.extract_tb(tb)):
        if is_project(frame.filename):
            where = "%s:%d in %s" % (frame.filename, frame.lineno, frame.name)
            break
    return where, "".join(traceback.format_exception(type(e), e, tb))


class Mistake(Exception):
    """What to say instead of a traceback."""


def load(target, attribute, is_class):
    """Imports the application that target and attribute name."""
    before = os.environ.get("FLASK_RUN_FROM_CLI")
    os.environ["FLASK_RUN_FROM_CLI"] = "true"  # has Flask pass over an app.run() on the way
    try:
        module = import_file(target) if target.endswith(".py") else import_module(target)
        if is_class:
            return lookup(module, attribute, True) if attribute else search_class(module)
        return refuse_others(lookup(module, attribute, False) if attribute else search(module))
    finally:
        if before is None:
            os.environ.pop("FLASK_RUN_FROM_CLI", None)
        else:
            os.environ["FLASK_RUN_FROM_CLI"] = before


def refuse_others(app):
    """Refuses what is certain to be no WSGI application: every request would fail."""
    import inspect

    if inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(getattr(app, "__call__", None)):
        raise Mistake(
            "this is an ASGI application: have a server such as uvicorn run it, on port 8001 for one,"
            " and write --handler http://localhost:8001"
        )
    if type(app).__module__.startswith("tornado."):
        raise Mistake("this is no WSGI application: have it listen on a port, 8001 for one, and write --handler http://localhost:8001")
    return app


def import_module(name):
    try:
        __import__(name)
    except ModuleNotFoundError as e:
        if e.name and (name + ".").startswith(e.name + "."):
            raise Mistake("%s (looked in %s)" % (e, sys.path[0])) from None
        raise
    return sys.modules[name]


def import_file(path):
    """Imports path/to/package/file.py by its module name, from the folder that holds its top package."""
    path = os.path.abspath(path)
    folder, name = os.path.split(path[:-3])
    if name == "__init__":
        folder, name = os.path.split(folder)
    while os.path.exists(os.path.join(folder, "__init__.py")):
        folder, package = os.path.split(folder)
        name = package + "." + name
    if sys.path[0] != folder:
        sys.path.insert(0, folder)
    module = import_module(name)
    found = getattr(module, "__file__", None)
    if found is None or not os.path.samefile(found, path):
        raise Mistake("a module %r is there already, from %s; rename the file" % (name, found or "the interpreter"))
    return module


def lookup(module, attribute, is_class):
    """Finds a.b, or calls a.b("literal", x=1)."""
    import ast

    expression = ast.parse(attribute.strip(), mode="eval").body
    call = expression if isinstance(expression, ast.Call) else None
    names, node = [], call.func if call else expression
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        raise Mistake("%r is neither a name nor a call" % attribute)
    names.append(node.id)
    found = module
    for name in reversed(names):
        try:
            found = getattr(found, name)
        except AttributeError:
            raise Mistake("%s has no %r%s" % (module.__name__, name, candidates(module, is_class))) from None
    if call:
        try:
            arguments = [ast.literal_eval(a) for a in call.args]
            keywords = {k.arg: ast.literal_eval(k.value) for k in call.keywords}
        except ValueError:
            raise Mistake("the arguments in %r are not all literals" % attribute) from None
        found = found(*arguments, **keywords)
    elif isinstance(found, types.FunctionType) and names[0] in FACTORIES and found.__code__.co_argcount < 2:
        found = found()
    if not callable(found):
        raise Mistake("%s is a %s, which cannot be called%s" % (attribute, type(found).__name__, candidates(module, is_class)))
    return found


FACTORIES = ("create_app", "make_app")


def search(module):
    for name in ("application", "app"):
        found = getattr(module, name, None)
        if callable(found):
            return found
    for name in FACTORIES:
        found = getattr(module, name, None)
        if callable(found):
            return found()
    raise Mistake(
        "%s has no application, app, create_app() or make_app()%s%s" % (module.__name__, candidates(module, False), django_hint(module))
    )


def django_hint(module):
    """Says where Django's startproject has put the application."""
    folder = os.path.dirname(getattr(module, "__file__", None) or "")
    names = [os.path.basename(folder)] if os.path.exists(os.path.join(folder, "settings.py")) else os.listdir(folder or ".")
    for name in names:
        if name and os.path.exists(os.path.join(sys.path[0], name, "wsgi.py")) and os.path.exists(os.path.join(sys.path[0], name, "settings.py")):
            return "; Django's is %s.wsgi" % name
    return ""


def search_class(module):
    found = handler_classes(module)
    if len(found) != 1:
        raise Mistake("%s has %d subclasses of BaseHTTPRequestHandler%s" % (module.__name__, len(found), candidates(module, True)))
    return getattr(module, found[0])


def handler_classes(module):
    from http.server import BaseHTTPRequestHandler

    return [
        name
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, BaseHTTPRequestHandler) and value.__module__ == module.__name__
    ]


def candidates(module, is_class):
    """Says what a module has, for one who looked for something else."""
    if is_class:
        names = handler_classes(module)
    else:
        names = [
            name
            for name, value in vars(module).items()
            if not name.startswith("_") and callable(value) and getattr(value, "__module__", None) in (module.__name__, None)
            or type(value).__name__ in ("Flask", "WSGIHandler")
        ]
    return "; it has " + ", ".join(names[:12]) if names else ""


def with_static_files(app):
    """Django's runserver serves static files while DEBUG is on; else the admin has no style."""
    if type(app).__module__ != "django.core.handlers.wsgi":
        return app
    from django.conf import settings

    if not settings.DEBUG or "django.contrib.staticfiles" not in settings.INSTALLED_APPS:
        return app
    from django.contrib.staticfiles.handlers import StaticFilesHandler

    return StaticFilesHandler(app)


def folders():
    """The folders of the project's modules, for gserve to watch."""
    names = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    return sorted({os.path.dirname(os.path.abspath(name)) for name in names if is_project(name)})


control = None
told = None
telling = threading.Lock()


def tell(kind, fields):
    """Sends a message over the control socket."""
    data = "\0".join(fields).encode("utf-8", "surrogateescape")
    with telling:
        try:
            control.sendall(pack_message(kind, len(data)) + data)
        except OSError:
            pass  # gserve has gone, or no longer cares


def tell_folders():
    global told
    now = folders()
    if now != told:
        told = now
        tell(b"M", now)


def run_lane(sock, number, app, base):
    lane = Lane(sock)
    punctual.lanes.append(lane)
    try:
        lane.serve(app, base)
    except OSError:
        pass  # gserve closed it
    finally:
        punctual.lanes.remove(lane)
        sock.close()
        tell(b"D", [str(number)])


def run_handler(sock, number, cls, server, client):
    host, _, port = client.rpartition("|")
    try:
        cls(sock, (host, int(port or 0)), server)
    except (ConnectionError, SystemExit):
        pass
    except BaseException as e:
        say(describe(e)[1])
    try:
        sock.shutdown(socket.SHUT_WR)
    except OSError:
        pass
    sock.close()
    tell_folders()
    tell(b"D", [str(number)])


def receive_lanes(start):
    """Starts a thread for each socket that comes along the control socket, until that ends."""
    flags = getattr(socket, "MSG_CMSG_CLOEXEC", 0)
    while True:
        record, ancillary, _, _ = control.recvmsg(RECORD.size, socket.CMSG_SPACE(4), flags)
        if not record:
            return
        while len(record) < RECORD.size:
            more = control.recv(RECORD.size - len(record))
            if not more:
                return
            record += more
        number, client = RECORD.unpack(record)
        (number_fd,) = struct.unpack("i", ancillary[0][2][:4])
        os.set_inheritable(number_fd, False)
        sock = open_socket(number_fd)
        threading.Thread(target=start, args=(sock, number, client.rstrip(b"\0").decode()), daemon=True).start()


def open_socket(number):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, number)
    sock.setblocking(True)  # the application may have set a default timeout
    return sock


def leave():
    """Ends the process also if threads of the application go on, or atexit hangs."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(LAST_WORDS)
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass
    os._exit(0)


def leash(number):
    """Has the kernel end this process when gserve ends, whatever an import is busy with."""
    if sys.platform != "linux":  # where SIGIO does nothing by default
        signal.signal(signal.SIGIO, lambda *_: os._exit(0))
    fcntl.fcntl(number, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(number, fcntl.F_GETFL)
    fcntl.fcntl(number, fcntl.F_SETFL, flags | fcntl.FASYNC)
    return lambda: fcntl.fcntl(number, fcntl.F_SETFL, flags)


def main(number, kind, target, attribute, prefix, workers, threads, watch):
    global control, told, telling, punctual
    os.set_inheritable(number, False)
    signal.signal(signal.SIGINT, lambda *_: None)  # unlike SIG_IGN, not for the programs that the application starts
    control = open_socket(number)
    if sys.path[:1] == [""]:
        del sys.path[0]
    sys.path.insert(0, os.getcwd())
    sys.argv[:] = [target]
    unleash = leash(number)
    try:
        app = load(target, attribute, kind == "handler")
        if watch == "1":
            app = with_static_files(app)
    except BaseException as e:
        if isinstance(e, Mistake):
            summary, where, text = str(e), "", ""
        else:
            where, text = describe(e)
            summary = text.rstrip().rpartition("\n")[2]
        tell(b"E", [summary, where, text] + folders())
        leave()
    unleash()
    # What waits is made again: the import may have patched the classes, as gevent does.
    control.detach()
    control = open_socket(number)
    telling, punctual = threading.Lock(), Punctual()
    told = folders()
    tell(b"W", [".".join(map(str, sys.version_info[:3]))] + told)
    if kind == "handler":
        server = types.SimpleNamespace(server_name="localhost", server_port=80, server_address=("localhost", 80))
        receive_lanes(lambda sock, number, client: run_handler(sock, number, app, server, client))
    else:
        base = {
            "GATEWAY_INTERFACE": "CGI/1.1",
            "SERVER_SOFTWARE": "gserve",
            "SCRIPT_NAME": prefix.encode("utf-8", "surrogateescape").decode("latin-1"),
            "REQUEST_SCHEME": "http",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.multithread": int(threads) > 1,
            "wsgi.multiprocess": int(workers) > 1,
            "wsgi.run_once": False,
            "wsgi.file_wrapper": FileWrapper,
            "wsgi.input_terminated": True,
        }
        receive_lanes(lambda sock, number, client: run_lane(sock, number, app, base))
    leave()


main(3, *sys.argv[1:])
