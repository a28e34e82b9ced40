package bridge_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

// A register knows who began which upload. S3 tells that of each upload that it lists;
// versitygw v1.8.0 does not, and this makes good for it. All else is versitygw's.
type register struct {
	mu sync.Mutex // guards by
	by map[string]string
}

// A named client is one whose uploads are in the register.
type named struct {
	*s3.Client
	name     string
	register *register
	sent     []int32 // parts, in their order
}

func (r *register) client(c *s3.Client, name string) *named {
	return &named{Client: c, name: name, register: r}
}

func (n *named) CreateMultipartUpload(ctx context.Context, in *s3.CreateMultipartUploadInput, options ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error) {
	out, err := n.Client.CreateMultipartUpload(ctx, in, options...)
	if err == nil {
		n.register.mu.Lock()
		defer n.register.mu.Unlock()
		n.register.by[*out.UploadId] = n.name
	}
	return out, err
}

func (n *named) UploadPart(ctx context.Context, in *s3.UploadPartInput, options ...func(*s3.Options)) (*s3.UploadPartOutput, error) {
	out, err := n.Client.UploadPart(ctx, in, options...)
	if err == nil {
		n.sent = append(n.sent, *in.PartNumber)
	}
	return out, err
}

func (n *named) ListMultipartUploads(ctx context.Context, in *s3.ListMultipartUploadsInput, options ...func(*s3.Options)) (*s3.ListMultipartUploadsOutput, error) {
	out, err := n.Client.ListMultipartUploads(ctx, in, options...)
	if err == nil {
		n.register.mu.Lock()
		defer n.register.mu.Unlock()
		for i := range out.Uploads {
			out.Uploads[i].Initiator = &types.Initiator{ID: aws.String(n.register.by[*out.Uploads[i].UploadId])}
		}
	}
	return out, err
}

// cancelled copies k and is told to end when two parts are done.
func (g *gateways) cancelled(t *testing.T, writer bridge.Destination) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := bridge.New(writer, g.reader, &bridge.Options{
		PartSize: smallest, Concurrency: 1, Journal: new(bridge.MemJournal), // which is lost
		Trace: bridge.Trace{Part: func(_ redferry.URI, part int, _ int64) {
			if part == 2 {
				cancel()
			}
		}},
	}).Copy(ctx, g.dst("k"), g.unknown("k"))
	if !bridge.Resumable(err) {
		t.Fatalf("the copy was to be resumable: %v", err)
	}
}

// TestVersitygwAdopt: an upload of one's own whose journal was lost is gone on with, if its
// parts are of the source; one of somebody else is left alone, whatever it has.
func TestVersitygwAdopt(t *testing.T) {
	content, other := random(3*smallest+1), random(3*smallest + 2)[:3*smallest+1]
	for _, tt := range []struct {
		name    string
		by      string
		bytes   []byte
		resumed int
		sent    []int32
		open    int
	}{
		{"one's own", "writer", content, 2, []int32{3, 4}, 0},
		{"one's own, of other bytes", "writer", other, 0, []int32{3, 4, 1, 2, 3, 4}, 0}, // which is seen when all are there
		{"somebody else's", "somebody", content, 0, []int32{1, 2, 3, 4}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g, all := versitygw(t), &register{by: make(map[string]string)}
			g.put(t, "k", tt.bytes, nil)
			begun := g.writer
			if tt.by != "writer" {
				begun = g.B.admin
			}
			g.cancelled(t, all.client(begun, tt.by))
			g.put(t, "k", content, nil)

			writer := all.client(g.writer, "writer")
			result := must(bridge.New(writer, g.reader, &bridge.Options{PartSize: smallest, Concurrency: 1, Adopt: true, Journal: new(bridge.MemJournal)}).Copy(t.Context(), g.dst("k"), g.unknown("k")))(t)
			if result.Resumed != tt.resumed || result.Level != bridge.Stored || !slices.Equal(writer.sent, tt.sent) {
				t.Errorf("the result is %+v, sent were %v, want %d resumed and %v sent", result, writer.sent, tt.resumed, tt.sent)
			}
			if n := g.open(t); n != tt.open {
				t.Errorf("%d uploads are open, want %d", n, tt.open)
			}
			if got := g.got(t, "k"); !slices.Equal(got, content) {
				t.Errorf("the target has %d bytes, want these %d", len(got), len(content))
			}
		})
	}
}

// TestVersitygwTellsNoInitiator: versitygw v1.8.0 does not say who began an upload. Then none
// is taken for one's own: Adopt begins anew, and Sweep says that it cannot tell.
func TestVersitygwTellsNoInitiator(t *testing.T) {
	g, content := versitygw(t), random(3*smallest)
	g.put(t, "k", content, nil)
	g.cancelled(t, g.writer)
	for _, u := range must(g.writer.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &g.B.bucket}))(t).Uploads {
		if u.Initiator != nil && aws.ToString(u.Initiator.ID) != "" {
			t.Errorf("versitygw says now that %s began an upload: the register is not needed any more", *u.Initiator.ID)
		}
	}
	result := must(g.copier(func(o *bridge.Options) { o.Adopt = true }).Copy(t.Context(), g.dst("k"), g.unknown("k")))(t)
	if result.Resumed != 0 || result.Attempts != 3 || g.open(t) != 1 {
		t.Errorf("the result is %+v, %d uploads are open", result, g.open(t))
	}
	err := g.copier(nil).Sweep(t.Context(), bridge.Sweep{Prefix: g.dst(""), Age: time.Nanosecond}, func(o bridge.Orphan) error {
		t.Errorf("told of %+v", o)
		return nil
	})
	says(t, err, nil, []string{"target: list the uploads below", "does not say who began"})
	if n := g.open(t); n != 1 {
		t.Errorf("%d uploads are open, want the one that was", n)
	}
}

// TestVersitygwSweep aborts one's own uploads that the journal does not know, with the four
// rights of a writer, and leaves all others.
func TestVersitygwSweep(t *testing.T) {
	g, all, journal := versitygw(t), &register{by: make(map[string]string)}, new(bridge.MemJournal)
	writer, somebody := all.client(g.writer, "writer"), all.client(g.B.admin, "somebody")
	begin := func(c *named, key string) string {
		t.Helper()
		return *must(c.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &g.B.bucket, Key: &key}))(t).UploadId
	}
	for _, key := range []string{"p/a+b ü", "p/z", "elsewhere"} {
		begin(writer, key)
	}
	begin(somebody, "p/somebody's")
	check(t, journal.Save(t.Context(), bridge.Upload{Dst: g.dst("p/known"), UploadID: begin(writer, "p/known")}))

	sweep := func(age time.Duration, dry bool) (swept []string) {
		t.Helper()
		c := bridge.New(writer, g.reader, &bridge.Options{Journal: journal})
		check(t, c.Sweep(t.Context(), bridge.Sweep{Prefix: g.dst("p/"), Age: age, DryRun: dry}, func(o bridge.Orphan) error {
			swept = append(swept, o.Dst.Key)
			return o.Err
		}))
		return swept
	}
	left := func() (keys []string) {
		t.Helper()
		for _, u := range must(g.writer.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &g.B.bucket}))(t).Uploads {
			keys = append(keys, *u.Key)
		}
		return keys
	}
	everything, others := []string{"elsewhere", "p/a+b ü", "p/known", "p/somebody's", "p/z"}, []string{"elsewhere", "p/known", "p/somebody's"}
	for _, step := range []struct {
		age         time.Duration
		dry         bool
		swept, left []string
	}{
		{time.Hour, false, nil, everything}, // they are all young
		{time.Nanosecond, true, []string{"p/a+b ü", "p/z"}, everything},
		{time.Nanosecond, false, []string{"p/a+b ü", "p/z"}, others},
		{time.Nanosecond, false, nil, others},
	} {
		if diff := cmp.Diff(step.swept, sweep(step.age, step.dry)); diff != "" {
			t.Errorf("older than %v, dry %t: swept (-want +got):\n%s", step.age, step.dry, diff)
		}
		if diff := cmp.Diff(step.left, left()); diff != "" {
			t.Errorf("older than %v, dry %t: left (-want +got):\n%s", step.age, step.dry, diff)
		}
	}
}
