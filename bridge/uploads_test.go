package bridge

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry"
)

// An uploadPages is a target that lists these pages of uploads.
type uploadPages struct {
	Destination
	pages []*s3.ListMultipartUploadsOutput
	asked []string // the keys behind which pages begin
}

func (p *uploadPages) ListMultipartUploads(_ context.Context, in *s3.ListMultipartUploadsInput, _ ...func(*s3.Options)) (*s3.ListMultipartUploadsOutput, error) {
	p.asked = append(p.asked, aws.ToString(in.KeyMarker)+" "+aws.ToString(in.UploadIdMarker))
	return p.pages[len(p.asked)-1], nil
}

// uploadPage has an upload for each of these keys, and ends with next.
func uploadPage(truncated bool, next *string, keys ...string) *s3.ListMultipartUploadsOutput {
	page := &s3.ListMultipartUploadsOutput{IsTruncated: &truncated, NextKeyMarker: next, NextUploadIdMarker: aws.String("id"), EncodingType: types.EncodingTypeUrl}
	for _, key := range keys {
		page.Uploads = append(page.Uploads, types.MultipartUpload{Key: &key})
	}
	return page
}

// TestUploads: pages are read until one says that it is the last, or says nothing of
// what comes next; and no further than somebody wants.
func TestUploads(t *testing.T) {
	more := aws.String("b%2Bc")
	for _, tt := range []struct {
		name  string
		pages []*s3.ListMultipartUploadsOutput
		most  int // how many are wanted
		keys  []string
		asked []string
		says  string
	}{
		{"two pages", []*s3.ListMultipartUploadsOutput{uploadPage(true, more, "a%20b", "b%2Bc"), uploadPage(false, nil, "d")}, 9, []string{"a b", "b+c", "d"}, []string{" ", "b+c id"}, ""},
		{"the last says where it ends", []*s3.ListMultipartUploadsOutput{uploadPage(false, more, "a")}, 9, []string{"a"}, []string{" "}, ""},
		{"there are more, but nobody says where", []*s3.ListMultipartUploadsOutput{uploadPage(true, nil, "a")}, 9, []string{"a"}, []string{" "}, "no marker leads to them"},
		{"more, but no further", []*s3.ListMultipartUploadsOutput{uploadPage(true, more, "a"), uploadPage(true, more, "b")}, 9, []string{"a", "b"}, []string{" ", "b+c id"}, "no marker leads to them"},
		{"one is enough", []*s3.ListMultipartUploadsOutput{uploadPage(true, more, "a", "b")}, 1, []string{"a"}, []string{" "}, ""},
		{"a key escaped wrongly", []*s3.ListMultipartUploadsOutput{uploadPage(true, more, "a", "%zz", "c")}, 9, []string{"a"}, []string{" "}, `"%zz" is escaped wrongly`},
		{"a marker escaped wrongly", []*s3.ListMultipartUploadsOutput{uploadPage(true, aws.String("%"), "a")}, 9, []string{"a"}, []string{" "}, `"%" is escaped wrongly`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			target := &uploadPages{pages: tt.pages}
			tr := &transfer{c: New(target, nil, &Options{Retries: -1})}
			var keys []string
			var last error
			for u, err := range tr.uploads(t.Context(), redferry.URI{Bucket: "b"}) {
				if last = err; err == nil {
					keys = append(keys, u.dst.Key)
				}
				if len(keys) == tt.most {
					break
				}
			}
			if !slices.Equal(keys, tt.keys) || !slices.Equal(target.asked, tt.asked) || (last == nil) != (tt.says == "") || last != nil && !strings.Contains(last.Error(), tt.says) {
				t.Errorf("got %q, %v, asked for %q; want %q, %q", keys, last, target.asked, tt.keys, tt.asked)
			}
		})
	}
}
