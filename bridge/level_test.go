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
)

// TestLevels copies sources that store different checksums, whole and in parts,
// and demands each level of them.
func TestLevels(t *testing.T) {
	tests := []struct {
		name   string
		source func(*testing.T, *world, []byte)
		whole  bridge.Level
		parts  bridge.Level
	}{
		{"CRC64NVME", putWith(types.ChecksumAlgorithmCrc64nvme), bridge.Stored, bridge.Stored},
		{"CRC32", putWith(types.ChecksumAlgorithmCrc32), bridge.Recomputed, bridge.Recomputed},
		{"CRC32C", putWith(types.ChecksumAlgorithmCrc32c), bridge.Recomputed, bridge.Recomputed},
		{"SHA1", putWith(types.ChecksumAlgorithmSha1), bridge.Recomputed, bridge.Wire},
		{"SHA256", putWith(types.ChecksumAlgorithmSha256), bridge.Recomputed, bridge.Wire},
		{"SHA256 of parts", putParts(types.ChecksumAlgorithmSha256, types.ChecksumTypeComposite), bridge.Wire, bridge.Wire},
		{"CRC32 of parts", putParts(types.ChecksumAlgorithmCrc32, types.ChecksumTypeComposite), bridge.Wire, bridge.Wire},
		{"CRC32 over parts", putParts(types.ChecksumAlgorithmCrc32, types.ChecksumTypeFullObject), bridge.Recomputed, bridge.Recomputed},
		{"CRC64NVME over parts", putParts(types.ChecksumAlgorithmCrc64nvme, types.ChecksumTypeFullObject), bridge.Stored, bridge.Stored},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				content := random(5000)
				tt.source(t, w, content)
				for _, partSize := range []int64{1 << 10, 1 << 20} {
					want := tt.parts
					if partSize > 5000 {
						want = tt.whole
					}
					for demanded := bridge.Unproven; demanded <= bridge.Stored; demanded++ {
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

func putParts(algorithm types.ChecksumAlgorithm, kind types.ChecksumType) func(*testing.T, *world, []byte) {
	return func(t *testing.T, w *world, content []byte) {
		t.Helper()
		bucket, key := aws.String("source"), aws.String("k")
		created := must(w.a.admin.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{
			Bucket: bucket, Key: key, ChecksumAlgorithm: algorithm, ChecksumType: kind,
		}))(t)
		var parts []types.CompletedPart
		for n := int32(1); len(content) > 0; n++ {
			piece := content[:min(len(content), 1500)]
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
