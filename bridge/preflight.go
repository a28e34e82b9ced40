package bridge

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
)

// A Prober is the part of an S3 client that a [Preflight] tries; *s3.Client
// implements it. It needs the rights that it is asked for, and no others.
type Prober interface {
	Listing
	Remover
	GetObject(ctx context.Context, in *s3.GetObjectInput, options ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	CreateMultipartUpload(ctx context.Context, in *s3.CreateMultipartUploadInput, options ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error)
	ListParts(ctx context.Context, in *s3.ListPartsInput, options ...func(*s3.Options)) (*s3.ListPartsOutput, error)
	ListMultipartUploads(ctx context.Context, in *s3.ListMultipartUploadsInput, options ...func(*s3.Options)) (*s3.ListMultipartUploadsOutput, error)
	AbortMultipartUpload(ctx context.Context, in *s3.AbortMultipartUploadInput, options ...func(*s3.Options)) (*s3.AbortMultipartUploadOutput, error)
}

var _ Prober = (*s3.Client)(nil)

// A Preflight says what two keys are to be used for, to find out whether they
// have the rights for it, and no others.
type Preflight struct {
	// Dst and Src are prefixes, or buckets.
	Dst, Src redferry.URI
	// Target and Source are the clients that will write and read.
	Target, Source Prober
	// File is an object of the source that is there, as a manifest whose files are to be
	// copied: with a [ManifestLister], which does not list the source. Then the right to
	// list it is not needed, and the one to read is tried on File. The zero URI means that
	// the source is to be listed.
	File redferry.URI
	// List says that the target will be listed, as with [Sync].Target.
	List bool
	// Remove says that objects will be removed at the target, as with [Sync].Remover.
	// Then the right to it is tried, by removing an object that does not exist: in a
	// bucket with versions this leaves a delete marker, which is among [Findings].Left.
	Remove bool
}

// ErrRights is wrapped by the error of a [Preflight] that found out that a right
// is missing. Such an error also matches fs.ErrPermission.
var ErrRights = errors.New("rights are missing")

// An Allowance says whether a key has a right.
type Allowance string

// The allowances.
const (
	Allowed Allowance = "allowed"
	Denied  Allowance = "denied"
	Unknown Allowance = "unknown" // nothing that was tried can tell
)

// A Finding is what a [Preflight] found out about one right.
type Finding struct {
	Side     string // SideSource or SideTarget
	Action   string // s3:GetObject
	Resource string // the ARN that the action is on; it ends in a * for all below the prefix
	Needed   bool
	Allowed  Allowance
	Why      string // what S3 said, or why nothing can tell; may be empty
	Advice   string // what to do, if the key should have the right or should not
}

// Good reports whether the finding is as it should be: a right that is needed is
// there, and one that is not needed is not known to be.
func (f *Finding) Good() bool {
	if f.Needed {
		return f.Allowed == Allowed
	}
	return f.Allowed != Allowed
}

// A Leftover is something that a [Preflight] made and could not take away.
type Leftover struct {
	Side     string
	URI      redferry.URI
	UploadID string // of an open upload; empty if its answer was lost, so that it may not exist
	Marker   string // the version ID of a delete marker; then it is no upload
}

// String says what is left, and what to do about it.
func (l Leftover) String() string {
	switch {
	case l.Marker != "":
		return fmt.Sprintf("%s: the delete marker %s of %s is left: remove that version", l.Side, l.Marker, l.URI)
	case l.UploadID != "":
		return fmt.Sprintf("%s: the upload %s to %s is left open: abort it", l.Side, l.UploadID, l.URI)
	}
	return fmt.Sprintf("%s: an upload to %s may be left open, because an answer was lost: look for it, and abort it", l.Side, l.URI)
}

// Findings are what a [Preflight] found out, the source first.
type Findings struct {
	Rights []Finding
	Left   []Leftover // nil if all is as it was
}

// Run tries each right once, with a request that needs no other, and that leaves
// nothing behind: an object is read in its first byte, an upload without parts is
// begun and aborted. Of the options, which may be nil, Retries, Rand, Carry.Encryption
// and Carry.Tags count: with a key of KMS the rights to that are among those that are
// found, and those to tags where tags are read or kept.
//
// The error wraps [ErrRights] if a right that is needed is missing, or cannot be
// shown to be there; it names each. What goes wrong for another reason, as a bucket
// that does not exist or a key that is unknown, is an [*Error] with advice; then the
// findings are incomplete. The Findings are never nil.
//
// A right is tried on one key for all below the prefix, and on uploads that the key
// has begun itself, which S3 lets it list and abort unless a policy denies it.
// Source: S3 User Guide, "Multipart upload API and permissions".
func (p *Preflight) Run(ctx context.Context, opts *Options) (*Findings, error) {
	found := new(Findings)
	if err := p.check(); err != nil {
		return found, err
	}
	o := opts.withDefaults()
	err := newProbes(found, SideSource, p.Source, p.Src, &o).reader(ctx, p.File)
	if ctx.Err() == nil {
		err = errors.Join(err, newProbes(found, SideTarget, p.Target, p.Dst, &o).writer(ctx, p.List, p.Remove))
	}
	return found, errors.Join(err, found.missing())
}

func (p *Preflight) check() error {
	var wrong string
	switch {
	case !p.Src.IsPrefix() || !p.Dst.IsPrefix() || p.Src.Bucket == "" || p.Dst.Bucket == "":
		wrong = "both ends must be prefixes, with a slash at the end, or buckets"
	case p.Source == nil || p.Target == nil:
		wrong = "both sides need a client"
	case p.File != (redferry.URI{}) && !lies(p.File, p.Src):
		wrong = p.File.String() + " does not lie below the source"
	default:
		return nil
	}
	return fmt.Errorf("bridge: preflight from %s to %s: %s", p.Src, p.Dst, wrong)
}

// missing is the error for the rights that are needed and not there.
func (f *Findings) missing() error {
	var advice []string
	for _, r := range f.Rights {
		if r.Needed && r.Allowed != Allowed {
			advice = append(advice, r.Side+": "+r.Advice)
		}
	}
	if advice == nil {
		return nil
	}
	return rightsError(strings.Join(advice, "; "))
}

// A rightsError says what to allow.
type rightsError string

// Error begins with what ErrRights says.
func (e rightsError) Error() string { return "bridge: " + ErrRights.Error() + ": " + string(e) }

// Is makes it match ErrRights and fs.ErrPermission.
func (rightsError) Is(target error) bool {
	switch target {
	case ErrRights, fs.ErrPermission:
		return true
	}
	return false
}
