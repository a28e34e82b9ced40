package bridge_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/internal/crc64"
)

func TestCopy(t *testing.T) {
	for _, size := range []int{0, 1, 1023, 1024, 1025, 2048, 10_000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				content := random(size)
				known := w.put(t, "k", content, nil)
				for _, source := range []bridge.Object{known, unknown("k"), {URI: src("k"), Size: known.Size}, {URI: src("k"), ETag: known.ETag, Size: -1}} {
					result, err := w.copier(nil).Copy(t.Context(), dst("k"), source)
					check(t, err)
					parts := max(1, (size+1023)/1024)
					want := &bridge.Result{
						Size: int64(size), ETag: result.ETag, SourceETag: known.ETag, Checksum: crc64.Encode(crc64.Checksum(content)),
						Level: bridge.Stored, Parts: parts, Attempts: parts, Elapsed: result.Elapsed,
					}
					if diff := cmp.Diff(want, result); diff != "" {
						t.Errorf("result differs (-want +got):\n%s", diff)
					}
					if got := w.got(t, "k"); !bytes.Equal(got, content) || result.ETag == "" {
						t.Errorf("%d bytes arrived with ETag %q, want %d", len(got), result.ETag, size)
					}
				}
				if n := w.open(t); n != 0 {
					t.Errorf("%d uploads are open", n)
				}
			})
		})
	}
}

func TestCopyHostileKeys(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for i, key := range []string{"a b+c", "ünï/cödé 🚢", "a//b", "%2F%", "'quotes\"&<>", "dir/", "=?#;:@!$*()"} {
			content := random(2000 + i)
			w.put(t, key, content, nil)
			_, err := w.copier(nil).Copy(t.Context(), dst(key), unknown(key))
			check(t, err)
			if !bytes.Equal(w.got(t, key), content) {
				t.Errorf("%q arrived with other bytes", key)
			}
		}
	})
}

func TestCopyCarriesMetadata(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		expires := time.Date(2031, 2, 3, 4, 5, 6, 0, time.UTC)
		for key, size := range map[string]int{"whole": 100, "empty": 0, "in parts": 5000} {
			w.put(t, key, random(size), func(in *s3.PutObjectInput) {
				in.ContentType, in.ContentEncoding = aws.String("application/parquet"), aws.String("gzip")
				in.ContentDisposition, in.ContentLanguage = aws.String("attachment"), aws.String("de")
				in.CacheControl, in.Expires = aws.String("no-store"), &expires
				in.Metadata = map[string]string{"run": "7", "table": "flights"}
			})
			_, err := w.copier(nil).Copy(t.Context(), dst(key), unknown(key))
			check(t, err)
			got := must(w.b.admin.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("target"), Key: &key}))(t)
			want := map[string]string{
				"type": "application/parquet", "encoding": "gzip", "disposition": "attachment", "language": "de",
				"cache": "no-store", "expires": "Mon, 03 Feb 2031 04:05:06 GMT", "run": "7", "table": "flights",
			}
			have := map[string]string{
				"type": aws.ToString(got.ContentType), "encoding": aws.ToString(got.ContentEncoding),
				"disposition": aws.ToString(got.ContentDisposition), "language": aws.ToString(got.ContentLanguage),
				"cache": aws.ToString(got.CacheControl), "expires": aws.ToString(got.ExpiresString),
				"run": got.Metadata["run"], "table": got.Metadata["table"],
			}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("metadata of the %s object differs (-want +got):\n%s", key, diff)
			}
		}
	})
}

func TestSmallObjects(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		c := w.copier(func(o *bridge.Options) {
			o.Trace.PartStart = func(dst redferry.URI, part int, _ int64) {
				t.Errorf("part %d of %s begins, and nothing is copied", part, dst)
			}
		})
		content := random(500)
		w.put(t, "manifest", content, nil)
		got, err := c.ReadSource(t.Context(), src("manifest"), 500)
		check(t, err)
		if !bytes.Equal(got, content) {
			t.Error("ReadSource returned other bytes")
		}
		if _, err := c.ReadSource(t.Context(), src("manifest"), 499); err == nil {
			t.Error("ReadSource returned more than the limit")
		}
		for _, content := range [][]byte{nil, random(700)} {
			check(t, c.WriteTarget(t.Context(), dst("manifest"), content))
			if got := w.got(t, "manifest"); !bytes.Equal(got, content) {
				t.Errorf("WriteTarget wrote %d bytes, want %d", len(got), len(content))
			}
		}
		w.put(t, "nothing", nil, nil)
		if got, err := c.ReadSource(t.Context(), src("nothing"), 0); err != nil || len(got) > 0 {
			t.Errorf("ReadSource of nothing = %q, %v", got, err)
		}
	})
}
