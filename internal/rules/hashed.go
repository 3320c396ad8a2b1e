package rules

import (
	"slices"
	"strings"
)

// Immutable reports whether a file of this name never has other content,
// because build tools name it by a hash of what it has. It is of use where an
// answer may be kept for a year: a name that only looks so would be wrong for
// as long, so of doubtful names it reports false.
//
// It knows what vite, rollup, astro, webpack, parcel, esbuild, Angular, Django
// and Rails write, and the folders in which Next.js and SvelteKit have nothing
// else.
func Immutable(name string) bool {
	folder, base := "", name
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		folder, base = "/"+name[:i+1], name[i+1:]
	}
	stem, extension, ok := cutExtension(base)
	if !ok {
		return false
	}
	if strings.Contains(folder, "/_next/static/") && !strings.Contains(folder, "/_next/static/development/") ||
		strings.Contains(folder, "/_app/immutable/") {
		return true
	}
	for _, suffix := range []string{".chunk", ".min", ".bundle", ".module"} {
		stem = strings.TrimSuffix(stem, suffix)
	}
	if strings.HasSuffix(folder, "/_nuxt/") && len(stem) == 8 && isMixed(stem) {
		return true
	}
	return endsInHex(stem) || endsInEight(stem, extension)
}

// assets are the extensions of files that pages refer to by their full name.
// Pages themselves are not among them.
var assets = []string{
	"avif", "bmp", "css", "cur", "eot", "flac", "gif", "glb", "ico", "jpeg", "jpg", "js", "json", "m4a", "map", "mjs", "mp3",
	"mp4", "ogg", "opus", "otf", "png", "svg", "ttf", "wasm", "wav", "webm", "webp", "woff", "woff2",
}

// cutExtension cuts the extension of an asset; of a source map both.
func cutExtension(base string) (stem, extension string, ok bool) {
	i := strings.LastIndexByte(base, '.')
	if i < 0 {
		return "", "", false
	}
	stem, extension = base[:i], strings.ToLower(base[i+1:])
	if extension == "map" {
		if s, inner, ok := cutExtension(stem); ok && inner != "map" {
			return s, inner, true
		}
	}
	_, ok = slices.BinarySearch(assets, extension)
	return stem, extension, ok
}

// endsInHex reports whether a stem ends in a hash of 8 digits or more, as in
// "main.3f2504e0", or is one of 16 or more.
func endsInHex(stem string) bool {
	i := len(stem)
	for i > 0 && isLowerHex(stem[i-1]) {
		i--
	}
	digits := stem[i:]
	switch {
	case len(digits) > 64 || changes(digits) < 2: // "20260711", "deadbeef", "facade01"
		return false
	case i == 0:
		return len(digits) >= 16
	case stem[i-1] == '.' || stem[i-1] == '-' || stem[i-1] == '~':
		return len(digits) >= 8 && !isUUID(stem)
	case stem[i-1] == '_':
		return len(digits) >= 16
	}
	return false
}

func isLowerHex(c byte) bool { return isDigit(c) || 'a' <= c && c <= 'f' }

// changes counts where digits follow letters, or letters digits.
func changes(s string) (n int) {
	for i := 1; i < len(s); i++ {
		if isDigit(s[i-1]) != isDigit(s[i]) {
			n++
		}
	}
	return n
}

// isUUID reports whether s ends in a UUID, which tells files apart, and not
// their content.
func isUUID(s string) bool {
	const length = 36
	if len(s) < length {
		return false
	}
	s = s[len(s)-length:]
	return s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-'
}

// endsInEight reports whether a stem ends in a hash of 8 characters in base 32
// or 64, which may hold the "-" that is before it in the stem.
func endsInEight(stem, extension string) bool {
	i := len(stem) - 8
	if i < 2 || stem[i-1] != '-' && stem[i-1] != '.' {
		return false
	}
	if hash := stem[i:]; isBase32(hash) {
		return isDrawn(hash, stem[:i-1], extension)
	}
	return isMixed(stem[i:])
}

// isBase32 reports whether s is of the alphabet of esbuild and Angular.
func isBase32(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'A' || c > 'Z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

// isDrawn reports whether a hash in base 32 is no word in capitals, no number,
// and not one after the other. Where it could be, the name before it has to be
// one that the tools give.
func isDrawn(hash, before, extension string) bool {
	letters := strings.Trim(hash, "234567")
	if letters == "" || changes(hash) > 1 {
		return letters != ""
	}
	strange := strangeness(letters)
	tools := []string{"chunk", "common", "main", "polyfills", "runtime", "scripts", "styles", "vendor", "worker"}
	if slices.Contains([]string{"css", "js", "mjs"}, extension) && slices.Contains(tools, before) {
		return len(letters) < len(hash) || strange > 0
	}
	return strange >= 3 || strange >= 2 && len(letters) < len(hash)
}

// isMixed reports whether s is a hash in base 64, as used in URLs, and not words
// in camel case: capitals, small letters and digits change as often as no words
// let them, or letters follow each other that are not neighbours in words.
func isMixed(s string) bool {
	var pieces, letters, strange int
	var upper, lower bool
	for rest := s; rest != ""; {
		piece := rest[:pieceLength(rest)]
		rest = rest[len(piece):]
		switch c := piece[0]; {
		case isDigit(c):
			pieces++
			if strings.HasPrefix(rest, "x") && len(rest) > 1 && isDigit(rest[1]) {
				return false // a size: "16x16"
			}
			continue
		case c == '-' || c == '_':
			continue
		case !isLetter(c):
			return false
		}
		pieces++
		letters += len(piece)
		last := piece[len(piece)-1]
		upper, lower = upper || piece[0] <= 'Z', lower || last >= 'a'
		if last >= 'a' || len(piece) > 4 { // no acronym
			strange += strangeness(piece)
		}
	}
	switch {
	case !upper || !lower:
		return false
	case pieces >= 4:
		return letters >= 4
	case pieces < 2:
		return false
	}
	return strange >= 4-pieces
}

// pieceLength returns the length of what s begins with: a number, a word that
// may begin with a capital, capitals, or another character.
func pieceLength(s string) int {
	class := func(c byte) byte {
		switch {
		case isDigit(c):
			return '0'
		case 'A' <= c && c <= 'Z':
			return 'A'
		case 'a' <= c && c <= 'z':
			return 'a'
		}
		return c
	}
	first := class(s[0])
	if first != '0' && first != 'A' && first != 'a' {
		return 1
	}
	n := 1
	if first == 'A' && n < len(s) && class(s[n]) == 'a' {
		first = 'a'
	}
	for n < len(s) && class(s[n]) == first {
		n++
	}
	if first == 'A' && n < len(s) && class(s[n]) == 'a' {
		n-- // the last capital begins a word
	}
	return n
}

// strangeness counts the neighbours in a word that are none in English, and
// the consonants that do not begin a word together.
func strangeness(word string) (n int) {
	word = strings.ToLower(word)
	for i := 1; i < len(word); i++ {
		if strings.IndexByte(followers[word[i-1]-'a'], word[i]) < 0 {
			n++
		}
	}
	const vowels = "aeiouy"
	if len(word) > 2 && !strings.ContainsAny(word[:2], vowels) && !strings.Contains(onsets, word[:2]) {
		n++
	}
	return n
}

// onsets are pairs of consonants that begin words.
const onsets = "bl br ch cl cr dr dw fl fr gh gl gn gr kl kn kr ph pl pr ps rh sc sh sk sl sm sn sp sq st sv sw th tr ts tw vl wh wr"

// followers are the letters that follow each letter in words, of some 9,000
// words those that do so in 8 of them or more.
var followers = [26]string{
	"bcdfgiklmnprstuvwxy", "abcdefijloprstuy", "acdefghiklmnoprstuvy", "acdefgijlmnoprstuvwy", "abcdefghiklmnopqrstuvwxy",
	"acdefhiloprstuy", "aceghilmnoprstu", "adefilmorstuy", "abcdefgklmnoprstvxz", "aeosu", "aefgiklnpst", "abcdefgikloprstuvwy",
	"abcdefiklmopstuy", "abcdefghiklmnopqrstuvwy", "abcdefgiklmnoprstuvwx", "acdeghikloprstuy", "u", "abcdefgiklmnoprstuvwy",
	"abcdefghiklmnopqrstuwy", "abcdefghilmoprstuwxy", "abcdefgilmnoprstxz", "aceimos", "aehinors", "aceiptvx", "ceilmnopstz", "aeioz",
}
