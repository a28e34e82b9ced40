package bridge

import (
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
)

// TestShortWayIsTaken: by the clients of NewClient to which nothing was added, and to
// buckets that are signed for in the common way. All others take the SDK's.
func TestShortWayIsTaken(t *testing.T) {
	own, err := NewClient(Access{Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("AKIA", "secret", "")})
	if err != nil {
		t.Fatal(err)
	}
	nothing := func(*middleware.Stack) error { return nil }
	changed := func(change func(*s3.Options)) *s3.Client { return s3.New(own.Options(), change) }
	for name, client := range map[string]any{
		"another HTTP client": changed(func(o *s3.Options) { o.HTTPClient = http.DefaultClient }),
		"a step was added":    changed(func(o *s3.Options) { o.APIOptions = append(o.APIOptions, nothing) }),
		"no step of its own":  changed(func(o *s3.Options) { o.APIOptions = nil }),
		"no client at all":    nil,
	} {
		if newLeanPath(client) != nil {
			t.Errorf("%s: the short way is taken", name)
		}
	}
	for name, want := range map[string]struct {
		change func(*s3.Options)
		host   string
	}{
		"as it is":         {func(*s3.Options) {}, "plain.s3.eu-west-1.amazonaws.com"},
		"FIPS":             {func(o *s3.Options) { o.EndpointOptions.UseFIPSEndpoint = aws.FIPSEndpointStateEnabled }, "plain.s3-fips.eu-west-1.amazonaws.com"},
		"IPv6":             {func(o *s3.Options) { o.EndpointOptions.UseDualStackEndpoint = aws.DualStackEndpointStateEnabled }, "plain.s3.dualstack.eu-west-1.amazonaws.com"},
		"accelerated":      {func(o *s3.Options) { o.UseAccelerate = true }, "plain.s3-accelerate.amazonaws.com"},
		"a region's alias": {func(o *s3.Options) { o.Region = "fips-us-east-1" }, ""},
	} {
		host := ""
		if at := newLeanPath(changed(want.change)).place(t.Context(), "plain"); at != nil {
			host = at.url.Host
		}
		if host != want.host {
			t.Errorf("%s: the bucket is at %q, want %q", name, host, want.host)
		}
	}
	l := newLeanPath(own)
	if l == nil {
		t.Fatal("the client of NewClient does not take the short way")
	}
	for bucket, want := range map[string]int{
		"plain":     2,
		"with.dots": 2,
		"arn:aws:s3:eu-west-1:111111111111:accesspoint/point":                                   2,
		"arn:aws:s3:us-west-2:111111111111:accesspoint/elsewhere":                               1,
		"express--euw1-az1--x-s3":                                                               1,
		"arn:aws:s3-object-lambda:eu-west-1:111111111111:accesspoint/function":                  1,
		"arn:aws:s3-outposts:eu-west-1:111111111111:outpost/op-01234567890123456/accesspoint/x": 1,
		"arn:aws:s3::111111111111:accesspoint/many.mrap":                                        1,
	} {
		o, asked := s3.Options{APIOptions: []func(*middleware.Stack) error{nothing}}, false
		l.shorten(t.Context(), bucket, func(*s3.Options) { asked = true })(&o)
		if len(o.APIOptions) != want || !asked {
			t.Errorf("%s: %d steps are added to the stack, want %d; the caller's options were heard: %v", bucket, len(o.APIOptions), want, asked)
		}
	}
}
