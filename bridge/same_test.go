package bridge

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// TestSameMetadata: each field counts.
func TestSameMetadata(t *testing.T) {
	at := time.Unix(1e9, 0)
	full := func() metadata {
		return metadata{
			contentType: aws.String("a"), encoding: aws.String("b"), disposition: aws.String("c"), language: aws.String("d"), cacheControl: aws.String("e"),
			redirect: aws.String("f"), expires: aws.Time(at), user: map[string]string{"k": "v"},
		}
	}
	for name, spoil := range map[string]func(*metadata){
		"":              func(*metadata) {},
		"content type":  func(m *metadata) { m.contentType = aws.String("x") },
		"encoding":      func(m *metadata) { m.encoding = nil },
		"disposition":   func(m *metadata) { m.disposition = aws.String("x") },
		"language":      func(m *metadata) { m.language = aws.String("x") },
		"cache control": func(m *metadata) { m.cacheControl = nil },
		"redirect":      func(m *metadata) { m.redirect = aws.String("x") },
		"expires":       func(m *metadata) { m.expires = aws.Time(at.Add(time.Second)) },
		"no expires":    func(m *metadata) { m.expires = nil },
		"user":          func(m *metadata) { m.user["k"] = "w" },
		"another user":  func(m *metadata) { m.user["l"] = "" },
	} {
		m, there := full(), full()
		spoil(&there)
		if got := m.same(there, ""); got != (name == "") {
			t.Errorf("other %s: %t", name, got)
		}
	}
	none, user := metadata{}, metadata{user: map[string]string{}}
	if !none.same(user, "") {
		t.Error("no metadata are others than none")
	}
	for _, tt := range []struct {
		asked, there types.StorageClass
		want         bool
	}{
		{"", types.StorageClassGlacier, true},
		{types.StorageClassStandard, "", true},
		{types.StorageClassStandard, types.StorageClassGlacier, false},
		{types.StorageClassGlacier, types.StorageClassGlacier, true},
		{types.StorageClassGlacier, "", false},
	} {
		m := metadata{class: tt.asked}
		if got := m.same(metadata{}, tt.there); got != tt.want {
			t.Errorf("asked for %q, there is %q: %t", tt.asked, tt.there, got)
		}
	}
}

// TestExpires: HTTP's three formats of one date. Source: RFC 9110, section 5.6.7.
func TestExpires(t *testing.T) {
	want := time.Date(1994, 11, 6, 8, 49, 37, 0, time.UTC)
	for _, text := range []string{"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"} {
		if got := expires(&text); got == nil || !got.Equal(want) {
			t.Errorf("%s is %v", text, got)
		}
	}
	for _, text := range []*string{nil, aws.String("0"), aws.String("never")} {
		if got := expires(text); got != nil {
			t.Errorf("%v is %v", aws.ToString(text), got)
		}
	}
}

// TestStorageClassOfNone: of an object for which S3 says none, it is STANDARD.
func TestStorageClassOfNone(t *testing.T) {
	for class, want := range map[types.StorageClass]types.StorageClass{"": types.StorageClassStandard, types.StorageClassGlacierIr: types.StorageClassGlacierIr} {
		var asked types.StorageClass
		c := Carry{StorageClass: func(class types.StorageClass) types.StorageClass { asked = class; return "X" }}
		var m metadata
		if c.carry(&m, class); asked != want || m.class != "X" {
			t.Errorf("of %q it was asked for %q, and is %q", class, asked, m.class)
		}
	}
}

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
