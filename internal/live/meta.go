package live

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
)

func attribute(attributes []html.Attribute, key string) string {
	for _, a := range attributes {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// isPragma reports whether a meta element stands for this field.
func isPragma(attributes []html.Attribute, name string) bool {
	return strings.EqualFold(strings.TrimSpace(attribute(attributes, "http-equiv")), name)
}

// declaresCharset reports whether a meta element tells the charset.
func declaresCharset(attributes []html.Attribute) bool {
	return attribute(attributes, "charset") != "" ||
		isPragma(attributes, "Content-Type") && strings.Contains(strings.ToLower(attribute(attributes, "content")), "charset")
}

// admitMeta returns a meta element whose policy allows the script, "" if it
// does so as it is, or is none.
func admitMeta(attributes []html.Attribute) string {
	if !isPragma(attributes, "Content-Security-Policy") {
		return ""
	}
	var b strings.Builder
	b.WriteString("<meta")
	isEdited := false
	for _, a := range attributes {
		value := a.Val
		if a.Key == "content" {
			value = admitted(value)
			isEdited = value != a.Val
		}
		b.WriteString(" " + a.Key + `="` + escapeAttribute.Replace(value) + `"`)
	}
	b.WriteByte('>')
	if !isEdited || !isASCII(b.String()) { // a policy is ASCII, and the charset not known here
		return ""
	}
	return b.String()
}

var escapeAttribute = strings.NewReplacer("&", "&amp;", `"`, "&quot;")

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}
