package auth

import (
	"fmt"
	"net/http"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// FuzzSpec holds that a user is what was written, and that nothing shows the
// secret.
func FuzzSpec(f *testing.F) {
	for _, value := range []string{"ann:secret", "ann", "@users", "@", ":", "a:", ":b", "ann:$2y$05$x", "a:b:c", "\x00:b", "é:ü", "a\u0085", "\xff:x", strings.Repeat("x", 800)} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		s, err := ParseSpec(value)
		if err != nil {
			if _, secret, _ := strings.Cut(value, ":"); len(secret) > 8 && strings.Contains(err.Error(), secret) {
				t.Fatalf("%q is shown: %v", secret, err)
			}
			return
		}
		again := s.Name
		switch {
		case s.File != "":
			again = "@" + s.File
		case s.Secret != "":
			again += ":" + s.Secret
		}
		if again != value || (s.File == "") == (s.Name == "") {
			t.Fatalf("%q is %q", value, again)
		}
		for _, shown := range []string{fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q", s, s, s, s, s)} {
			if len(s.Secret) > 8 && !strings.Contains(s.Name, s.Secret) && strings.Contains(shown, s.Secret) {
				t.Fatalf("%q is shown as %q", s.Secret, shown)
			}
		}
	})
}

// FuzzHash makes a line as a program for passwords does, and holds that it lets
// in who has the password, and nobody else.
func FuzzHash(f *testing.F) {
	for kind := range uint8(4) {
		f.Add(kind, "secret", "saltsalt", uint16(0))
		f.Add(kind, "", "a", uint16(7))
		f.Add(kind, "ä\x00\xff", "./!#%&'*+,-9;<=>~", uint16(1))
		f.Add(kind, strings.Repeat("long", 40), "rounds=1", uint16(3))
	}
	f.Fuzz(func(t *testing.T, kind uint8, password, salt string, rounds uint16) {
		if len(password) > 200 || salt == "" || strings.Trim(salt, saltChars) != "" {
			return
		}
		crypter, setting, most := apr1Crypt, "$apr1$", 8
		switch kind % 3 {
		case 1:
			crypter, setting, most = sha256Crypt, "$5$", 16
		case 2:
			crypter, setting, most = sha512Crypt, "$6$", 16
		}
		if kind%3 != 0 && rounds != 0 {
			setting += "rounds=" + strconv.Itoa(1000+int(rounds%50)) + "$"
		}
		if len(salt) > most || strings.HasPrefix(salt, "rounds=") {
			return
		}
		line, err := crypter.Generate([]byte(password), []byte(setting+salt))
		if err != nil {
			return
		}
		h, err := parseHash(line)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if !h.matches(password) || h.matches(password+"x") || password != "" && h.matches(password[1:]) {
			t.Fatalf("%q of %q lets in %t, %t", line, password, h.matches(password), h.matches(password+"x"))
		}
	})
}

const saltChars = "!\"#%&'()*+,-./0123456789;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"

// FuzzFile holds that a file has no more users than lines with a colon, and that
// no error shows a hash.
func FuzzFile(f *testing.F) {
	f.Add("# remark\n\n" + annLine + "\r\n" + bobLine)
	f.Add("\ufeff" + annLine + ":remark\n" + annLine)
	f.Add("ann:$apr1$SECRETSECRET\nbob")
	f.Add(" \t\n\x00:\n")
	f.Fuzz(func(t *testing.T, text string) {
		users, err := parseFile("F", text)
		if (err == nil) != (len(users) > 0) || len(users) > strings.Count(text, ":") {
			t.Fatalf("%q has %d users, %v", text, len(users), err)
		}
		for name, h := range users {
			if name == "" || h == nil || !isPlain(name) || !strings.Contains(text, name+":") {
				t.Fatalf("%q has the user %q", text, name)
			}
		}
		if err == nil {
			return
		}
		for line := range strings.Lines(text) {
			name, secret, _ := strings.Cut(strings.TrimSpace(line), ":")
			if len(secret) > 8 && !strings.Contains(name, secret) && strings.Contains(err.Error(), secret) {
				t.Fatalf("%q is shown: %v", secret, err)
			}
		}
	})
}

// FuzzHostGate compares the gate with a reading of Host by a regular expression.
func FuzzHostGate(f *testing.F) {
	for _, host := range []string{
		"localhost", "a.localhost:80", "[::1]:8000", "127.0.0.1", "evil.example", "localhost.evil.example", "[::1", "::1", "x:y", "LOCALHOST.", "..localhost", "[127.0.0.1]", "[fe80::1%eth0]", "localhost:", "localhost:80:80", "nas.example", "a.nas.example", "notlocalhost", "a.localhost:x",
	} {
		f.Add(host)
	}
	gate := HostGate([]string{"nas.example"})
	f.Fuzz(func(t *testing.T, host string) {
		if got := gate(&http.Request{Host: host}) == nil; got != isOwnByTheBook(host) {
			t.Fatalf("%q is let by: %t", host, got)
		}
	})
}

var hostForm = regexp.MustCompile(`^(?:\[([^\]]*)\]|([^:\[][^:]*)?)(?::[0-9]*)?$`)

func isOwnByTheBook(host string) bool {
	m := hostForm.FindStringSubmatch(host)
	switch {
	case host == "":
		return true
	case m == nil:
		return false
	case strings.HasPrefix(host, "["):
		a, err := netip.ParseAddr(m[1])
		return err == nil && a.Is6()
	}
	name := strings.ToLower(strings.TrimSuffix(m[2], "."))
	_, err := netip.ParseAddr(name)
	return err == nil || name == "localhost" || name == "nas.example" || strings.HasSuffix(name, ".localhost") && name != ".localhost"
}

// FuzzAddress holds that guesses are counted for networks which their address is
// in, as wide as they are meant to be.
func FuzzAddress(f *testing.F) {
	for _, remote := range []string{"192.0.2.1:80", "[2001:db8::1]:80", "[::ffff:192.0.2.1]:80", "[fe80::1%eth0]:80", "@", "", "192.0.2.1"} {
		f.Add(remote)
	}
	f.Fuzz(func(t *testing.T, remote string) {
		a := address(remote)
		list := networks(a)
		if len(list) == 0 || nameOf(a) == "" {
			t.Fatalf("%q: %v, %q", remote, list, nameOf(a))
		}
		for _, network := range list {
			switch bits := network.Bits(); {
			case !a.IsValid():
				if network.IsValid() {
					t.Fatalf("%q is counted for %v", remote, network)
				}
			case !network.Contains(a.WithZone("")), a.Is4() && bits != 32, a.Is6() && bits != 64 && bits != 48:
				t.Fatalf("%q is counted for %v", remote, network)
			}
		}
	})
}
