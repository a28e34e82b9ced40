package bridge_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry/bridge"
)

// A lyingTarget answers with another checksum than that of what it stores; with
// none if it is nil.
type lyingTarget struct {
	bridge.Destination
	put, part, complete bool // which answers are changed
	checksum            *string
}

func (l *lyingTarget) PutObject(ctx context.Context, in *s3.PutObjectInput, options ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	out, err := l.Destination.PutObject(ctx, in, options...)
	if err == nil && l.put {
		out.ChecksumCRC64NVME = l.checksum
	}
	return out, err
}

func (l *lyingTarget) UploadPart(ctx context.Context, in *s3.UploadPartInput, options ...func(*s3.Options)) (*s3.UploadPartOutput, error) {
	out, err := l.Destination.UploadPart(ctx, in, options...)
	if err == nil && l.part {
		out.ChecksumCRC64NVME = l.checksum
	}
	return out, err
}

func (l *lyingTarget) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput, options ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error) {
	out, err := l.Destination.CompleteMultipartUpload(ctx, in, options...)
	if err == nil && l.complete {
		out.ChecksumCRC64NVME = l.checksum
	}
	return out, err
}

// TestNoProofFromTheTarget: a target whose answers do not prove what it stored
// makes no copy succeed.
func TestNoProofFromTheTarget(t *testing.T) {
	other := aws.String("rosUhgp5mIg=")
	tests := []struct {
		name string
		size int
		lie  lyingTarget
		want error
	}{
		{"an object with another checksum", 500, lyingTarget{put: true, checksum: other}, bridge.ErrChecksum},
		{"an object without one", 500, lyingTarget{put: true}, bridge.ErrLevel},
		{"a part with another checksum", 5000, lyingTarget{part: true, checksum: other}, bridge.ErrChecksum},
		{"a part without one", 5000, lyingTarget{part: true}, bridge.ErrChecksum},
		{"a completion with another checksum", 5000, lyingTarget{complete: true, checksum: other}, bridge.ErrChecksum},
		{"a completion without one", 5000, lyingTarget{complete: true}, bridge.ErrLevel},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "https")
				w.put(t, "k", random(tt.size), nil)
				target := tt.lie
				target.Destination = w.writer
				c := bridge.New(&target, w.reader, &bridge.Options{PartSize: 1 << 10})
				result, err := c.Copy(t.Context(), dst("k"), unknown("k"))
				if !errors.Is(err, tt.want) || result != nil || w.open(t) != 0 {
					t.Errorf("Copy = %+v, %v, with %d uploads open, want %v", result, err, w.open(t), tt.want)
				}
			})
		})
	}
}

func TestLevelText(t *testing.T) {
	for _, l := range []bridge.Level{bridge.Unproven, bridge.Wire, bridge.Recomputed, bridge.Stored} {
		var back bridge.Level
		text, err := l.MarshalText()
		if err := errors.Join(err, back.UnmarshalText(text)); err != nil || back != l {
			t.Errorf("%s became %s, %v", l, back, err)
		}
	}
	var l bridge.Level
	if err := l.UnmarshalText([]byte("surely")); err == nil {
		t.Errorf("surely is %s", l)
	}
}

// TestUnprovenCompletionIsNotResumed: a completion that is answered without a checksum
// leaves nothing to go on with.
func TestUnprovenCompletionIsNotResumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		w.put(t, "k", random(5000), nil)
		journal := new(bridge.MemJournal)
		c := bridge.New(&lyingTarget{Destination: w.writer, complete: true}, w.reader, &bridge.Options{PartSize: 1 << 10, Journal: journal})
		_, err := c.Copy(t.Context(), dst("k"), unknown("k"))
		if _, ok, _ := journal.Load(t.Context(), dst("k")); bridge.Resumable(err) || ok {
			t.Errorf("%v: Resumable says %t and the journal knows it: %t, and %d uploads are open", err, bridge.Resumable(err), ok, w.open(t))
		}
	})
}

// TestInPlaceIsNotUnproven: what is in place and not proven has failed: it is not one of
// those that were left alone for their proof.
func TestInPlaceIsNotUnproven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		w.put(t, "p/k", []byte("new"), nil)
		w.putTarget(t, "q/k", "precious")
		summary, err := bridge.New(&lyingTarget{Destination: w.writer, put: true}, w.reader, nil).Sync(t.Context(), w.sync(nil), ignore)
		check(t, err)
		if got := string(w.got(t, "q/k")); summary.Failed == summary.Unproven && got != "precious" {
			t.Errorf("nothing failed but proofs (%+v), and the target has %q in the place of what was there", summary, got)
		}
	})
}
