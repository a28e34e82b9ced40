package bridge

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
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
