package bucket

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/minio/minio-go/v7"
)

var (
	errChanged  = errors.New("the object has changed meanwhile")
	errBusy     = errors.New("too much is asked of the store at the same time")
	errMany     = fmt.Errorf("more than %d names lie in one folder", maxListed)
	errClosed   = errors.New("the connection was closed from the other side")
	errFolder   = errors.New("is a folder")
	errSurprise = errors.New("the object turns out to be stored encoded")
	errCoding   = errors.New("the object is stored in a coding that is not known here")
)

// outage is why the store does not answer now, and may later.
type outage struct{ cause error }

func (o *outage) Error() string { return "store: " + o.cause.Error() }
func (o *outage) Unwrap() error { return o.cause }

// Is has an outage count as a shortage of the system, which package fileserver
// answers with 503: that passes as well.
func (o *outage) Is(target error) bool { return target == syscall.ENFILE }

// keyCodes are refusals for the sake of the keys, not of what is asked for.
var keyCodes = map[string]bool{
	"InvalidAccessKeyId": true, "SignatureDoesNotMatch": true, "ExpiredToken": true, "InvalidToken": true,
	"RequestTimeTooSkewed": true, "AuthorizationHeaderMalformed": true, "InvalidRegion": true,
}

// explainGet says in the words of package fs what came of asking for an object.
func explainGet(err error) error {
	if err == nil {
		return nil
	}
	answer := minio.ToErrorResponse(err)
	switch {
	case keyCodes[answer.Code]:
		return &outage{plain(err)}
	case answer.Code == minio.NoSuchKey, answer.StatusCode == http.StatusNotFound && answer.Code != minio.NoSuchBucket:
		return fs.ErrNotExist
	case answer.StatusCode == http.StatusForbidden:
		return fmt.Errorf("%w: %w", fs.ErrPermission, plain(err))
	case answer.StatusCode == http.StatusPreconditionFailed, answer.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		return errChanged
	}
	return &outage{plain(err)}
}

// plain returns an error of the store without the URL that was asked for, and
// with the code that it can be looked up by.
func plain(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		if strings.HasPrefix(wrapped.Err.Error(), "Connection closed by foreign host ") { // and the URL
			return errClosed
		}
		return wrapped.Err
	}
	answer, ok := errors.AsType[minio.ErrorResponse](err)
	switch {
	case !ok || answer.Code == "":
		return err
	case answer.Message == "":
		return errors.New(answer.Code)
	}
	return fmt.Errorf("%s: %s", answer.Code, answer.Message)
}

// explainStart says why the store cannot be used at all, and what to do.
func explainStart(a Address, s Settings, err error) error {
	answer := minio.ToErrorResponse(err)
	failed := fmt.Errorf("cannot serve %s: %w", a, plain(err))
	switch {
	case answer.Code == minio.NoSuchBucket:
		return advise(fmt.Errorf("cannot serve %s: there is no such bucket", a), "%s", whichStore(s))
	case answer.Code == "RequestTimeTooSkewed":
		return advise(failed, "set the clock of this machine")
	case answer.Code == "AuthorizationHeaderMalformed", answer.Code == "InvalidRegion", answer.Code == "PermanentRedirect":
		if answer.Region != "" {
			return advise(failed, "set AWS_REGION=%s", answer.Region)
		}
		return advise(failed, "set AWS_REGION to the region of the bucket")
	case keyCodes[answer.Code], answer.Code == "XAdminUserNotFound": // what versitygw calls it
		return advise(failed, "look at AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN or the profile in AWS_PROFILE")
	case answer.StatusCode == http.StatusForbidden && s.isAnonymous():
		return advise(failed, "requests are not signed: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE")
	case answer.StatusCode == http.StatusForbidden:
		return advise(failed, "the keys need the permissions s3:ListBucket and s3:GetObject")
	}
	return advise(failed, "%s", whichStore(s))
}

// whichStore tells where the store was looked for.
func whichStore(s Settings) string {
	if s.Endpoint == nil {
		return "it is looked for at AWS; another store goes into AWS_ENDPOINT_URL"
	}
	return "it is looked for at " + s.Endpoint.String() + ", as AWS_ENDPOINT_URL says"
}
