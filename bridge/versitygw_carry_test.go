package bridge_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/bridge"
)

// sizesOfBoth are those of an object that is sent with one request, and one in parts.
var sizesOfBoth = []int{100, 2*smallest + 1}

// withTags gives both keys the rights to tags beside their own.
func (g *gateways) withTags(t *testing.T) {
	t.Helper()
	g.A.allow(t, append([]string{"s3:GetObjectTagging"}, readerActions...)...)
	g.B.allow(t, append([]string{"s3:PutObjectTagging"}, writerActions...)...)
}

// dressed gives a source object everything that an object can carry.
func dressed(in *s3.PutObjectInput) {
	in.ContentType, in.ContentEncoding = aws.String("text/csv; charset=utf-8"), aws.String("aws-chunked,gzip")
	in.ContentDisposition, in.ContentLanguage = aws.String(`attachment; filename="a b.csv"`), aws.String("de, en")
	in.CacheControl, in.WebsiteRedirectLocation = aws.String("max-age=3600, private"), aws.String("/elsewhere")
	in.Expires = aws.Time(time.Date(2031, 2, 3, 4, 5, 6, 0, time.UTC))
	in.Metadata = map[string]string{"team": "x/y", "a-b": "c, d", "quoted": `"e"`}
	in.Tagging = aws.String("a%20b=c%2Bd%3D&%C3%BC=&team=x%2Fy")
}

// dress is what a reader sees of that.
type dress struct {
	Type, Encoding, Disposition, Language, Cache, Redirect, Expires string

	User map[string]string
	Tags map[string]string
}

func (g *gateway) dressOf(t *testing.T, key string) dress {
	t.Helper()
	head := g.metadataOf(t, key)
	d := dress{
		aws.ToString(head.ContentType), aws.ToString(head.ContentEncoding), aws.ToString(head.ContentDisposition), aws.ToString(head.ContentLanguage),
		aws.ToString(head.CacheControl), aws.ToString(head.WebsiteRedirectLocation), aws.ToString(head.ExpiresString), head.Metadata, make(map[string]string),
	}
	for _, tag := range must(g.admin.GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{Bucket: &g.bucket, Key: &key}))(t).TagSet {
		d.Tags[*tag.Key] = *tag.Value
	}
	return d
}

// TestVersitygwCarry: what an object has beside its bytes arrives, and nothing of how it
// was once sent.
func TestVersitygwCarry(t *testing.T) {
	for _, tags := range []bridge.Tags{bridge.KeepTags, bridge.DropTags} {
		t.Run(string(must(tags.MarshalText())(t))+" tags", func(t *testing.T) {
			g := versitygw(t)
			if tags == bridge.KeepTags {
				g.withTags(t)
			}
			for _, size := range sizesOfBoth {
				content := random(size)
				g.put(t, "k", content, dressed)
				_ = must(g.copier(func(o *bridge.Options) { o.Carry.Tags = tags }).Copy(t.Context(), g.dst("k"), g.unknown("k")))(t)
				g.holds(t, "k", content)
				want := g.A.dressOf(t, "k")
				if want.Encoding != "aws-chunked,gzip" || len(want.User) != 3 || len(want.Tags) != 3 || want.Expires == "" {
					t.Fatalf("the source has %+v", want)
				}
				want.Encoding = "gzip"
				if tags == bridge.DropTags {
					want.Tags = make(map[string]string)
				}
				if diff := cmp.Diff(want, g.B.dressOf(t, "k")); diff != "" {
					t.Errorf("%d bytes (-source +target):\n%s", size, diff)
				}
			}
		})
	}
}

// TestVersitygwNothingToCarry: an object that has nothing gets nothing. versitygw v1.8.0 keeps
// as the encoding of the content what was that of the SDK's request, aws-chunked.
func TestVersitygwNothingToCarry(t *testing.T) {
	g := versitygw(t)
	g.withTags(t)
	for _, size := range sizesOfBoth {
		g.put(t, "k", random(size), nil)
		_ = must(g.copier(func(o *bridge.Options) { o.Carry.Tags = bridge.KeepTags }).Copy(t.Context(), g.dst("k"), g.unknown("k")))(t)
		want := g.A.dressOf(t, "k")
		if want.Encoding != "aws-chunked" {
			t.Errorf("the source has the encoding %q", want.Encoding)
		}
		want.Encoding = ""
		if diff := cmp.Diff(want, g.B.dressOf(t, "k")); diff != "" {
			t.Errorf("%d bytes (-source +target):\n%s", size, diff)
		}
	}
}

// TestVersitygwTagsRefused: a right to tags that is missing is named, tags that must not
// be there fail the copy, and nothing is left.
func TestVersitygwTagsRefused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		tags   bridge.Tags
		change func(*testing.T, *gateways)
		is     error
		want   []string
	}{
		{"the reader may not read them", bridge.KeepTags, func(t *testing.T, g *gateways) { g.A.allow(t, readerActions...) }, fs.ErrPermission, []string{"source: read the tags of", "s3:GetObjectTagging on arn:aws:s3:::"}},
		{"the reader may not look for them", bridge.FailTags, func(t *testing.T, g *gateways) { g.A.allow(t, readerActions...) }, fs.ErrPermission, []string{"source: read the tags of", "s3:GetObjectTagging on"}},
		{"the writer may not write them", bridge.KeepTags, func(t *testing.T, g *gateways) { g.B.allow(t, writerActions...) }, fs.ErrPermission, []string{"target: ", "s3:PutObjectTagging on arn:aws:s3:::"}},
		{"they must not be there", bridge.FailTags, func(*testing.T, *gateways) {}, bridge.ErrTags, []string{"source: read the tags of", "drop or keep tags"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := versitygw(t)
			g.withTags(t)
			tt.change(t, g)
			for _, size := range sizesOfBoth {
				g.put(t, "k", random(size), dressed)
				_, err := g.copier(func(o *bridge.Options) { o.Carry.Tags = tt.tags }).Copy(t.Context(), g.dst("k"), g.unknown("k"))
				says(t, err, tt.is, tt.want)
				g.holds(t, "k", nil)
			}
		})
	}
	g := versitygw(t)
	g.withTags(t)
	for _, size := range sizesOfBoth {
		g.put(t, "k", random(size), nil)
		_ = must(g.copier(func(o *bridge.Options) { o.Carry.Tags = bridge.FailTags }).Copy(t.Context(), g.dst("k"), g.unknown("k")))(t)
	}
}

// A classes target notes the storage classes that it is asked for.
type classes struct {
	*s3.Client
	asked []types.StorageClass
}

func (c *classes) PutObject(ctx context.Context, in *s3.PutObjectInput, options ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	c.asked = append(c.asked, in.StorageClass)
	return c.Client.PutObject(ctx, in, options...)
}

func (c *classes) CreateMultipartUpload(ctx context.Context, in *s3.CreateMultipartUploadInput, options ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error) {
	c.asked = append(c.asked, in.StorageClass)
	return c.Client.CreateMultipartUpload(ctx, in, options...)
}

// TestVersitygwStorageClass: versitygw v1.8.0 has one storage class, STANDARD, takes any and
// keeps that one. So what is seen here is the class that the source is said to have, and the
// one that is asked for.
func TestVersitygwStorageClass(t *testing.T) {
	g := versitygw(t)
	target, said := &classes{Client: g.writer}, []types.StorageClass(nil)
	c := bridge.New(target, g.reader, &bridge.Options{PartSize: smallest, Carry: bridge.Carry{StorageClass: func(source types.StorageClass) types.StorageClass {
		said = append(said, source)
		return types.StorageClassStandardIa
	}}})
	for _, size := range sizesOfBoth {
		content := random(size)
		g.put(t, "k", content, func(in *s3.PutObjectInput) { in.StorageClass = types.StorageClassGlacierIr })
		_ = must(c.Copy(t.Context(), g.dst("k"), g.unknown("k")))(t)
		g.holds(t, "k", content)
		if class := g.B.metadataOf(t, "k").StorageClass; class != types.StorageClassStandard {
			t.Errorf("versitygw keeps %s now: compare it with what was asked for", class)
		}
	}
	standard, asked := []types.StorageClass{types.StorageClassStandard, types.StorageClassStandard}, []types.StorageClass{types.StorageClassStandardIa, types.StorageClassStandardIa}
	if !slices.Equal(said, standard) || !slices.Equal(target.asked, asked) {
		t.Errorf("the source was said to have %v, asked for was %v", said, target.asked)
	}
}

// TestVersitygwEncryption: versitygw v1.8.0 takes the headers of encryption and does nothing
// about them. A copy that was told to encrypt fails: before anything is sent, if there are
// parts; and if not, with the advice to delete what is there in clear.
func TestVersitygwEncryption(t *testing.T) {
	for _, encryption := range []*bridge.Encryption{{Algorithm: types.ServerSideEncryptionAes256}, withKey("alias/data")} {
		t.Run(string(encryption.Algorithm), func(t *testing.T) {
			g := versitygw(t)
			for _, size := range sizesOfBoth {
				g.put(t, "k", random(size), nil)
				result, err := g.copier(func(o *bridge.Options) {
					o.Carry.Encryption, o.Journal = encryption, new(bridge.MemJournal)
				}).Copy(t.Context(), g.dst("k"), g.unknown("k"))
				says(t, err, nil, []string{"target: ", "does not encrypt as it was told to", string(encryption.Algorithm), "leave the encryption to the bucket"})
				if strings.Contains(err.Error(), "delete the object") != (size == sizesOfBoth[0]) || result != nil || bridge.Resumable(err) || g.open(t) != 0 {
					t.Errorf("%d bytes: the result is %+v, %d uploads are open, %v", size, result, g.open(t), err)
				}
				var e *bridge.Error
				if errors.As(err, &e) && e.Side != bridge.SideTarget {
					t.Errorf("%d bytes: the %s is blamed", size, e.Side)
				}
			}
		})
	}
}
