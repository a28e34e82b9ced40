package stage

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// A Destination is where one UNLOAD writes. It is used by one goroutine at a time.
type Destination struct {
	store   *store
	cmd     *rsql.Unload
	root    redferry.URI    // TO, with the slash that PARTITION BY adds
	files   []written       // in the order of Put
	rows    int64           // in all files
	cleaned map[string]bool // partitions that CLEANPATH has emptied
}

// A File is one file of an UNLOAD.
type File struct {
	// Slice and Part name it, both from 0: <prefix>0003_part_01.parquet. With
	// PARALLEL OFF only Part counts: <prefix>001.parquet.
	Slice, Part int
	// Partition is "year=2001/month=1/" with PARTITION BY, else empty.
	Partition string
	// Body is read from its start to its end, more than once if a request is
	// repeated. It is sent by one PutObject, which S3 limits to 5 GiB.
	Body io.ReadSeeker
	Rows int64 // without the line of HEADER
}

// OpenDestination readies the destination of an UNLOAD: it asks for a client with
// the command's role and refuses a destination that is not empty, unless
// ALLOWOVERWRITE is given. With CLEANPATH it deletes what is there (with
// PARTITION BY, [Destination.Put] does, one partition at a time).
//
// As in Redshift a destination is a prefix of keys: s3://bucket/t1 is not empty
// if there is a s3://bucket/t10.
func OpenDestination(ctx context.Context, storage fakeredshift.Storage, cmd *rsql.Unload) (*Destination, error) {
	store, err := open(ctx, storage, cmd.Roles, cmd.Region)
	if err != nil {
		return nil, err
	}
	d := &Destination{store: store, cmd: cmd, root: cmd.To, cleaned: make(map[string]bool)}
	if len(cmd.PartitionBy) > 0 && !cmd.To.IsPrefix() {
		d.root.Key += "/"
	}
	if err := d.ready(ctx); err != nil {
		return nil, err
	}
	return d, nil
}

// ready empties the destination or refuses one that is not empty, as the command says.
func (d *Destination) ready(ctx context.Context) error {
	switch {
	case d.cmd.Clean && len(d.cmd.PartitionBy) == 0:
		return d.store.clean(ctx, d.root)
	case d.cmd.Clean, d.cmd.Overwrite:
		return nil
	}
	empty, err := d.store.isEmpty(ctx, d.root)
	if err != nil {
		return err
	}
	if !empty {
		return Failure(codeS3, "Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, "+
			"manually removing the target files in S3, or using the ALLOWOVERWRITE option.", d.root.String())
	}
	return nil
}

// Put uploads one file under its name, which it returns.
func (d *Destination) Put(ctx context.Context, f File) (redferry.URI, error) {
	if err := d.cleanPartition(ctx, f.Partition); err != nil {
		return redferry.URI{}, err
	}
	size, err := f.Body.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.Body.Seek(0, io.SeekStart)
	}
	if err != nil {
		return redferry.URI{}, refusal(ctx, err, f.Partition)
	}
	uri := redferry.URI{Bucket: d.root.Bucket, Key: d.root.Key + f.Partition + fileName(d.cmd, f.Slice, f.Part)}
	if err := d.put(ctx, uri, f.Body, size); err != nil {
		return redferry.URI{}, err
	}
	d.files = append(d.files, written{uri: uri, size: size, rows: f.Rows + d.headerLines()})
	d.rows += f.Rows
	return uri, nil
}

// headerLines is what HEADER adds to the row count of a file in a manifest.
func (d *Destination) headerLines() int64 {
	if d.cmd.Header {
		return 1
	}
	return 0
}

// cleanPartition empties a partition before its first file, with CLEANPATH.
func (d *Destination) cleanPartition(ctx context.Context, partition string) error {
	if !d.cmd.Clean || partition == "" || d.cleaned[partition] {
		return nil
	}
	d.cleaned[partition] = true
	return d.store.clean(ctx, redferry.URI{Bucket: d.root.Bucket, Key: d.root.Key + partition})
}

func (d *Destination) put(ctx context.Context, uri redferry.URI, body io.ReadSeeker, size int64) error {
	in := &s3.PutObjectInput{Bucket: &uri.Bucket, Key: &uri.Key, Body: body, ContentLength: &size}
	if d.cmd.KMSKeyID != "" {
		in.ServerSideEncryption, in.SSEKMSKeyId = types.ServerSideEncryptionAwsKms, &d.cmd.KMSKeyID
	}
	_, err := d.store.client.PutObject(ctx, in, d.store.options)
	return refusal(ctx, err, uri.String())
}

// Finish writes the manifest, if the command has MANIFEST and any file was put:
// an UNLOAD of no rows leaves none behind. Columns are those of the query,
// partition columns among them, even where the files lack them.
func (d *Destination) Finish(ctx context.Context, columns []fakeredshift.Column) error {
	if !d.cmd.Manifest || len(d.files) == 0 {
		return nil
	}
	text, err := renderManifest(d.cmd, d.files, columns)
	if err != nil {
		return Failure(codeS3, err.Error(), "manifest")
	}
	uri := redferry.URI{Bucket: d.root.Bucket, Key: d.root.Key + "manifest"}
	return d.put(ctx, uri, strings.NewReader(text), int64(len(text)))
}

// Rows returns how many rows the files put so far have: pg_last_unload_count().
func (d *Destination) Rows() int64 { return d.rows }

// fileName names a file behind the prefix. The extensions are Redshift's.
func fileName(cmd *rsql.Unload, slice, part int) string {
	name := fmt.Sprintf("%04d_part_%02d", slice, part)
	if cmd.Single {
		name = fmt.Sprintf("%03d", part)
	}
	return name + extension(cmd)
}

func extension(cmd *rsql.Unload) string {
	switch {
	case cmd.Extension != "":
		return "." + strings.TrimPrefix(cmd.Extension, ".")
	case cmd.Format == rsql.Parquet:
		return ".parquet"
	}
	return map[string]string{"gzip": ".gz", "bzip2": ".bz2", "zstd": ".zst"}[cmd.Compression]
}
