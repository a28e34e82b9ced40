package bridge_test

import (
	"bytes"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

const (
	readWithTags  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:GetObjectTagging"],"Resource":"arn:aws:s3:::source/*"}]}`
	writeWithTags = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:PutObject","s3:PutObjectTagging","s3:AbortMultipartUpload","s3:ListMultipartUploadParts"],"Resource":"arn:aws:s3:::target/*"}]}`
)

// TestCarry carries storage class, tags and encryption over, whole and in parts.
func TestCarry(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		reader, writer := w.client(t, w.a, readWithTags), w.client(t, w.b, writeWithTags)
		for _, size := range []int{0, 100, 5000} {
			content := random(size)
			w.put(t, "k", content, func(in *s3.PutObjectInput) {
				in.StorageClass, in.Tagging = types.StorageClassGlacierIr, aws.String("a+b=c%2Bd%3D&%C3%BC=&team=x%2Fy")
			})
			w.b.s3.Inject(fakes3.Fault{Op: "PutObject", Status: 503, Code: "SlowDown"})
			w.a.s3.Inject(fakes3.Fault{Op: "GetObjectTagging", Status: 503, Code: "SlowDown"})
			c := bridge.New(writer, reader, &bridge.Options{PartSize: 1 << 10, Carry: bridge.Carry{
				StorageClass: bridge.SameStorageClass, Tags: bridge.KeepTags, Encryption: &bridge.Encryption{Algorithm: types.ServerSideEncryptionAes256},
			}})
			_ = must(c.Copy(t.Context(), dst("k"), unknown("k")))(t)
			head := must(w.b.admin.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("target"), Key: aws.String("k")}))(t)
			tags := must(w.b.admin.GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{Bucket: aws.String("target"), Key: aws.String("k")}))(t)
			if head.StorageClass != types.StorageClassGlacierIr || !bytes.Equal(w.got(t, "k"), content) {
				t.Errorf("%d bytes: the class is %q", size, head.StorageClass)
			}
			got := make(map[string]string)
			for _, tag := range tags.TagSet {
				got[*tag.Key] = *tag.Value
			}
			if diff := cmp.Diff(map[string]string{"a b": "c+d=", "ü": "", "team": "x/y"}, got); diff != "" {
				t.Errorf("%d bytes: tags (-want +got):\n%s", size, diff)
			}
		}
	})
}

// TestCarryNothing: the default asks for no right that it does not need, and takes
// nothing over.
func TestCarryNothing(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for _, size := range []int{100, 5000} {
			w.put(t, "k", random(size), func(in *s3.PutObjectInput) {
				in.StorageClass, in.Tagging = types.StorageClassStandardIa, aws.String("a=b")
			})
			_ = must(w.copier(nil).Copy(t.Context(), dst("k"), unknown("k")))(t)
			head := must(w.b.admin.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("target"), Key: aws.String("k")}))(t)
			if head.StorageClass != "" || aws.ToInt32(head.TagCount) != 0 {
				t.Errorf("the target has class %q and %d tags", head.StorageClass, aws.ToInt32(head.TagCount))
			}
		}
	})
}

// TestTagsRefused: what a key may not do with tags is named, and an object with tags
// fails where that is asked for; nothing is left at the target.
func TestTagsRefused(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		reader := w.client(t, w.a, readWithTags)
		for _, size := range []int{100, 5000} {
			w.put(t, "k", random(size), func(in *s3.PutObjectInput) { in.Tagging = aws.String("a=b") })
			for _, tt := range []struct {
				name   string
				reader *s3.Client
				tags   bridge.Tags
				want   error
				advice string
			}{
				{"the reader may not read them", w.reader, bridge.KeepTags, fs.ErrPermission, "s3:GetObjectTagging on arn:aws:s3:::source/k"},
				{"the reader may not look for them", w.reader, bridge.FailTags, fs.ErrPermission, "s3:GetObjectTagging on arn:aws:s3:::source/k"},
				{"the writer may not write them", reader, bridge.KeepTags, fs.ErrPermission, "s3:PutObjectTagging on arn:aws:s3:::target/k"},
				{"they must not be there", reader, bridge.FailTags, bridge.ErrTags, "drop or keep tags"},
			} {
				c := bridge.New(w.writer, tt.reader, &bridge.Options{PartSize: 1 << 10, Carry: bridge.Carry{Tags: tt.tags}})
				_, err := c.Copy(t.Context(), dst("k"), unknown("k"))
				if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.advice) {
					t.Errorf("%d bytes, %s: got %v", size, tt.name, err)
				}
			}
			w.put(t, "none", random(size), nil)
			c := bridge.New(w.writer, reader, &bridge.Options{PartSize: 1 << 10, Carry: bridge.Carry{Tags: bridge.FailTags}})
			_ = must(c.Copy(t.Context(), dst("none"), unknown("none")))(t)
		}
		if w.got(t, "k") != nil || w.open(t) != 0 {
			t.Errorf("%d uploads are open, and the target has %d bytes", w.open(t), len(w.got(t, "k")))
		}
	})
}

func TestTagsText(t *testing.T) {
	for _, want := range []bridge.Tags{bridge.DropTags, bridge.KeepTags, bridge.FailTags} {
		var got bridge.Tags
		text := must(want.MarshalText())(t)
		if err := got.UnmarshalText(text); err != nil || got != want {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	var got bridge.Tags
	if err := got.UnmarshalText([]byte("all")); err == nil || !strings.Contains(err.Error(), "drop, keep or fail") {
		t.Errorf("got %v", err)
	}
}
