package bucket_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gserve/gserve/internal/bucket"
)

func TestParseAddress(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		word, bucket, prefix string
		text                 string // "" if it is the word
	}{
		{"s3://site", "site", "", ""},
		{"s3://site/", "site", "", "s3://site"},
		{"S3://site/docs", "site", "docs/", "s3://site/docs"},
		{"s3://site/docs///", "site", "docs/", "s3://site/docs"},
		{"s3://site/a b/%20/ü?x=1#y", "site", "a b/%20/ü?x=1#y/", ""},
		{"s3://my.old_Bucket-1/x", "my.old_Bucket-1", "x/", ""},
	} {
		a, err := bucket.ParseAddress(test.word)
		if err != nil || a.Bucket != test.bucket || a.Prefix != test.prefix {
			t.Errorf("%q: %+v, %v", test.word, a, err)
		}
		if text := a.String(); text != test.text && text != test.word {
			t.Errorf("%q is written %q", test.word, text)
		}
	}
}

func TestParseAddressMistakes(t *testing.T) {
	t.Parallel()
	for word, says := range map[string]string{
		"s3://":                                  "names no bucket",
		"s3:///docs":                             "names no bucket",
		"s3://id:hunter2@site/docs":              "@ in it",
		"s3://localhost:9000/site":               "names a port",
		"s3://ab":                                "not the name of a bucket",
		"s3://-ab":                               "not the name of a bucket",
		"s3://a..b":                              "not the name of a bucket",
		"s3://a%20b":                             "not the name of a bucket",
		"s3://site/a//b":                         "begins no key",
		"s3://site/../b":                         "begins no key",
		"s3://site/\xff":                         "begins no key",
		"s3://site/" + strings.Repeat("a", 2000): "begins no key",
		"docs":                                   "no place in object storage",
	} {
		_, err := bucket.ParseAddress(word)
		advice, ok := errors.AsType[*bucket.Advice](err)
		if !ok || !strings.Contains(err.Error(), says) || advice.Hint == "" {
			t.Errorf("%q: %v", word, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: a secret is told: %v", word, err)
		}
	}
}

func TestIsAddress(t *testing.T) {
	t.Parallel()
	for word, is := range map[string]bool{"s3://x": true, "S3://": true, "s3:/x": false, "./s3://x": false, "s3": false, "": false, "docs": false} {
		if bucket.IsAddress(word) != is {
			t.Errorf("%q: %v", word, !is)
		}
	}
}
