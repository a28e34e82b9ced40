package bridge_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/bridge"
)

// TestVersitygwLevels copies sources that store different checksums, whole and in
// parts, and demands what they prove and more. versitygw v1.8.0 stores all of these as
// AWS does, a CRC64NVME of its own where the writer sends no checksum.
func TestVersitygwLevels(t *testing.T) {
	content := random(2*smallest + 100)
	tests := []struct {
		name         string
		source       func(*testing.T, *gateways, []byte)
		whole, parts bridge.Level
		most         bridge.Level // that is reached if it is demanded
	}{
		{"CRC64NVME", realPut(types.ChecksumAlgorithmCrc64nvme), bridge.Stored, bridge.Stored, bridge.Stored},
		{"none, of a writer that knows of no checksums", realPutBare, bridge.Stored, bridge.Stored, bridge.Stored},
		{"CRC32C", realPut(types.ChecksumAlgorithmCrc32c), bridge.Recomputed, bridge.Recomputed, bridge.Recomputed},
		{"SHA256", realPut(types.ChecksumAlgorithmSha256), bridge.Recomputed, bridge.Wire, bridge.Recomputed},
		{"CRC64NVME over parts", realParts(types.ChecksumAlgorithmCrc64nvme, types.ChecksumTypeFullObject), bridge.Stored, bridge.Stored, bridge.Stored},
		{"CRC32 over parts", realParts(types.ChecksumAlgorithmCrc32, types.ChecksumTypeFullObject), bridge.Recomputed, bridge.Recomputed, bridge.Recomputed},
		{"SHA256 of parts", realParts(types.ChecksumAlgorithmSha256, types.ChecksumTypeComposite), bridge.Recomputed, bridge.Recomputed, bridge.Recomputed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := versitygw(t)
			tt.source(t, g, content)
			for partSize, usual := range map[int64]bridge.Level{smallest: tt.parts, 4 * smallest: tt.whole} {
				realDemand(t, g, content, partSize, usual, tt.most)
			}
		})
	}
}

// realDemand copies the object k, demanding nothing, more than it can prove, and that.
func realDemand(t *testing.T, g *gateways, content []byte, partSize int64, usual, most bridge.Level) {
	t.Helper()
	key := fmt.Sprintf("parts of %d", partSize)
	demand := func(level bridge.Level) (*bridge.Result, error) {
		return g.copier(func(o *bridge.Options) { o.PartSize, o.MinLevel = partSize, level }).Copy(t.Context(), g.dst(key), g.unknown("k"))
	}
	if most < bridge.Stored {
		if _, err := demand(most + 1); !errors.Is(err, bridge.ErrLevel) {
			t.Errorf("%s: demanded %s: %v, want ErrLevel", key, most+1, err)
		}
		g.holds(t, key, nil)
	}
	if result, err := demand(bridge.Wire); err != nil || result.Level != usual {
		t.Errorf("%s: %+v, %v, want level %s", key, result, err, usual)
	}
	result, err := demand(most)
	if err != nil || result.Level != most {
		t.Errorf("%s: demanded %s: %+v, %v", key, most, result, err)
		return
	}
	g.holds(t, key, content)
	if head := g.B.metadataOf(t, key); aws.ToString(head.ChecksumCRC64NVME) != result.Checksum || aws.ToString(head.ETag) != result.ETag {
		t.Errorf("%s: the target stores %s as %s, the result is %+v", key, aws.ToString(head.ChecksumCRC64NVME), aws.ToString(head.ETag), result)
	}
}

func realPut(algorithm types.ChecksumAlgorithm) func(*testing.T, *gateways, []byte) {
	return func(t *testing.T, g *gateways, content []byte) {
		g.put(t, "k", content, func(in *s3.PutObjectInput) { in.ChecksumAlgorithm = algorithm })
	}
}

func realPutBare(t *testing.T, g *gateways, content []byte) {
	_ = must(g.A.admin.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &g.A.bucket, Key: aws.String("k"), Body: bytes.NewReader(content)},
		func(o *s3.Options) { o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired }))(t)
}

// realParts puts k as two large parts and the rest.
func realParts(algorithm types.ChecksumAlgorithm, kind types.ChecksumType) func(*testing.T, *gateways, []byte) {
	return func(t *testing.T, g *gateways, content []byte) {
		t.Helper()
		bucket, key := &g.A.bucket, aws.String("k")
		created := must(g.A.admin.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{
			Bucket: bucket, Key: key, ChecksumAlgorithm: algorithm, ChecksumType: kind,
		}))(t)
		var parts []types.CompletedPart
		for n := int32(1); len(content) > 0; n++ {
			piece := content[:min(len(content), smallest)]
			content = content[len(piece):]
			p := must(g.A.admin.UploadPart(t.Context(), &s3.UploadPartInput{
				Bucket: bucket, Key: key, UploadId: created.UploadId, PartNumber: &n, Body: bytes.NewReader(piece), ChecksumAlgorithm: algorithm,
			}))(t)
			parts = append(parts, types.CompletedPart{
				PartNumber: &n, ETag: p.ETag, ChecksumCRC32: p.ChecksumCRC32, ChecksumCRC64NVME: p.ChecksumCRC64NVME, ChecksumSHA256: p.ChecksumSHA256,
			})
		}
		_ = must(g.A.admin.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{
			Bucket: bucket, Key: key, UploadId: created.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}, ChecksumType: kind,
		}))(t)
	}
}

// TestVersitygwMetadata: what an object carries arrives with it, in one request and in
// parts.
func TestVersitygwMetadata(t *testing.T) {
	g := versitygw(t)
	expires := time.Date(2031, 2, 3, 4, 5, 6, 0, time.UTC)
	for key, size := range map[string]int{"whole": 10, "in parts": smallest + 1} {
		g.put(t, key, random(size), func(in *s3.PutObjectInput) {
			in.ContentType, in.ContentEncoding = aws.String("application/parquet"), aws.String("gzip")
			in.ContentDisposition, in.ContentLanguage = aws.String(`attachment; filename="x.parquet"`), aws.String("de")
			in.CacheControl, in.Expires = aws.String("no-store"), &expires
			in.WebsiteRedirectLocation = aws.String("/elsewhere")
			in.Metadata = map[string]string{"source-system": "a b=c; d", "n": "1"}
		})
		_, err := g.copier(nil).Copy(t.Context(), g.dst(key), g.unknown(key))
		check(t, err)
		if diff := cmp.Diff(carried(g.A.metadataOf(t, key)), carried(g.B.metadataOf(t, key))); diff != "" {
			t.Errorf("%s differs (-source +target):\n%s", key, diff)
		}
		if got := carried(g.B.metadataOf(t, key)); got["type"] != "application/parquet" || got["user source-system"] != "a b=c; d" || got["expires"] == "" {
			t.Errorf("%s arrived with %v", key, got)
		}
	}
}

func carried(h *s3.HeadObjectOutput) map[string]string {
	all := map[string]string{
		"type": aws.ToString(h.ContentType), "encoding": aws.ToString(h.ContentEncoding), "disposition": aws.ToString(h.ContentDisposition),
		"language": aws.ToString(h.ContentLanguage), "cache": aws.ToString(h.CacheControl), "expires": aws.ToString(h.ExpiresString),
		"redirect": aws.ToString(h.WebsiteRedirectLocation),
	}
	for name, value := range h.Metadata {
		all["user "+name] = value
	}
	return all
}
