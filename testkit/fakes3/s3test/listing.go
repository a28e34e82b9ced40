package s3test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
)

func listCases() []Case {
	return []Case{
		{"ListInOrderOfUTF8", listOrder},
		{"ListPages", listPages},
		{"ListWithDelimiter", listDelimiter},
		{"ListStartAfter", listStartAfter},
		{"ListEncodingURL", listEncoding},
		{"ListV1", listV1},
		{"ListUploadsInOrderOfKeys", listUploads},
	}
}

// list returns the names and common prefixes of all pages, without the case's
// prefix, and the number of pages.
func (b *bench) list(in *s3.ListObjectsV2Input) (names, prefixes []string, pages int) {
	b.Helper()
	in.Bucket = &b.bucket
	in.Prefix = aws.String(b.prefix + aws.ToString(in.Prefix))
	paginator := s3.NewListObjectsV2Paginator(b.client, in)
	for paginator.HasMorePages() {
		page, err := paginator.NextPage(b.Context())
		b.ok(err)
		pages++
		equal(b, "KeyCount", int(aws.ToInt32(page.KeyCount)), len(page.Contents)+len(page.CommonPrefixes))
		for _, o := range page.Contents {
			names = append(names, strings.TrimPrefix(aws.ToString(o.Key), b.prefix))
		}
		for _, p := range page.CommonPrefixes {
			prefixes = append(prefixes, strings.TrimPrefix(aws.ToString(p.Prefix), b.prefix))
		}
	}
	return names, prefixes, pages
}

func (b *bench) putAll(names ...string) {
	b.Helper()
	for _, name := range names {
		b.put(name, nil)
	}
}

func listOrder(b *bench) {
	want := []string{"A", "Z", "a b", "a-b", "a.b", "a/b", "ab", "z", "ä", "ﬀ", "😀"}
	shuffled := slices.Clone(want)
	slices.Reverse(shuffled)
	b.putAll(shuffled...)
	got, _, _ := b.list(&s3.ListObjectsV2Input{})
	if diff := cmp.Diff(want, got); diff != "" {
		b.Errorf("keys (-want +got):\n%s", diff)
	}
}

func listPages(b *bench) {
	var want []string
	for i := range 7 {
		want = append(want, fmt.Sprintf("key-%d", i))
	}
	b.putAll(want...)
	got, _, pages := b.list(&s3.ListObjectsV2Input{MaxKeys: aws.Int32(3)})
	if diff := cmp.Diff(want, got); diff != "" {
		b.Errorf("keys (-want +got):\n%s", diff)
	}
	equal(b, "pages", pages, 3)
}

func listDelimiter(b *bench) {
	b.putAll("2024/a", "2024/b", "2025/a", "2025/b/c", "top", "zz/")
	for _, limit := range []int32{1, 2, 1000} {
		names, prefixes, _ := b.list(&s3.ListObjectsV2Input{Delimiter: aws.String("/"), MaxKeys: &limit})
		if diff := cmp.Diff([]string{"top"}, names); diff != "" {
			b.Errorf("keys in pages of %d (-want +got):\n%s", limit, diff)
		}
		if diff := cmp.Diff([]string{"2024/", "2025/", "zz/"}, prefixes); diff != "" {
			b.Errorf("common prefixes in pages of %d (-want +got):\n%s", limit, diff)
		}
	}
	names, prefixes, _ := b.list(&s3.ListObjectsV2Input{Prefix: aws.String("2025/"), Delimiter: aws.String("/")})
	if diff := cmp.Diff([][]string{{"2025/a"}, {"2025/b/"}}, [][]string{names, prefixes}); diff != "" {
		b.Errorf("below 2025/ (-want +got):\n%s", diff)
	}
}

// listStartAfter begins behind keys that are there, that are not, and that lie before
// or behind all of the prefix; the pages that follow go on where a token says.
func listStartAfter(b *bench) {
	names := []string{"a", "a b+%", "b/1", "b/2", "b/3", "c", "ä"}
	b.putAll(names...)
	for _, tt := range []struct {
		prefix, after string
		want          []string
	}{
		{"", b.prefix + "a", names[1:]},
		{"", b.prefix + "a b+%", names[2:]},
		{"", b.prefix + "a b", names[1:]},
		{"", b.prefix + "b/", names[2:]},
		{"", b.prefix + "c", names[6:]},
		{"", b.prefix + "ä", nil},
		{"", b.prefix + "\U0010ffff", nil},
		{"", b.prefix[:len(b.prefix)-1], names},
		{"", "!", names},
		{"b/", b.prefix + "a", names[2:5]},
		{"b/", b.prefix + "b/", names[2:5]},
		{"b/", b.prefix + "b/2", names[4:5]},
		{"b/", b.prefix + "b0", nil},
	} {
		for _, limit := range []int32{2, 1000} {
			got, _, pages := b.list(&s3.ListObjectsV2Input{Prefix: &tt.prefix, StartAfter: &tt.after, MaxKeys: &limit})
			if diff := cmp.Diff(tt.want, got); diff != "" {
				b.Errorf("below %q behind %q in pages of %d (-want +got):\n%s", tt.prefix, tt.after, limit, diff)
			}
			equal(b, "pages", pages, max(1, (len(tt.want)+int(limit)-1)/int(limit)))
		}
	}
}

func listEncoding(b *bench) {
	b.putAll("a b+%", "a b+c/ä")
	out, err := b.client.ListObjectsV2(b.Context(), &s3.ListObjectsV2Input{
		Bucket: &b.bucket, Prefix: &b.prefix, StartAfter: b.key("a b+%"), EncodingType: types.EncodingTypeUrl,
	})
	b.ok(err)
	equal(b, "StartAfter", strings.TrimPrefix(aws.ToString(out.StartAfter), b.prefix), "a+b%2B%25")
	equal(b, "keys", len(out.Contents), 1)
	if len(out.Contents) == 1 {
		equal(b, "key", strings.TrimPrefix(aws.ToString(out.Contents[0].Key), b.prefix), "a+b%2Bc/%C3%A4")
	}
}

func listV1(b *bench) {
	b.putAll("a", "b/c", "b/d", "e")
	var got []string
	in := &s3.ListObjectsInput{Bucket: &b.bucket, Prefix: &b.prefix, Delimiter: aws.String("/"), MaxKeys: aws.Int32(1)}
	for range 4 {
		out, err := b.client.ListObjects(b.Context(), in)
		b.ok(err)
		for _, o := range out.Contents {
			got = append(got, strings.TrimPrefix(aws.ToString(o.Key), b.prefix))
		}
		for _, p := range out.CommonPrefixes {
			got = append(got, strings.TrimPrefix(aws.ToString(p.Prefix), b.prefix))
		}
		if !aws.ToBool(out.IsTruncated) {
			break
		}
		in.Marker = out.NextMarker
	}
	if diff := cmp.Diff([]string{"a", "b/", "e"}, got); diff != "" {
		b.Errorf("entries (-want +got):\n%s", diff)
	}
}

func listUploads(b *bench) {
	for _, name := range []string{"b", "a", "b", "c"} {
		_, err := b.client.CreateMultipartUpload(b.Context(), &s3.CreateMultipartUploadInput{Bucket: &b.bucket, Key: b.key(name)})
		b.ok(err)
	}
	var got []string
	seen := make(map[string]bool)
	pages := s3.NewListMultipartUploadsPaginator(b.client, &s3.ListMultipartUploadsInput{Bucket: &b.bucket, Prefix: &b.prefix, MaxUploads: aws.Int32(1)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(b.Context())
		b.ok(err)
		for _, u := range page.Uploads {
			got = append(got, strings.TrimPrefix(aws.ToString(u.Key), b.prefix))
			seen[aws.ToString(u.UploadId)] = true
		}
	}
	if diff := cmp.Diff([]string{"a", "b", "b", "c"}, got); diff != "" {
		b.Errorf("keys (-want +got):\n%s", diff)
	}
	equal(b, "different uploads", len(seen), 4)
}
