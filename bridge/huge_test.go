package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/internal/crc64"
)

const (
	kibibyte = 1 << 10
	mebibyte = kibibyte << 10
	gibibyte = mebibyte << 10
	tebibyte = gibibyte << 10
)

// A hugeSource has one object of any size, all zeros, and takes no room for it.
type hugeSource struct{ size int64 }

func (s hugeSource) HeadObject(context.Context, *s3.HeadObjectInput, ...func(*s3.Options)) (*s3.HeadObjectOutput, error) {
	return &s3.HeadObjectOutput{ETag: aws.String(`"e"`), ContentLength: &s.size}, nil
}

func (s hugeSource) GetObject(_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	var from, to int64
	if _, err := fmt.Sscanf(aws.ToString(in.Range), "bytes=%d-%d", &from, &to); err != nil || to >= s.size || to-from > mebibyte {
		return nil, fmt.Errorf("%q is not to be read of %d bytes", aws.ToString(in.Range), s.size)
	}
	body := io.NopCloser(bytes.NewReader(make([]byte, to-from+1)))
	return &s3.GetObjectOutput{ETag: aws.String(`"e"`), ContentLength: aws.Int64(to - from + 1), ContentRange: aws.String(fmt.Sprintf("bytes %d-%d/%d", from, to, s.size)), Body: body}, nil
}

// A countingTarget keeps the lengths of the parts of one upload, and nothing else.
// What else a Destination can do is not to be asked of it.
type countingTarget struct {
	bridge.Destination

	mu      sync.Mutex // guards what follows
	calls   []string   // but those for parts
	parts   map[int32]int64
	ordered int // parts that the completion named, in their order
}

func (d *countingTarget) call(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, name)
}

func (d *countingTarget) CreateMultipartUpload(context.Context, *s3.CreateMultipartUploadInput, ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error) {
	d.call("create")
	return &s3.CreateMultipartUploadOutput{UploadId: aws.String("u")}, nil
}

func (d *countingTarget) AbortMultipartUpload(context.Context, *s3.AbortMultipartUploadInput, ...func(*s3.Options)) (*s3.AbortMultipartUploadOutput, error) {
	d.call("abort")
	return &s3.AbortMultipartUploadOutput{}, nil
}

func (d *countingTarget) UploadPart(_ context.Context, in *s3.UploadPartInput, _ ...func(*s3.Options)) (*s3.UploadPartOutput, error) {
	content, err := io.ReadAll(in.Body)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.parts == nil {
		d.parts = make(map[int32]int64)
	}
	d.parts[*in.PartNumber] = int64(len(content))
	return &s3.UploadPartOutput{ETag: aws.String(`"p"`), ChecksumCRC64NVME: aws.String(crc64.Encode(crc64.Checksum(content)))}, nil
}

func (d *countingTarget) CompleteMultipartUpload(_ context.Context, in *s3.CompleteMultipartUploadInput, _ ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error) {
	d.call("complete")
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, p := range in.MultipartUpload.Parts {
		if int(*p.PartNumber) == i+1 {
			d.ordered++
		}
	}
	return &s3.CompleteMultipartUploadOutput{ETag: aws.String(`"done"`), ChecksumCRC64NVME: in.ChecksumCRC64NVME}, nil
}

// A planJournal keeps the plan of an upload and then fails, so that nothing of it is
// sent.
type planJournal struct {
	bridge.MemJournal
	plan bridge.Upload
}

var errPlanned = errors.New("planned")

func (j *planJournal) Save(_ context.Context, u bridge.Upload) error {
	j.plan = u
	return errPlanned
}

// TestHugePlans plans objects up to the largest, and copies nothing of them.
func TestHugePlans(t *testing.T) {
	const largest = 10_000 * 5 * gibibyte
	for _, tt := range []struct {
		name           string
		size, partSize int64
		wantPart       int64
		wantCount      int64
	}{
		{"10,000 parts", 10_000 * 32 * mebibyte, 0, 32 * mebibyte, 10_000},
		{"a byte more", 10_000*32*mebibyte + 1, 0, 33 * mebibyte, 9_697},
		{"10,000 of the smallest parts", 10_000 * 5 * mebibyte, 5 * mebibyte, 5 * mebibyte, 10_000},
		{"a byte more of those", 10_000*5*mebibyte + 1, 5 * mebibyte, 6 * mebibyte, 8_334},
		{"the largest object there once was", 5 * tebibyte, 0, 525 * mebibyte, 9_987},
		{"a byte more than that", 5*tebibyte + 1, 0, 525 * mebibyte, 9_987},
		{"a byte less than the largest object", largest - 1, 0, 5 * gibibyte, 10_000},
		{"the largest object", largest, 0, 5 * gibibyte, 10_000},
		{"the largest object in the largest parts", largest, 5 * gibibyte, 5 * gibibyte, 10_000},
		{"parts that are too large", largest, 6 * gibibyte, 5 * gibibyte, 10_000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			target, journal := new(countingTarget), new(planJournal)
			c := bridge.New(target, hugeSource{tt.size}, &bridge.Options{PartSize: tt.partSize, Journal: journal})
			if _, err := c.Copy(t.Context(), dst("k"), unknown("k")); !errors.Is(err, errPlanned) {
				t.Fatalf("the copy ended with %v", err)
			}
			p := journal.plan
			if count := (p.Size + p.PartSize - 1) / p.PartSize; p.Size != tt.size || p.PartSize != tt.wantPart || count != tt.wantCount {
				t.Errorf("%d bytes in %d parts of %d, want %d in %d parts of %d", p.Size, count, p.PartSize, tt.size, tt.wantCount, tt.wantPart)
			}
			if !slices.Equal(target.calls, []string{"create", "abort"}) || target.parts != nil {
				t.Errorf("the target was asked to %v and has parts %v", target.calls, target.parts)
			}
		})
	}
}

// TestTooHuge: what S3 does not take is refused before the target hears of it, and
// the error says where the limit comes from.
func TestTooHuge(t *testing.T) {
	for _, size := range []int64{10_000*5*gibibyte + 1, 1<<63 - 1} {
		for _, known := range []bool{false, true} {
			object := unknown("k")
			if known {
				object.Size = size
			}
			target := new(countingTarget)
			_, err := bridge.New(target, hugeSource{size}, nil).Copy(t.Context(), dst("k"), object)
			if target.calls != nil || target.parts != nil {
				t.Errorf("%d bytes: the target was asked to %v", size, target.calls)
			}
			says(t, err, nil, []string{
				"s3://target/k", "s3://source/k", fmt.Sprintf("it has %d bytes", size), "at most 53687091200000 in one object",
				"10000 parts of 5368709120 bytes", `S3 User Guide, "Amazon S3 multipart upload limits"`,
			})
			if strings.Count(err.Error(), "bridge: ") != 1 {
				t.Errorf("%v repeats itself", err)
			}
		}
	}
}

// TestAllPartsThereMayBe copies 10,000 parts for once, small ones.
func TestAllPartsThereMayBe(t *testing.T) {
	const size, partSize, parts = 19_999, 2, 10_000
	target := new(countingTarget)
	result, err := bridge.New(target, hugeSource{size}, &bridge.Options{PartSize: partSize}).Copy(t.Context(), dst("k"), unknown("k"))
	check(t, err)
	if result.Parts != parts || result.Attempts != parts || len(target.parts) != parts || target.ordered != parts {
		t.Errorf("%+v: %d parts were sent and %d put together, want %d", result, len(target.parts), target.ordered, parts)
	}
	if target.parts[1] != partSize || target.parts[parts-1] != partSize || target.parts[parts] != 1 {
		t.Errorf("the last part has %d bytes, want 1", target.parts[parts])
	}
	if want := crc64.Encode(crc64.Checksum(make([]byte, size))); result.Checksum != want {
		t.Errorf("the checksum is %s, want %s", result.Checksum, want)
	}
}
