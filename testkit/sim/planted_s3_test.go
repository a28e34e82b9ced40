package sim_test

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"path"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/pipeline"
	"github.com/redferry/redferry/testkit/memdisk"
	"github.com/redferry/redferry/testkit/sim"
)

// A looseSource reads whatever is there: it pins no version and tells of no
// checksum.
type looseSource struct {
	bridge.Source
	unpinned, unproven bool
}

func (l *looseSource) GetObject(ctx context.Context, in *s3.GetObjectInput, options ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	wanted := in.IfMatch
	if l.unpinned {
		in.IfMatch = nil
	}
	out, err := l.Source.GetObject(ctx, in, options...)
	if err == nil && l.unpinned && wanted != nil {
		out.ETag = wanted
	}
	if err == nil && l.unproven {
		out.ChecksumCRC64NVME, out.ChecksumCRC32, out.ChecksumCRC32C, out.ChecksumSHA1, out.ChecksumSHA256 = nil, nil, nil, nil, nil
	}
	return out, err
}

func (l *looseSource) HeadObject(ctx context.Context, in *s3.HeadObjectInput, options ...func(*s3.Options)) (*s3.HeadObjectOutput, error) {
	out, err := l.Source.HeadObject(ctx, in, options...)
	if err == nil && l.unproven {
		out.ChecksumCRC64NVME, out.ChecksumCRC32, out.ChecksumCRC32C, out.ChecksumSHA1, out.ChecksumSHA256 = nil, nil, nil, nil, nil
	}
	return out, err
}

// Options are those of the client beneath: package bridge asks for them.
func (l *looseSource) Options() s3.Options { return l.Source.(*s3.Client).Options() }

// A sloppyTarget forgets what it should clean up.
type sloppyTarget struct {
	bridge.Destination
	journal     bridge.Journal // forgets the upload before it is complete
	keepUploads bool           // aborts nothing
}

// Options are those of the client beneath: package bridge asks for them.
func (s *sloppyTarget) Options() s3.Options { return s.Destination.(*s3.Client).Options() }

func (s *sloppyTarget) AbortMultipartUpload(
	ctx context.Context, in *s3.AbortMultipartUploadInput, options ...func(*s3.Options),
) (*s3.AbortMultipartUploadOutput, error) {
	if s.keepUploads {
		return &s3.AbortMultipartUploadOutput{}, nil
	}
	return s.Destination.AbortMultipartUpload(ctx, in, options...)
}

func (s *sloppyTarget) CompleteMultipartUpload(
	ctx context.Context, in *s3.CompleteMultipartUploadInput, options ...func(*s3.Options),
) (*s3.CompleteMultipartUploadOutput, error) {
	if s.journal != nil {
		u := bridge.Upload{Dst: redferry.URI{Bucket: *in.Bucket, Key: *in.Key}, UploadID: *in.UploadId}
		if err := s.journal.Delete(ctx, u); err != nil {
			return nil, err
		}
	}
	return s.Destination.CompleteMultipartUpload(ctx, in, options...)
}

// A lateJournal writes an upload down when it is forgotten, not when it begins.
type lateJournal struct{ bridge.Journal }

func (lateJournal) Save(context.Context, bridge.Upload) error { return nil }

// A grabbingJournal puts an upload in the place of another one.
type grabbingJournal struct{ bridge.Journal }

func (j grabbingJournal) Save(ctx context.Context, u bridge.Upload) error {
	err := j.Journal.Save(ctx, u)
	if !errors.Is(err, bridge.ErrOtherUpload) {
		return err
	}
	other, _, err := j.Load(ctx, u.Dst)
	if err == nil {
		err = j.Delete(ctx, other)
	}
	if err == nil {
		err = j.Journal.Save(ctx, u)
	}
	return err
}

// A boaster says that a copy is done before it is.
type boaster struct{ bridge.Bridge }

func (b boaster) CopyAll(ctx context.Context, jobs iter.Seq2[bridge.Job, error], done func(bridge.Job, *bridge.Result, error) error) error {
	return b.Bridge.CopyAll(ctx, jobs, func(job bridge.Job, r *bridge.Result, err error) error {
		if err != nil {
			r, err = &bridge.Result{Size: job.Src.Size, Level: bridge.Stored, Parts: 1}, nil
		}
		return done(job, r, err)
	})
}

// A signpost writes what COPY needs before the files are there, and takes it for
// the sign that all of them are: what it finds there, it does not copy.
type signpost struct {
	bridge.Bridge
	world *sim.World
}

func (b signpost) CopyAll(ctx context.Context, jobs iter.Seq2[bridge.Job, error], done func(bridge.Job, *bridge.Result, error) error) error {
	var list []bridge.Job
	for job, err := range jobs {
		if err != nil {
			return err
		}
		list = append(list, job)
	}
	if len(list) == 0 {
		return nil
	}
	sign := b.world.B.Stage.Join("signs", strings.ReplaceAll(path.Dir(list[0].Dst.Key), "/", "-")+".manifest")
	if _, ok := b.world.B.S3.Object(sign); ok {
		for _, job := range list {
			if err := done(job, &bridge.Result{Size: job.Src.Size, Level: bridge.Stored, Parts: 1}, nil); err != nil {
				return err
			}
		}
		return nil
	}
	if _, err := b.world.B.S3.Put(sign, strings.NewReader("{}"), nil); err != nil {
		return err
	}
	return b.Bridge.CopyAll(ctx, func(yield func(bridge.Job, error) bool) {
		for _, job := range list {
			if !yield(job, nil) {
				return
			}
		}
	}, done)
}

// A bindingJournal says of each upload that it is one of the source as it is now,
// so that parts of what it was are used for what it is.
type bindingJournal struct {
	bridge.Journal
	world *sim.World
}

func (j bindingJournal) Load(ctx context.Context, dst redferry.URI) (bridge.Upload, bool, error) {
	u, ok, err := j.Journal.Load(ctx, dst)
	if object, there := j.world.A.S3.Object(u.Src); ok && there {
		u.ETag = object.ETag
	}
	return u, ok, err
}

// carelessFiles keeps files as a program does that thinks of no crash.
type carelessFiles struct {
	disk *memdisk.Process
	dir  string
	// aside writes aside and renames; else the file itself is written.
	aside bool
}

func careless(p *sim.Process, dir string, aside bool) *carelessFiles {
	if err := p.Disk().Mkdir(dir); err != nil && !errors.Is(err, fs.ErrExist) {
		dir = "." // the process is dead
	}
	return &carelessFiles{disk: p.Disk(), dir: dir, aside: aside}
}

func (c *carelessFiles) Read(name string) ([]byte, error) {
	return c.disk.ReadFile(path.Join(c.dir, name))
}

func (c *carelessFiles) Remove(name string) error {
	err := c.disk.Remove(path.Join(c.dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (c *carelessFiles) Create(name string, data []byte) error {
	if found, err := c.disk.Exists(path.Join(c.dir, name)); found || err != nil {
		return errors.Join(err, fs.ErrExist)
	}
	return c.Write(name, data)
}

func (c *carelessFiles) Write(name string, data []byte) error {
	at := path.Join(c.dir, name)
	if c.aside {
		at += ".new"
	}
	f, err := c.disk.Create(at)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Close(); err != nil || !c.aside {
		return err
	}
	return c.disk.Rename(at, path.Join(c.dir, name))
}

// A rashState records a step as done when it begins.
type rashState struct{ pipeline.State }

func (s *rashState) Write(ctx context.Context, r *pipeline.Record) error {
	if r.Step == pipeline.Transfer {
		ahead := *r
		ahead.Step = pipeline.Load
		r = &ahead
	}
	if r.Step == pipeline.Unload && r.Manifest != nil && len(r.Files) < len(r.Manifest.Entries) {
		ahead := *r
		ahead.Step, ahead.Files = pipeline.Transfer, make([]pipeline.File, len(r.Manifest.Entries))
		r = &ahead
	}
	return s.State.Write(ctx, r)
}
