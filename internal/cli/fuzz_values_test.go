package cli

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// FuzzEnvironment holds that a variable means what the flag of its name does.
func FuzzEnvironment(f *testing.F) {
	var names []string
	for flag := range allFlags() {
		if !flag.once && flag.name != "port" && flag.name != "directory" {
			names = append(names, flag.name)
		}
	}
	slices.Sort(names)
	values := []string{"1", "0", "a=b", "/x=wsgi:a", "60,stale-while-revalidate=5", "500M", "X: y", "ann:secret"}
	for i := range names {
		f.Add(uint8(i), values[i%len(values)])
	}
	f.Fuzz(func(t *testing.T, which uint8, value string) {
		name := names[int(which)%len(names)]
		if value == "" || strings.ContainsAny(value, "\r\n") { // not set, or several
			return
		}
		byVariable, err := parse(nil, func(variable string) string {
			if variable == variableName(name) {
				return value
			}
			return ""
		})
		byFlag, flagErr := parse([]string{"--" + name + "=" + value}, func(string) string { return "" })
		if (err == nil) != (flagErr == nil) {
			t.Fatalf("%s of %q: %v, but by flag %v", name, value, err, flagErr)
		}
		if err != nil {
			if !strings.Contains(err.Error(), variableName(name)) || strings.HasPrefix(err.Error(), "failed to") {
				t.Fatalf("%s of %q: %v", name, value, err)
			}
			return
		}
		if !reflect.DeepEqual(byVariable, byFlag) {
			t.Fatalf("%s of %q: %+v, but by flag %+v", name, value, byVariable, byFlag)
		}
	})
}

var (
	cacheForm = regexp.MustCompile(`^(no-store|no-cache|max-age=[1-9][0-9]{0,9}(, stale-(while-revalidate|if-error)=[0-9]{1,10}){0,2})?$`)
	sizeForm  = regexp.MustCompile(`^[0-9]{1,9}[KMGT]?$`)
)

// FuzzCache holds that what is sent of a cache is made of what is known, in the
// form that RFC 9111 has.
func FuzzCache(f *testing.F) {
	for _, value := range []string{"60", "-1", "0", "auto", "auto,60", "60,stale-while-revalidate=600,stale-if-error=0", "60,auto", "auto,stale-if-error=1", "60,stale-if-error=1,stale-if-error=2", "60, stale-if-error = 5", "+5", "0,stale-if-error=5", ",", "2147483648"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		var c Config
		if err := c.setCache(value); err != nil {
			return
		}
		if !cacheForm.MatchString(c.Cache) || c.Cache == "" && !c.CacheNames || c.CacheNames != strings.HasPrefix(strings.TrimLeft(value, " "), "auto") {
			t.Fatalf("%q is %q, %t", value, c.Cache, c.CacheNames)
		}
		if strings.Count(c.Cache, "stale-if-error") > 1 || strings.Count(c.Cache, "stale-while-revalidate") > 1 {
			t.Fatalf("%q is %q", value, c.Cache)
		}
		again := c
		if err := again.setCache(value); err != nil || !reflect.DeepEqual(again, c) {
			t.Fatalf("%q is %q, and then %q: %v", value, c.Cache, again.Cache, err)
		}
	})
}

// FuzzSize holds that a size is one that a file can have, and grows with its unit.
func FuzzSize(f *testing.F) {
	for _, value := range []string{"500M", "2g", "1.5KiB", "1e3", "inf", "nan", "0", "-1", "0x10", "1T", "B", "9e18", "4611686018427387904", "1 K"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		size, err := parseSize(value)
		if err != nil {
			if sizeForm.MatchString(value) && strings.Trim(value, "0KMGT") != "" && len(value) < 7 {
				t.Fatalf("%q: %v", value, err)
			}
			return
		}
		if size < 1 || size >= 1<<62 {
			t.Fatalf("%q is %d", value, size)
		}
		if sizeForm.MatchString(value) && strings.Trim(value, "0123456789") == "" {
			if larger, err := parseSize(value + "K"); err != nil || larger != size<<10 {
				t.Fatalf("%q is %d, and with K %d: %v", value, size, larger, err)
			}
			if again, err := parseSize(fmt.Sprint(size)); err != nil || again != size {
				t.Fatalf("%q is %d, and that %d: %v", value, size, again, err)
			}
		}
	})
}

// FuzzHandler holds that a handler is taken for what it says, below a path.
func FuzzHandler(f *testing.F) {
	for _, value := range []string{"/api=wsgi:app", "http://localhost:9000", "cgi:x.py", "/=unix:/s", "/a/b/=http+unix://x:/y", "wsgi:", "9000", "a=b", "/api", "handler:f.py:C", "/a=b=http://x"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		h, err := parseHandler(value)
		if err != nil {
			return
		}
		if h.Spec == "" || h.Kind == "" || h.Prefix != "" && (h.Prefix[0] != '/' || strings.HasSuffix(h.Prefix, "/") || strings.Contains(h.Prefix, "=")) {
			t.Fatalf("%q is %+v", value, h)
		}
		again := h.Spec
		if h.Kind != Forward {
			again = string(h.Kind) + ":" + again
		}
		if strings.HasPrefix(value, "/") {
			again = h.Prefix + "/=" + again
		}
		if other, err := parseHandler(again); err != nil || other != h {
			t.Fatalf("%q is %+v, and by %q %+v: %v", value, h, again, other, err)
		}
	})
}
