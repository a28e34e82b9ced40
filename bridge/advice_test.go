package bridge

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry"
)

// TestAdvice: each failure of a request has its own advice, or none.
func TestAdvice(t *testing.T) {
	client := s3.New(s3.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String("https://s3.test"),
		Credentials: credentials.NewStaticCredentialsProvider("AKIAKNOWN", "secret", ""),
	})
	elsewhere := []string{"X-Amz-Bucket-Region", "us-east-2"}
	for _, tt := range []struct {
		name   string
		err    error
		action string
		want   string // empty for no advice
	}{
		{"no bucket", answered(404, "NoSuchBucket"), actionRead, "check that bucket b exists"},
		{"no object", answered(404, "NoSuchKey"), actionRead, ""},
		{"another region", answered(301, "PermanentRedirect", elsewhere...), actionRead, "bucket b is in region us-east-2, the client is made for eu-west-1"},
		{"its own region, and another fault", answered(400, "InvalidRequest", "X-Amz-Bucket-Region", "eu-west-1"), actionRead, ""},
		{"another region, unsaid", answered(400, "AuthorizationHeaderMalformed"), actionRead, "the client is made for region eu-west-1: give it the region of bucket b"},
		{"another region, without a document", answered(301, "", elsewhere...), actionRead, "is in region us-east-2"},
		{"another region, a bad request", answered(400, "", elsewhere...), actionRead, "is in region us-east-2"},
		{"refused in the right region", answered(403, "AccessDenied", "X-Amz-Bucket-Region", "eu-west-1"), actionRead, "allow access key AKIAKNOWN the action s3:GetObject on arn:aws:s3:::b/k"},
		{"refused, explained", refusedWith("AccessDenied", `User: u is not authorized to perform: s3:PutObjectTagging on resource: "arn:aws:s3:::b/k" because no identity-based policy allows it`), actionWrite, "allow access key AKIAKNOWN the action s3:PutObjectTagging on arn:aws:s3:::b/k"},
		{"denied", refusedWith("AccessDenied", `User: u is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::b/k" with an explicit deny in a resource-based policy`), actionWrite, "s3:PutObject on arn:aws:s3:::b/k, and change the policy that denies it"},
		{"an object that may not be there", refusedWith("AccessDenied", `User: u is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::b" because no identity-based policy allows it`), actionRead, "check that there is an object s3://b/k"},
		{"refused to list", answered(403, "AccessDenied"), actionList, "the action s3:ListBucket on arn:aws:s3:::b"},
		{"an unknown key", answered(403, "InvalidAccessKeyId"), actionWrite, "check the access key AKIAKNOWN"},
		{"a clock that is wrong", answered(403, "RequestTimeTooSkewed"), actionWrite, "set the clock"},
		{"parts too small", answered(400, "EntityTooSmall"), actionWrite, "at least 5 MiB"},
		{"trouble", answered(500, "InternalError"), actionWrite, ""},
		{"no host", &net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}}, actionRead, "no host of that name"},
		{"no name server", &net.OpError{Op: "dial", Err: &net.DNSError{IsTimeout: true}}, actionRead, "check that the endpoint https://s3.test is up"},
		{"a refused connection", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, actionRead, "check that the endpoint https://s3.test is up"},
		{"a broken connection", &net.OpError{Op: "read", Err: syscall.ECONNRESET}, actionRead, ""},
		{"an authority that is not trusted", x509.UnknownAuthorityError{}, actionRead, "trust the authority"},
		{"another host's certificate", x509.HostnameError{Certificate: &x509.Certificate{}, Host: "s3.test"}, actionRead, "that its certificate holds"},
		{"something else", errors.New("x"), actionRead, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := advise(t.Context(), client, tt.err, tt.action, redferry.URI{Bucket: "b", Key: "k"})
			if !strings.Contains(got, tt.want) || (got == "") != (tt.want == "") {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestAdviceAboutKeys: what is about a key of KMS has advice about the key, and what is
// not has none.
func TestAdviceAboutKeys(t *testing.T) {
	const key, user = "arn:aws:kms:eu-west-1:1:key/k", "User: u is not authorized to perform: "
	for _, tt := range []struct {
		name string
		err  error
		op   string
		want string // empty for none
	}{
		{"disabled", refusedWith("KMS.DisabledException", key+" is disabled."), opPut, "S3 could not use kms:GenerateDataKey on " + key + ": enable the key"},
		{"not fit", refusedWith("KMS.InvalidKeyUsageException", key+" key usage is SIGN_VERIFY which is not valid for GenerateDataKey."), opPut, "on " + key + ": use a symmetric key"},
		{"something else", refusedWith("KMS.OptInRequired", "m"), "get", "S3 could not use kms:Decrypt on K: look what is wrong with the key"},
		{"denied by a policy", refusedWith("AccessDenied", user+"kms:Decrypt on resource: "+key+" with an explicit deny in an identity-based policy"), "get", "kms:Decrypt on " + key + ", and change the policy that denies it"},
		{"denied without a word", refusedWith("AccessDenied", "Access to the KMS key is denied"), "get", "allow access key the action kms:Decrypt on K"},
		{"in a bucket of that name", refusedWith("AccessDenied", user+`s3:PutObject on resource: "arn:aws:s3:::kms/k" because no identity-based policy allows it`), opPut, ""},
		{"without TLS", refusedWith("InvalidArgument", "Requests specifying Server Side Encryption with AWS KMS managed keys must be made over a secure connection."), opPut, ""},
		{"an overload of S3", refusedWith("SlowDown", "Please reduce your request rate."), opPut, ""},
		{"an overload of KMS", refusedWith("SlowDown", "Please reduce your request rate for operations involving AWS KMS."), opPut, "on K: ask AWS for a higher quota"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := adviseKey(t.Context(), nil, answer(tt.err), tt.op, "K")
			if !strings.Contains(got, tt.want) || (got == "") != (tt.want == "") {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestAdviceToAllowAKey: a policy is to be changed where one denies, and the key looked
// for where KMS does not say whether there is one.
func TestAdviceToAllowAKey(t *testing.T) {
	const denied, unseen = " with an explicit deny in an identity-based policy", " The resource does not exist in this Region, no resource-based policies allow access."
	const missing = ", check that there is such a key in the region of the bucket, and that its own policy allows it, too"
	for message, want := range map[string]string{
		"not authorized":                   "",
		"not authorized" + denied:          changePolicy,
		"not authorized" + unseen:          missing,
		"not authorized" + denied + unseen: missing,
	} {
		want = "allow access key the action kms:Decrypt on K" + want
		if got := allowKey(t.Context(), nil, reply{message: message}, "kms:Decrypt", "K"); got != want {
			t.Errorf("%s: got %q, want %q", message, got, want)
		}
	}
}

// TestKeyAt: the key is the one that the target has named, or else the one that it was
// asked to use.
func TestKeyAt(t *testing.T) {
	alias := &Encryption{Algorithm: types.ServerSideEncryptionAwsKms, KeyID: "alias/data"}
	for _, tt := range []struct {
		side, named string
		asked       *Encryption
		want        string
	}{
		{SideTarget, "", nil, ""},
		{SideTarget, "arn", nil, "arn"},
		{SideTarget, "", alias, "alias/data"},
		{SideTarget, "arn", alias, "arn"},
		{SideTarget, "", &Encryption{Algorithm: types.ServerSideEncryptionAwsKms}, "the KMS key aws/s3"},
		{SideTarget, "", &Encryption{Algorithm: types.ServerSideEncryptionAes256}, ""},
		{SideSource, "arn", alias, ""},
	} {
		transfer := &transfer{c: &Copier{opts: Options{Carry: Carry{Encryption: tt.asked}}}, key: tt.named}
		if got := transfer.keyAt(tt.side); got != tt.want {
			t.Errorf("at the %s, where %q was named and %+v asked for: got %q, want %q", tt.side, tt.named, tt.asked, got, tt.want)
		}
	}
}

// TestAdviceAboutARightAndAKey: a refusal to write that is not explained may be about the
// key that the target encrypts with.
func TestAdviceAboutARightAndAKey(t *testing.T) {
	const user = "User: u is not authorized to perform: "
	for _, tt := range []struct {
		name, key, action string
		err               error
		want              bool
	}{
		{"unexplained", "K", actionWrite, answered(403, "AccessDenied"), true},
		{"without a key", "", actionWrite, answered(403, "AccessDenied"), false},
		{"not refused", "K", actionWrite, answered(404, "NoSuchBucket"), false},
		{"explained", "K", actionWrite, refusedWith("AccessDenied", user+"s3:PutObject on resource: arn:aws:s3:::b/k because no policy allows it"), false},
		{"not to write", "K", actionParts, answered(403, "AccessDenied"), false},
	} {
		transfer := &transfer{c: &Copier{}, dst: redferry.URI{Bucket: "b", Key: "k"}, key: tt.key}
		got := transfer.advise(t.Context(), SideTarget, opPut, tt.action, tt.err)
		if strings.Contains(got, ", and kms:GenerateDataKey on K") != tt.want {
			t.Errorf("%s: got %q", tt.name, got)
		}
	}
}

// TestAdviceWithoutAClient: of a client that is not the SDK's, neither the
// endpoint nor the key is known.
func TestAdviceWithoutAClient(t *testing.T) {
	object := redferry.URI{Bucket: "b", Key: "k"}
	for err, want := range map[error]string{
		answered(403, "AccessDenied"):                       "allow access key the action s3:GetObject on arn:aws:s3:::b/k",
		&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}: "check that the endpoint is up",
	} {
		if got := advise(t.Context(), nil, err, actionRead, object); !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	broken := s3.New(s3.Options{Credentials: credentials.StaticCredentialsProvider{}})
	if got := advise(t.Context(), broken, answered(403, "AccessDenied"), actionRead, object); !strings.HasPrefix(got, "allow access key the action") {
		t.Errorf("of a client without keys: %q", got)
	}
}

// TestErrorIs: the answers of S3 that match the errors of package fs.
func TestErrorIs(t *testing.T) {
	for _, tt := range []struct {
		err                error
		missing, forbidden bool
		changed            bool
	}{
		{answered(404, "NoSuchKey"), true, false, false},
		{answered(404, "NoSuchBucket"), true, false, false},
		{answered(404, "NotFound"), true, false, false},
		{answered(404, ""), true, false, false},
		{answered(404, "NoSuchUpload"), false, false, false},
		{answered(403, "AccessDenied"), false, true, false},
		{answered(403, ""), false, true, false},
		{answered(403, "RequestTimeTooSkewed"), false, false, false},
		{answered(403, "SignatureDoesNotMatch"), false, false, false},
		{answered(403, "InvalidAccessKeyId"), false, false, false},
		{answered(412, "PreconditionFailed"), false, false, true},
		{answered(412, ""), false, false, true},
		{answered(200, "PreconditionFailed"), false, false, true},
		{answered(500, "InternalError"), false, false, false},
		{errors.New("x"), false, false, false},
	} {
		err := fmt.Errorf("outer: %w", &Error{Op: "get", Err: tt.err})
		if errors.Is(err, fs.ErrNotExist) != tt.missing || errors.Is(err, fs.ErrPermission) != tt.forbidden || answer(err).changed() != tt.changed {
			t.Errorf("%v: missing %t, forbidden %t, changed %t", tt.err, errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission), answer(err).changed())
		}
	}
}
