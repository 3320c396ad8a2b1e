package rules

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The oracle is slow and obvious: a regular expression for each line, tried one
// after the other.

type oracleRule struct {
	expression *regexp.Regexp
	query      map[string]string
	to         string
	rewrite    bool
	splatLast  bool
}

func newOracle(line string) oracleRule {
	words := strings.Fields(line)
	from, status := words[0], words[len(words)-1]
	r := oracleRule{to: words[len(words)-2], query: map[string]string{}, rewrite: status == "200", splatLast: strings.HasSuffix(from, "*")}
	for _, word := range words[1 : len(words)-2] {
		name, value, _ := strings.Cut(word, "=")
		r.query[name] = value
	}
	r.expression = regexp.MustCompile("^" + expression(from) + "$")
	return r
}

var gap = regexp.MustCompile(`\*|:\w+`)

// expression matches paths without a slash at the end, in which an encoded
// slash is a "|".
func expression(from string) string {
	var b strings.Builder
	for _, segment := range strings.Split(strings.Trim(from, "/"), "/") {
		if segment == "" {
			continue
		}
		if segment == "*" && strings.Index(from, "*") == len(from)-1 {
			b.WriteString("(?:/(?P<splat>.*))?")
			continue
		}
		b.WriteByte('/')
		rest := segment
		for _, at := range gap.FindAllString(segment, -1) {
			before, after, _ := strings.Cut(rest, at)
			b.WriteString(regexp.QuoteMeta(decode(before)))
			if rest = after; at == "*" {
				b.WriteString("(?P<splat>.*)")
			} else {
				b.WriteString("(?P<" + at[1:] + ">[^/]+)")
			}
		}
		b.WriteString(regexp.QuoteMeta(decode(rest)))
	}
	return b.String()
}

func decode(s string) string {
	s, err := url.PathUnescape(strings.ReplaceAll(strings.ReplaceAll(s, "%2F", "|"), "%2f", "|"))
	if err != nil {
		panic(err)
	}
	return s
}

// match returns what the rule says, as show writes it.
func (r *oracleRule) match(path, query string) (string, bool) {
	var segments []string
	for _, segment := range strings.Split(path, "/") {
		switch segment = decode(segment); {
		case segment == "..":
			segments = segments[:len(segments)-1]
		case segment != "" && segment != ".":
			segments = append(segments, segment)
		}
	}
	whole := strings.Join(segments, "/")
	slash := ""
	if last := decode(path[strings.LastIndex(path, "/")+1:]); last == "" || last == "." || last == ".." {
		slash = "/"
	}
	if whole != "" {
		whole = "/" + whole
	}
	found := r.expression.FindStringSubmatch(whole)
	if found == nil {
		return "", false
	}
	given := url.Values{}
	if len(r.query) > 0 {
		given, _ = url.ParseQuery(query)
		if len(given) != len(r.query) {
			return "", false
		}
	}
	values := map[string]string{}
	for i, name := range r.expression.SubexpNames() {
		if name == "" {
			continue
		}
		values[name] = found[i]
		if name == splat && found[i] != "" && r.splatLast {
			values[name] += slash
		}
	}
	for name, want := range r.query {
		value := given[name]
		if len(value) != 1 || want[0] != ':' && value[0] != want || value[0] == "" {
			return "", false
		}
		if want[0] == ':' {
			values[want[1:]] = value[0]
		}
	}
	to := gap.ReplaceAllStringFunc(r.to, func(name string) string { return values[name[1:]] })
	to = regexp.MustCompile("/+").ReplaceAllString(to, "/")
	if strings.TrimSuffix(to, "/") == whole && (r.rewrite || len(r.query) == 0) { // no target has a query here
		return "", false
	}
	to = strings.ReplaceAll(strings.ReplaceAll(to, "%", "%25"), "|", "%2F")
	if query != "" && len(r.query) == 0 {
		to += "?" + query
	}
	if r.rewrite {
		return "200 " + to, true
	}
	return "301 " + to, true
}

// TestMatchOracle holds the tree against the oracle, on random files and paths.
func TestMatchOracle(t *testing.T) {
	t.Parallel()
	hits := 0
	for seed := range uint64(500) {
		random := rand.New(rand.NewPCG(seed, 7))
		var lines []string
		for range 1 + random.IntN(40) {
			lines = append(lines, randomRule(random))
		}
		rs, faults := ParseRedirects("r", []byte(strings.Join(lines, "\n")), nil)
		var oracle []oracleRule
		for i, line := range lines {
			if !slices.ContainsFunc(faults, func(f Fault) bool { return f.Line == i+1 }) {
				oracle = append(oracle, newOracle(line))
			}
		}
		for _, f := range faults {
			if !strings.HasPrefix(f.Text, "the rule leads to itself") && !strings.HasPrefix(f.Text, "the rule is never used") {
				t.Fatalf("%s\n%v", lines[f.Line-1], f)
			}
		}
		for range 40 {
			path, query := randomPath(random), randomQuery(random)
			want := "-"
			for _, r := range oracle {
				if said, ok := r.match(path, query); ok {
					want = said
					break
				}
			}
			if want != "-" {
				hits++
			}
			if got := show(rs.Match(path, query)); got != want {
				t.Fatalf("seed %d: %s?%s is %s, want %s of\n%s", seed, path, query, got, want, strings.Join(lines, "\n"))
			}
		}
	}
	if hits < 5000 {
		t.Errorf("only %d of 20000 requests have a rule", hits)
	}
}

func pick(random *rand.Rand, words string) string {
	all := strings.Fields(words)
	return all[random.IntN(len(all))]
}

func randomRule(random *rand.Rand) string {
	var from, names []string
	for i := range random.IntN(4) {
		segment := strings.ReplaceAll(pick(random, "a b aa %61 a%2Fb :x :x :xb a:x :x-:y %25a"), ":", fmt.Sprintf(":n%d", i))
		for _, name := range gap.FindAllString(segment, -1) {
			names = append(names, name[1:])
		}
		from = append(from, segment)
	}
	if random.IntN(3) == 0 {
		from = append(from, strings.Fields(pick(random, "* * * a* *b a*b */b *a/b"))...)
		names = append(names, splat)
	}
	words := []string{"/" + strings.Join(from, "/")}
	if random.IntN(3) == 0 {
		for _, name := range strings.Fields(pick(random, "p q p,q"))[:1] {
			for name := range strings.SplitSeq(name, ",") {
				value := pick(random, "1 2 :v")
				if value == ":v" {
					value += name
					names = append(names, value[1:])
				}
				words = append(words, name+"="+value)
			}
		}
	}
	to := "/"
	for range random.IntN(4) {
		if to += pick(random, "a b t / "); len(names) > 0 && random.IntN(2) == 0 {
			to += ":" + names[random.IntN(len(names))] + pick(random, "/ -")
		} else if random.IntN(2) == 0 {
			to += "/"
		}
	}
	if strings.HasPrefix(to, "//") {
		to = "/t" + to
	}
	return strings.Join(append(words, to, pick(random, "200 301")), " ")
}

func randomPath(random *rand.Rand) string {
	var b strings.Builder
	depth := 0
	for range random.IntN(6) {
		b.WriteByte('/')
		segment := pick(random, "a a b aa ab ba a-b %61 a%2fb %25a . .. %2E")
		if segment == ".." {
			if depth--; depth < 0 {
				segment = "b"
			}
		}
		if segment != ".." && segment != "." && segment != "%2E" {
			depth = max(depth, 0) + 1
		}
		b.WriteString(segment)
	}
	return b.String() + pick(random, "/ // /a /b")
}

func randomQuery(random *rand.Rand) string {
	return strings.Trim(pick(random, "- - - p=1 p=2 q=1 q=1&p=2 p=1&p=1 p=3&q=4 x=1 p=1&x=2"), "-")
}

// TestFieldsOracle holds that fields are those of the lines that match.
func TestFieldsOracle(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		random := rand.New(rand.NewPCG(seed, 8))
		var file []string
		var expressions []*regexp.Regexp
		for i := range 1 + random.IntN(30) {
			var segments []string
			for range random.IntN(4) {
				segments = append(segments, pick(random, "a b aa %61 a%2Fb * * a* *b *a*"))
			}
			from := "/" + strings.Join(segments, "/")
			file = append(file, from, fmt.Sprintf("X: %d", i))
			expressions = append(expressions, regexp.MustCompile("^"+strings.ReplaceAll(expression(from), "?P<splat>", "?:")+"$"))
		}
		h, faults := ParseHeaders("h", []byte(strings.Join(file, "\n")))
		if faults != nil {
			t.Fatal(faults)
		}
		for range 30 {
			path := randomPath(random)
			if hasDots([]byte(strings.ReplaceAll(path, "%2E", "."))) {
				continue
			}
			plain := strings.TrimSuffix(regexp.MustCompile("/+").ReplaceAllString(decode(path), "/"), "/")
			var values []string
			for i, e := range expressions {
				if e.MatchString(plain) {
					values = append(values, fmt.Sprint(i))
				}
			}
			got := ""
			for _, f := range h.Fields(path) {
				got += f.Value
			}
			if want := strings.Join(values, ", "); got != want {
				t.Fatalf("seed %d: %s has %q, want %q of\n%s", seed, path, got, want, strings.Join(file, "\n"))
			}
		}
	}
}
