package bridge

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// TestEndpointOf: one endpoint may be written in many ways.
func TestEndpointOf(t *testing.T) {
	want := endpointOf(s3.Options{BaseEndpoint: aws.String("https://s3.example.com")})
	for text, same := range map[string]bool{
		"https://s3.example.com/": true, "HTTPS://S3.example.COM": true, "https://s3.example.com:443": true,
		"https://s3.example.com:444": false, "https://s4.example.com": false, "https://s3.example.com/other": false,
	} {
		if got := endpointOf(s3.Options{BaseEndpoint: &text}); (got == want) != same {
			t.Errorf("%s is %q, %q is another: %t", text, got, want, same)
		}
	}
	if got := endpointOf(s3.Options{}); got != "" {
		t.Errorf("AWS is %q", got)
	}
}
