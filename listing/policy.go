package listing

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"strings"
)

//go:embed page.css
var styleSource string

//go:embed page.js
var scriptSource string

//go:embed change.css
var changeStyleSource string

//go:embed change.js
var changeScriptSource string

//go:embed upload.css
var uploadStyleSource string

//go:embed upload.js
var uploadScriptSource string

//go:embed upload_sheet.js
var sheetScriptSource string

//go:embed upload_choice.js
var choiceScriptSource string

// The parts of the page's style and script. What only some folders need is not
// sent with the others.
var (
	pageStyle    = newInline(styleSource)
	pageScript   = newInline(scriptSource)
	changeStyle  = newInline(changeStyleSource)
	changeScript = newInline(changeScriptSource)
	uploadStyle  = newInline(uploadStyleSource)
	uploadScript = newInline("'use strict';\n{\n" + uploadScriptSource + sheetScriptSource + choiceScriptSource + "}\n")
)

// inline is an element of style or script that the policy knows.
type inline struct {
	text string
	hash string // as a source of the policy
}

// CSS returns the text for an element of style.
func (i inline) CSS() template.CSS { return template.CSS(i.text) }

// JS returns the text for an element of script.
func (i inline) JS() template.JS { return template.JS(i.text) }

func newInline(source string) inline {
	text := strip(source)
	sum := sha256.Sum256([]byte(text))
	return inline{text, "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"}
}

// inlines returns the parts that the page of the folder is made of.
func inlines(f *Folder) (styles, scripts []inline) {
	styles = []inline{pageStyle}
	if !f.DropBox {
		scripts = append(scripts, pageScript)
		if f.Changes.MakeFolder || f.Changes.choose() {
			styles = append(styles, changeStyle)
		}
		if f.Changes.choose() {
			scripts = append(scripts, changeScript)
		}
	}
	if f.Changes.Upload || f.DropBox {
		styles = append(styles, uploadStyle)
	}
	if f.Changes.Upload {
		scripts = append(scripts, uploadScript)
	}
	return styles, scripts
}

// choose reports whether entries are chosen for a change.
func (c Changes) choose() bool { return c.Delete || c.Move }

// ContentSecurityPolicy returns the policy that the page of the folder keeps:
// its own style and script, and nothing from elsewhere. Images of data: are the
// icons in the style; frames are PDF files, connections text files and uploads.
func ContentSecurityPolicy(folder *Folder) string {
	styles, scripts := inlines(folder)
	return "default-src 'none'; script-src " + sources(scripts) + "; style-src " + sources(styles) +
		"; img-src 'self' data:; media-src 'self'; frame-src 'self'; connect-src 'self'" +
		"; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
}

// sources returns the parts as sources of the policy.
func sources(parts []inline) string {
	if len(parts) == 0 {
		return "'none'"
	}
	var b strings.Builder
	for i, part := range parts {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(part.hash)
	}
	return b.String()
}

// strip leaves out indentation, empty lines, and comments that take whole
// lines.
func strip(source string) string {
	var b strings.Builder
	for line := range strings.Lines(source) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "//") || strings.HasPrefix(line, "/*") && strings.HasSuffix(line, "*/") {
			continue
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}
