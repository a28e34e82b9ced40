package bridge_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// TestLevels copies sources that store different checksums, whole and in parts,
// and demands each level of them.
func TestLevels(t *testing.T) {
	const wire, recomputed, stored = bridge.Wire, bridge.Recomputed, bridge.Stored
	tests := []struct {
		name   string
		source func(*testing.T, *world, []byte)
		whole  bridge.Level
		parts  bridge.Level
		most   bridge.Level // that is reached if it is demanded
	}{
		{"CRC64NVME", putWith(types.ChecksumAlgorithmCrc64nvme), stored, stored, stored},
		{"CRC32", putWith(types.ChecksumAlgorithmCrc32), recomputed, recomputed, recomputed},
		{"CRC32C", putWith(types.ChecksumAlgorithmCrc32c), recomputed, recomputed, recomputed},
		{"SHA1", putWith(types.ChecksumAlgorithmSha1), recomputed, wire, recomputed},
		{"SHA256", putWith(types.ChecksumAlgorithmSha256), recomputed, wire, recomputed},
		{"SHA256 of parts", putParts(types.ChecksumAlgorithmSha256, types.ChecksumTypeComposite, 1500), recomputed, recomputed, recomputed},
		{"CRC32 of parts", putParts(types.ChecksumAlgorithmCrc32, types.ChecksumTypeComposite, 1500), recomputed, recomputed, recomputed},
		{"SHA256 of as many bytes each", putParts(types.ChecksumAlgorithmSha256, types.ChecksumTypeComposite, 1250), recomputed, recomputed, recomputed},
		{"SHA256 of one part", putParts(types.ChecksumAlgorithmSha256, types.ChecksumTypeComposite, 5000), recomputed, recomputed, recomputed},
		{"SHA256 of parts much smaller than ours", putParts(types.ChecksumAlgorithmSha256, types.ChecksumTypeComposite, 100), recomputed, wire, recomputed},
		{"SHA256 of parts of many sizes", putParts(types.ChecksumAlgorithmSha256, types.ChecksumTypeComposite, 1500, 1700, 1300, 500), wire, wire, wire},
		{"SHA256 of parts whose number does not fit", putParts(types.ChecksumAlgorithmSha256, types.ChecksumTypeComposite, 1500, 100, 1000, 2400), wire, wire, wire},
		{"CRC32 over parts", putParts(types.ChecksumAlgorithmCrc32, types.ChecksumTypeFullObject, 1500), recomputed, recomputed, recomputed},
		{"CRC64NVME over parts", putParts(types.ChecksumAlgorithmCrc64nvme, types.ChecksumTypeFullObject, 1500), stored, stored, stored},
		{"an ETag alone", putOld(0), wire, wire, recomputed},
		{"an ETag of parts alone", putOld(1500), wire, wire, recomputed},
		{"an ETag of one part alone", putOld(5000), wire, wire, recomputed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				content := random(5000)
				tt.source(t, w, content)
				for _, partSize := range []int64{1 << 10, 1 << 20} {
					usual := tt.parts
					if partSize > 5000 {
						usual = tt.whole
					}
					for demanded := bridge.Unproven; demanded <= stored; demanded++ {
						want := usual
						if demanded == recomputed {
							want = tt.most
						}
						demand(t, w, content, partSize, demanded, want)
					}
				}
			})
		})
	}
}

func demand(t *testing.T, w *world, content []byte, partSize int64, demanded, want bridge.Level) {
	t.Helper()
	key := fmt.Sprintf("%d/%s", partSize, demanded)
	result, err := w.copier(func(o *bridge.Options) { o.PartSize, o.MinLevel = partSize, demanded }).Copy(t.Context(), dst(key), unknown("k"))
	if demanded > want {
		if !errors.Is(err, bridge.ErrLevel) || w.got(t, key) != nil || w.open(t) != 0 {
			t.Errorf("parts of %d: demanded %s of what proves %s: %v, and the target has %d bytes", partSize, demanded, want, err, len(w.got(t, key)))
		}
		return
	}
	if err != nil || result.Level != want || !bytes.Equal(w.got(t, key), content) {
		t.Errorf("parts of %d: demanded %s: %+v, %v, want level %s", partSize, demanded, result, err, want)
	}
}

func putWith(algorithm types.ChecksumAlgorithm) func(*testing.T, *world, []byte) {
	return func(t *testing.T, w *world, content []byte) {
		w.put(t, "k", content, func(in *s3.PutObjectInput) { in.ChecksumAlgorithm = algorithm })
	}
}

// putOld writes an object without a checksum, as they were written before S3 computed one
// of each: whole, or in parts of a size.
func putOld(partSize int64) func(*testing.T, *world, []byte) {
	return func(t *testing.T, w *world, content []byte) {
		t.Helper()
		must(w.a.s3.Put(src("k"), bytes.NewReader(content), &fakes3.PutOptions{Checksum: "none", PartSize: partSize}))(t)
	}
}

// putParts writes an object in parts of these sizes, the last one again and again.
func putParts(algorithm types.ChecksumAlgorithm, kind types.ChecksumType, sizes ...int) func(*testing.T, *world, []byte) {
	return func(t *testing.T, w *world, content []byte) {
		t.Helper()
		bucket, key := aws.String("source"), aws.String("k")
		created := must(w.a.admin.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{
			Bucket: bucket, Key: key, ChecksumAlgorithm: algorithm, ChecksumType: kind,
		}))(t)
		var parts []types.CompletedPart
		for n := int32(1); len(content) > 0; n++ {
			piece := content[:min(len(content), sizes[min(int(n), len(sizes))-1])]
			content = content[len(piece):]
			p := must(w.a.admin.UploadPart(t.Context(), &s3.UploadPartInput{
				Bucket: bucket, Key: key, UploadId: created.UploadId, PartNumber: &n, Body: bytes.NewReader(piece), ChecksumAlgorithm: algorithm,
			}))(t)
			parts = append(parts, types.CompletedPart{
				PartNumber: &n, ETag: p.ETag, ChecksumCRC32: p.ChecksumCRC32, ChecksumCRC64NVME: p.ChecksumCRC64NVME, ChecksumSHA256: p.ChecksumSHA256,
			})
		}
		must(w.a.admin.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{
			Bucket: bucket, Key: key, UploadId: created.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}, ChecksumType: kind,
		}))(t)
	}
}
