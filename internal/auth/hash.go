package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/GehirnInc/crypt"
	"github.com/GehirnInc/crypt/apr1_crypt"
	"github.com/GehirnInc/crypt/sha256_crypt"
	"github.com/GehirnInc/crypt/sha512_crypt"
	"golang.org/x/crypto/bcrypt"
)

// hash is what is kept of a password. What matches costs does not depend on
// how much of the password is right.
type hash interface {
	matches(password string) bool
}

// Bounds of what one check may cost: some seconds.
const (
	maxBcryptCost = 17 // the most that the program htpasswd takes
	maxRounds     = 5_000_000
)

var (
	errPlainText = errors.New("neither bcrypt nor another hash that is safe; make the line with htpasswd -B")
	errDamaged   = errors.New("damaged hash; make the line anew with htpasswd -B")
	errCostly    = errors.New("hash that takes too long to check; make the line anew with htpasswd -B")
)

// kinds are the hashes that are known, by what they begin with.
var kinds = []struct {
	prefix string
	parse  func(string) (hash, error)
}{
	{"$2y$", parseBcrypt},
	{"$2b$", parseBcrypt},
	{"$2a$", parseBcrypt},
	{"$apr1$", parseAPR1},
	{"$5$", parseSHA256Crypt},
	{"$6$", parseSHA512Crypt},
	{"{SHA}", parseSHA},
	{"{SSHA}", parseSHA},
}

// parseHash reads a hash of any kind. Errors do not show it.
func parseHash(s string) (hash, error) {
	for _, kind := range kinds {
		if strings.HasPrefix(s, kind.prefix) {
			return kind.parse(s)
		}
	}
	return nil, errPlainText
}

// form returns a regular expression that is compiled when it is used: all of them
// take longer than the rest of a start.
func form(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// hashForm is how hashes begin, also those that are not known.
var hashForm = form(`^(\$[0-9A-Za-z-]+\$|\{[0-9A-Z]+\})`)

// parseSecret reads a hash, or a password as it is.
func parseSecret(s string) (hash, error) {
	if hashForm().MatchString(s) {
		h, err := parseHash(s)
		if err != nil {
			return nil, errors.New("a hash of an unknown kind, or damaged; single quotes keep a shell from its dollars")
		}
		return h, nil
	}
	return newPlain(s), nil
}

// plain is a password that was given as it is.
type plain struct {
	key    [sha256.Size]byte
	digest []byte
}

func newPlain(password string) *plain {
	p := &plain{}
	rand.Read(p.key[:])
	p.digest = p.of(password)
	return p
}

func (p *plain) of(password string) []byte {
	mac := hmac.New(sha256.New, p.key[:])
	mac.Write([]byte(password))
	return mac.Sum(nil)
}

func (p *plain) matches(password string) bool {
	return subtle.ConstantTimeCompare(p.of(password), p.digest) == 1
}

// bcrypted is a hash by bcrypt, which looks at 72 bytes of a password.
type bcrypted string

var bcryptForm = form(`^\$2[aby]\$[0-9]{2}\$[./0-9A-Za-z]{53}$`)

func parseBcrypt(s string) (hash, error) {
	if !bcryptForm().MatchString(s) {
		return nil, errDamaged
	}
	cost, err := bcrypt.Cost([]byte(s))
	if err != nil {
		return nil, errDamaged
	}
	if cost > maxBcryptCost {
		return nil, errCostly
	}
	return bcrypted(s), nil
}

func (b bcrypted) matches(password string) bool {
	return bcrypt.CompareHashAndPassword([]byte(b), []byte(password)) == nil
}

// crypted is a hash in the form of crypt(3).
type crypted struct {
	crypter crypt.Crypter
	setting string // all before the last dollar
	whole   string
}

var (
	apr1Form     = form(`^(\$apr1\$[!-#%-9;-~]{1,8})\$[./0-9A-Za-z]{22}$`)
	sha256Form   = form(`^(\$5\$(?:rounds=([1-9][0-9]{3,8})\$)?[!-#%-9;-~]{1,16})\$[./0-9A-Za-z]{43}$`)
	sha512Form   = form(`^(\$6\$(?:rounds=([1-9][0-9]{3,8})\$)?[!-#%-9;-~]{1,16})\$[./0-9A-Za-z]{86}$`)
	apr1Crypt    = apr1_crypt.New()
	sha256Crypt  = sha256_crypt.New()
	sha512Crypt  = sha512_crypt.New()
	sha1Encoding = base64.StdEncoding.Strict()
)

func parseAPR1(s string) (hash, error)        { return parseCrypt(s, apr1Form(), apr1Crypt) }
func parseSHA256Crypt(s string) (hash, error) { return parseCrypt(s, sha256Form(), sha256Crypt) }
func parseSHA512Crypt(s string) (hash, error) { return parseCrypt(s, sha512Form(), sha512Crypt) }

func parseCrypt(s string, form *regexp.Regexp, crypter crypt.Crypter) (hash, error) {
	parts := form.FindStringSubmatch(s)
	if parts == nil {
		return nil, errDamaged
	}
	if len(parts) > 2 && parts[2] != "" {
		if rounds, err := strconv.Atoi(parts[2]); err != nil || rounds > maxRounds {
			return nil, errCostly
		}
	}
	return crypted{crypter, parts[1], s}, nil
}

// matches hands the library the setting alone: of a whole hash with rounds it
// would take what follows a short salt for a part of it.
func (c crypted) matches(password string) bool {
	whole, err := c.crypter.Generate([]byte(password), []byte(c.setting))
	return subtle.ConstantTimeCompare([]byte(whole), []byte(c.whole)) == 1 && err == nil
}

// sha is a hash by SHA-1, with the salt that LDAP adds or none.
type sha struct {
	digest, salt []byte
}

// maxSalt is longer than any program makes a salt.
const maxSalt = 64

func parseSHA(s string) (hash, error) {
	encoded, salted := strings.CutPrefix(s, "{SSHA}")
	if !salted {
		encoded = strings.TrimPrefix(s, "{SHA}")
	}
	b, err := sha1Encoding.DecodeString(encoded)
	if err != nil || len(b) < sha1.Size || len(b) > sha1.Size+maxSalt || salted != (len(b) > sha1.Size) {
		return nil, errDamaged
	}
	return sha{b[:sha1.Size], b[sha1.Size:]}, nil
}

func (h sha) matches(password string) bool {
	digest := sha1.Sum(append([]byte(password), h.salt...))
	return subtle.ConstantTimeCompare(digest[:], h.digest) == 1
}
