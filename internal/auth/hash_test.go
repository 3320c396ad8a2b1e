package auth

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gserve/gserve/internal/exchange"
)

// passwords are tried with every kind of hash.
var passwords = []string{"secret", "x", "correct horse battery staple, and some more of it", "pässwörd €", `a:b"c\d$e`}

// verifies has a hash match its password and nothing near it.
func verifies(t *testing.T, text, password string) {
	t.Helper()
	h, err := parseHash(text)
	if err != nil {
		t.Errorf("%s: %v", text, err)
		return
	}
	if !h.matches(password) {
		t.Errorf("%s does not match %q", text, password)
	}
	for _, wrong := range []string{"", password + "x", password[1:], strings.ToUpper(password), "y" + password[1:]} {
		if wrong != password && h.matches(wrong) {
			t.Errorf("%s matches %q, and is of %q", text, wrong, password)
		}
	}
}

// TestHtpasswdProgram verifies what Apache's own program makes.
func TestHtpasswdProgram(t *testing.T) {
	t.Parallel()
	program := exchange.Program(t, "htpasswd")
	for _, flags := range []string{"-B", "-BC5", "-m", "-s", "-2", "-5", "-5r20000"} {
		t.Run(flags, func(t *testing.T) {
			t.Parallel()
			for _, password := range passwords {
				name := filepath.Join(t.TempDir(), "users")
				args := []string{"-cb", flags, name, "ann", password}
				if rounds, ok := strings.CutPrefix(flags, "-5r"); ok {
					args = []string{"-cb5", "-r", rounds, name, "ann", password}
				}
				if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
					t.Skipf("htpasswd %s: %s", flags, out)
				}
				f, err := openFile(name)
				if err != nil {
					t.Fatal(err)
				}
				if !f.users["ann"].matches(password) || f.users["ann"].matches(password+"x") {
					t.Errorf("htpasswd %s made of %q what does not match it", flags, password)
				}
			}
		})
	}
}

// TestOpenSSLProgram verifies what openssl makes, with salts of all lengths.
func TestOpenSSLProgram(t *testing.T) {
	t.Parallel()
	program := exchange.Program(t, "openssl")
	for _, flag := range []string{"-apr1", "-5", "-6"} {
		t.Run(flag, func(t *testing.T) {
			t.Parallel()
			for i, password := range passwords {
				salt := strings.Repeat("aZ./", 4)[:[]int{1, 4, 7, 8, 16}[i]] // -apr1 takes 8 of them
				out, err := exec.Command(program, "passwd", flag, "-salt", salt, password).Output()
				if err != nil {
					t.Fatal(err)
				}
				verifies(t, strings.TrimSpace(string(out)), password)
			}
		})
	}
}

// TestHash verifies hashes that other programs made.
func TestHash(t *testing.T) {
	t.Parallel()
	tests := []struct{ hash, password string }{
		{"$2y$05$bWBMg3oUStnhfy5rFvoyreviPySU6hvEmBub5wIlM/D.c5FeYJQ6O", "bar"},
		{"$apr1$lZL6V/ci$eIMz/iKDkbtys/uU7LEK00", "password"},
		{"{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "password"},
		{"{SSHA}ouUZQtFbhkQrfIJ43qx176Wfj4YBAgME", "password"},
		// By crypt(3) of the GNU C library.
		{"$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", "Hello world!"},
		{"$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA", "Hello world!"},
		{"$5$rounds=1400$short$UsYYc9NU926coqSW4BK22v8HA9jwewXcIabDCtITLL2", "Hello world!"},
		{"$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1", "Hello world!"},
		{"$6$rounds=1400$anotherlongsalts$POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1", "a very much longer text to encrypt.  This one even stretches over morethan one line."},
	}
	for _, tt := range tests {
		verifies(t, tt.hash, tt.password)
	}
}

// TestHashDamaged refuses what is no hash, and shows nothing of it.
func TestHashDamaged(t *testing.T) {
	t.Parallel()
	tests := []struct {
		hash string
		want error
	}{
		{"SECRET", errPlainText},
		{"rOdGE5dEBDVbM", errPlainText}, // DES
		{"$1$SECRETsa$SECRETSECRETSECRETSECR", errPlainText},
		{"$2y$05$SECRET", errDamaged},
		{"$2y$05$bWBMg3oUStnhfy5rFvoyreviPySU6hvEmBub5wIlM/D.c5FeYJQ6OSECRET", errDamaged},
		{"$2y$xx$bWBMg3oUStnhfy5rFvoyreviPySU6hvEmBub5wIlM/D.c5FeYJQ6O", errDamaged},
		{"$2y$03$bWBMg3oUStnhfy5rFvoyreviPySU6hvEmBub5wIlM/D.c5FeYJQ6O", errDamaged},
		{"$2y$18$bWBMg3oUStnhfy5rFvoyreviPySU6hvEmBub5wIlM/D.c5FeYJQ6O", errCostly},
		{"$apr1$$eIMz/iKDkbtys/uU7LEK00", errDamaged},
		{"$apr1$lZL6V/cic$eIMz/iKDkbtys/uU7LEK00", errDamaged},
		{"$apr1$lZL6V/ci$SECRET", errDamaged},
		{"$6$SECRET", errDamaged},
		{"$5$rounds=x$salt$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8", errDamaged},
		{"$5$rounds=999$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8", errDamaged},
		{"$5$rounds=999999999$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8", errCostly},
		{"{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g", errDamaged},
		{"{SHA}6r4CE8KouvrgWUDyf2S1ZKQXCAsBAgME", errDamaged},
		{"{SSHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", errDamaged},
		{"{SHA}", errDamaged},
	}
	for _, tt := range tests {
		if h, err := parseHash(tt.hash); err != tt.want || h != nil {
			t.Errorf("%s: %v, %v; want %v", tt.hash, h, err, tt.want)
		}
		if _, err := parseSecret(tt.hash); err != nil && strings.Contains(err.Error(), "SECRET") {
			t.Errorf("the secret is shown: %v", err)
		}
	}
}

// TestSecret tells hashes from passwords.
func TestSecret(t *testing.T) {
	t.Parallel()
	for _, password := range append(passwords, "$5 is what I have", "{}", "$$$", "{sha}x") {
		h, err := parseSecret(password)
		if err != nil || !h.matches(password) || h.matches(password+" ") || h.matches("") {
			t.Errorf("%q: %v", password, err)
		}
	}
	h, err := parseSecret("$2y$05$bWBMg3oUStnhfy5rFvoyreviPySU6hvEmBub5wIlM/D.c5FeYJQ6O")
	if err != nil || !h.matches("bar") {
		t.Errorf("a hash: %v", err)
	}
	for _, secret := range []string{"$1$abc$def", "$argon2id$v=19$x", "$y$j9T$x", "{MD5}x", "$6$", "$2y$10$short"} {
		if _, err := parseSecret(secret); err == nil {
			t.Errorf("%s is a password", secret)
		}
	}
}
