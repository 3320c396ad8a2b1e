#!/bin/sh
printf 'Content-Type: text/plain\n\n'
echo one
sleep 0.5
echo two
