package bucket

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Settings are how the store is reached, and as whom.
type Settings struct {
	Endpoint *url.URL // scheme and host; nil for AWS
	Region   string   // "" to ask the store
	keys     *credentials.Credentials
}

// ReadSettings takes from the environment what other programs for object storage
// do: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION, and
// the keys from AWS_ACCESS_KEY_ID and its like, the profile AWS_PROFILE in
// ~/.aws, or the role of the machine. Without keys, requests are not signed.
//
// An error is an [*Advice], and names no key.
func ReadSettings(getenv func(string) string) (Settings, error) {
	s := Settings{Region: cmp.Or(getenv("AWS_REGION"), getenv("AWS_DEFAULT_REGION"))}
	var err error
	for _, name := range []string{"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"} {
		if value := getenv(name); value != "" {
			if s.Endpoint, err = parseEndpoint(name, value); err != nil {
				return s, err
			}
			break
		}
	}
	s.keys, err = findKeys(getenv, s.Endpoint == nil)
	return s, err
}

// parseEndpoint reads the URL of a store.
func parseEndpoint(name, value string) (*url.URL, error) {
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, advise(fmt.Errorf("%s is not the URL of a store", name), "it looks like https://s3.example.com or http://localhost:9000")
	case u.User != nil:
		return nil, advise(fmt.Errorf("%s has a password in it", name), "keys go into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "":
		return nil, advise(fmt.Errorf("%s has a path", name), "a store is reached at the root of a host; the bucket goes into s3://bucket")
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

// findKeys returns who signs requests: nobody, if there are no keys.
func findKeys(getenv func(string) string, isAWS bool) (*credentials.Credentials, error) {
	id, secret := getenv("AWS_ACCESS_KEY_ID"), getenv("AWS_SECRET_ACCESS_KEY")
	switch {
	case id != "" && secret != "":
		return credentials.NewStaticV4(id, secret, getenv("AWS_SESSION_TOKEN")), nil
	case id != "" || secret != "":
		return nil, advise(errors.New("one half of a pair of keys is set"), "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go together")
	}
	profile := getenv("AWS_PROFILE")
	keys := credentials.NewFileAWSCredentials(credentialsFile(getenv), profile)
	value, err := keys.GetWithContext(&credentials.CredContext{Client: &http.Client{Timeout: roleTime}})
	switch {
	case err == nil && value.AccessKeyID != "":
		return keys, nil
	case profile != "":
		return nil, advise(fmt.Errorf("the profile %q has no keys that can be had", profile), `"aws sts get-caller-identity" tells what is wrong with it`)
	case hasRole(getenv, isAWS):
		keys = credentials.New(&credentials.IAM{Client: &http.Client{Timeout: roleTime}})
		if value, err := keys.GetWithContext(&credentials.CredContext{}); err == nil && value.AccessKeyID != "" {
			return keys, nil
		}
	}
	return credentials.New(&credentials.Static{Value: credentials.Value{SignerType: credentials.SignatureAnonymous}}), nil
}

// roleTime is how long a machine may take to tell its role. One that has none
// may not answer at all.
const roleTime = 2 * time.Second

// hasRole reports whether it is worth asking the machine for its role.
func hasRole(getenv func(string) string, isAWS bool) bool {
	for _, name := range []string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_WEB_IDENTITY_TOKEN_FILE"} {
		if getenv(name) != "" {
			return true
		}
	}
	return isAWS && !strings.EqualFold(getenv("AWS_EC2_METADATA_DISABLED"), "true")
}

// credentialsFile returns the file with the keys of profiles, "" for those that
// the library looks for.
func credentialsFile(getenv func(string) string) string {
	home := cmp.Or(getenv("HOME"), getenv("USERPROFILE"))
	if getenv("AWS_SHARED_CREDENTIALS_FILE") != "" || getenv("AWS_CONFIG_FILE") != "" || home == "" {
		return ""
	}
	return filepath.Join(home, ".aws", "credentials")
}
