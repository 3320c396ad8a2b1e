#!/bin/sh
# Shows what a program of the Common Gateway Interface is told.
cat <<END
Content-Type: text/plain

$REQUEST_METHOD $SCRIPT_NAME
path $PATH_INFO
query $QUERY_STRING
cookie $HTTP_COOKIE
server $SERVER_NAME, $SERVER_PROTOCOL, $GATEWAY_INTERFACE
END
