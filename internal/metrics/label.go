package metrics

// other is the label of what is not known.
const other = "other"

// classes are the labels of a status by its first digit.
var classes = [...]string{1: "1xx", 2: "2xx", 3: "3xx", 4: "4xx", 5: "5xx"}

// classOf returns the label of a status. There is none if a handler gave up.
func classOf(status int) string {
	if status < 100 || status > 599 {
		return other
	}
	return classes[status/100]
}

// methodOf returns the label of a method: those of RFC 9110, PATCH, and those of
// WebDAV (RFC 4918).
func methodOf(method string) string {
	switch method {
	case "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
		"PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK":
		return method
	}
	return other
}
