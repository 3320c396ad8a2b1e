#!/usr/bin/python3
print("Content-Type: text/plain\nContent-Length: 18\n\nhello from python")
