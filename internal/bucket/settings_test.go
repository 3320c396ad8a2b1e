package bucket_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gserve/gserve/internal/bucket"
)

func TestReadSettings(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	must(t, os.Mkdir(filepath.Join(home, ".aws"), 0o700))
	must(t, os.WriteFile(filepath.Join(home, ".aws", "credentials"), []byte("[default]\naws_access_key_id = d\naws_secret_access_key = s\n[empty]\nx = y\n"), 0o600))
	for _, test := range []struct {
		name, environment string
		endpoint, region  string
		signs             bool
	}{
		{"nothing", "AWS_EC2_METADATA_DISABLED=true", "", "", false},
		{"keys", "AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b AWS_REGION=eu-1", "", "eu-1", true},
		{"default region", "AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b AWS_DEFAULT_REGION=eu-2", "", "eu-2", true},
		{"region wins", "AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b AWS_REGION=eu-1 AWS_DEFAULT_REGION=eu-2", "", "eu-1", true},
		{"endpoint", "AWS_ENDPOINT_URL=http://localhost:9000", "http://localhost:9000", "", false},
		{"endpoint of S3 wins", "AWS_ENDPOINT_URL=http://x AWS_ENDPOINT_URL_S3=https://s3.example.com/", "https://s3.example.com", "", false},
		{"profile by default", "HOME=" + home, "", "", true},
		{"keys win over profile", "HOME=" + home + " AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b", "", "", true},
	} {
		s, err := bucket.ReadSettings(getenv(variables(test.environment)))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		endpoint := ""
		if s.Endpoint != nil {
			endpoint = s.Endpoint.String()
		}
		if endpoint != test.endpoint || s.Region != test.region || bucket.Signs(s) != test.signs {
			t.Errorf("%s: %q, %q, signs: %v", test.name, endpoint, s.Region, bucket.Signs(s))
		}
	}
}

func TestReadSettingsMistakes(t *testing.T) {
	t.Parallel()
	for environment, says := range map[string]string{
		"AWS_ENDPOINT_URL=localhost:9000":                 "AWS_ENDPOINT_URL is not the URL of a store",
		"AWS_ENDPOINT_URL_S3=ftp://x":                     "AWS_ENDPOINT_URL_S3 is not the URL of a store",
		"AWS_ENDPOINT_URL=http://id:hunter2@localhost":    "has a password in it",
		"AWS_ENDPOINT_URL=http://id:hunter2%zz@localhost": "is not the URL of a store",
		"AWS_ENDPOINT_URL=http://localhost/site":          "has a path",
		"AWS_ACCESS_KEY_ID=hunter2":                       "one half of a pair of keys",
		"AWS_SECRET_ACCESS_KEY=hunter2":                   "one half of a pair of keys",
		"AWS_PROFILE=nobody HOME=" + t.TempDir():          `the profile "nobody" has no keys`,
	} {
		_, err := bucket.ReadSettings(getenv(variables(environment)))
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", environment, err)
		}
	}
}

// variables reads NAME=VALUE words.
func variables(words string) map[string]string {
	m := map[string]string{}
	for word := range strings.FieldsSeq(words) {
		name, value, _ := strings.Cut(word, "=")
		m[name] = value
	}
	return m
}
