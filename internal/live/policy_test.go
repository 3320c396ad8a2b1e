package live

import (
	"strings"
	"testing"
)

// TestAdmit edits policies. HASH stands for the hash of the script.
func TestAdmit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ policy, want string }{
		{"default-src 'self'", "default-src 'self'; script-src 'self' HASH"},
		{"", ""},
		{"img-src *", "img-src *"},
		{"script-src 'self'", " script-src 'self' HASH"},
		{"script-src", " script-src HASH"},
		{"script-src 'none'", " script-src HASH"},
		{"SCRIPT-SRC 'NONE'; img-src 'none'", " script-src HASH; img-src 'none'"},
		{"script-src a.example 'none'", " script-src a.example HASH"},
		{"script-src 'nonce-abc'", " script-src 'nonce-abc' HASH"},
		{"script-src 'sha256-abc='", " script-src 'sha256-abc=' HASH"},
		{"script-src HASH", "script-src HASH"},

		// Inline scripts are allowed, and must stay so.
		{"script-src 'self' 'unsafe-inline'", "script-src 'self' 'unsafe-inline'"},
		{"script-src 'self' 'Unsafe-Inline'", "script-src 'self' 'Unsafe-Inline'"},
		{"script-src 'unsafe-inline' 'nonce-abc'", " script-src 'unsafe-inline' 'nonce-abc' HASH"},
		{"script-src 'unsafe-inline' 'SHA512-abc'", " script-src 'unsafe-inline' 'SHA512-abc' HASH"},
		{"script-src 'unsafe-inline' 'strict-dynamic'", " script-src 'unsafe-inline' 'strict-dynamic' HASH"},
		{"script-src 'strict-dynamic' 'nonce-abc' https:", " script-src 'strict-dynamic' 'nonce-abc' https: HASH"},
		{"script-src 'unsafe-eval'", " script-src 'unsafe-eval' HASH"},

		// The most special directive governs, the first of a name.
		{"default-src *; script-src-elem a.example; script-src 'self'", "default-src *; script-src-elem a.example HASH; script-src 'self'"},
		{"script-src 'self'; script-src 'none'", " script-src 'self' HASH; script-src 'none'"},
		{"default-src 'none'; script-src 'unsafe-inline'", "default-src 'none'; script-src 'unsafe-inline'; connect-src 'self'"},
		{"default-src 'none'", "default-src 'none'; script-src HASH; connect-src 'self'"},
		{"default-src 'unsafe-inline' https:", "default-src 'unsafe-inline' https:; connect-src 'unsafe-inline' https: 'self'"},
		{"default-src 'none';script-src 'nonce-a' ; ", "default-src 'none'; script-src 'nonce-a' HASH; ; connect-src 'self'"},

		{"connect-src 'none'", " connect-src 'self'"},
		{"connect-src wss://a.example", " connect-src wss://a.example 'self'"},
		{"connect-src 'SELF'", "connect-src 'SELF'"},
		{"connect-src *", "connect-src *"},
		{"default-src *; connect-src 'none'; script-src 'unsafe-inline'", "default-src *; connect-src 'self'; script-src 'unsafe-inline'"},

		{"sandbox; require-trusted-types-for 'script'", "sandbox; require-trusted-types-for 'script'"},
		{"upgrade-insecure-requests", "upgrade-insecure-requests"},
		{"\tscript-src\n'self'\f", " script-src 'self' HASH"},
	} {
		policy, want := strings.ReplaceAll(c.policy, "HASH", scriptHash), strings.ReplaceAll(c.want, "HASH", scriptHash)
		if got := admit(policy); got != want {
			t.Errorf("%q\n got %q\nwant %q", policy, got, want)
		}
		if again := admit(admit(policy)); again != admit(policy) {
			t.Errorf("%q: once more, %q", policy, again)
		}
	}
}

func TestAdmittedList(t *testing.T) {
	t.Parallel()
	got := admitted("script-src 'none', img-src *,connect-src 'none'")
	if want := " script-src " + scriptHash + ", img-src *, connect-src 'self'"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
