package remedy_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/internal/remedy"
)

func TestWrap(t *testing.T) {
	transfer := remedy.Transfer{
		Role:    creds.MustParseRole("arn:aws:iam::111111111111:role/unload"),
		Place:   redferry.MustParseURI("s3://bucket-a/stage/"),
		Actions: "s3:PutObject",
	}
	for _, tt := range []struct{ name, text, says string }{
		{"role not attached", "User x is not authorized to assume IAM Role y", "attach the role arn:aws:iam::111111111111:role/unload"},
		{"another region", "S3ServiceException:...,Status 301,Error PermanentRedirect", "bucket-a is in another region"},
		{"no bucket", "S3ServiceException:The specified bucket does not exist,Status 404,Error NoSuchBucket", "create it"},
		{"no right", "S3ServiceException:Access Denied,Status 403,Error AccessDenied", "needs s3:PutObject on s3://bucket-a/stage/"},
		{"a manifest that it may not read", "COPY with MANIFEST parameter requires full path of an S3 object.", "needs s3:PutObject"},
		{"not empty", "Specified unload destination on S3 is not empty", "prefix that nobody has used"},
		{"anything else", "syntax error", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cause := errors.New(tt.text)
			got := transfer.Wrap(cause)
			if !errors.Is(got, cause) || !strings.Contains(got.Error(), tt.says) {
				t.Errorf("got %v", got)
			}
			if tt.says == "" && got != cause {
				t.Errorf("got %v, want the cause itself", got)
			}
		})
	}
	if transfer.Wrap(nil) != nil {
		t.Error("no error became one")
	}
}
