#!/usr/bin/env python3
"""A guest book as one wrote it in 1999."""

import cgi
import http.cookies
import os
import sys

form = cgi.FieldStorage()
cookies = http.cookies.SimpleCookie(os.environ.get("HTTP_COOKIE", ""))
visits = int(cookies["visits"].value) + 1 if "visits" in cookies else 1

if os.environ.get("PATH_INFO") == "/old":
    print("Status: 303 See Other")
    print("Location: %s/new" % os.environ["SCRIPT_NAME"])
    print()
    sys.exit()
if os.environ.get("PATH_INFO") == "/missing":
    print("Status: 404 No Such Guest")
print("Content-Type: text/html; charset=utf-8")
print("Set-Cookie: visits=%d" % visits)
print()
sys.stdout.flush()
if "file" in form:
    text = "%s: %d bytes, %s" % (form["file"].filename, len(form["file"].file.read()), form.getfirst("note"))
else:
    text = "%s likes %s" % (form.getfirst("name", "nobody"), form.getfirst("color", "nothing"))
sys.stdout.buffer.write(text.encode())
