#!/bin/sh
# Takes what a hook of another server sends.
printf 'Status: 202 Accepted\nContent-Type: application/json\nX-Event: %s\n\n' "$HTTP_X_EVENT"
printf '{"path": "%s", "content": %s}' "$PATH_INFO" "$(cat)"
