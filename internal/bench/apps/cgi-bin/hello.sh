#!/bin/sh
printf 'Content-Type: text/plain\nContent-Length: 14\n\nhello from sh\n'
