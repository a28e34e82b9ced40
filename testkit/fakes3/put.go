package fakes3

import (
	"net/http"

	"github.com/redferry/redferry/testkit/fakes3/internal/checksum"
	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
	"github.com/redferry/redferry/testkit/fakes3/internal/store"
)

func (c *call) putObject() error {
	if c.query.Has("partNumber") {
		return refusal.InvalidArgument("partNumber", c.query.Get("partNumber"), "This operation does not accept partNumber without uploadId")
	}
	meta, err := c.meta()
	if err != nil {
		return err
	}
	if err := c.allowWrite(true, meta.Tags); err != nil {
		return err
	}
	if err := c.encrypt(&meta.Encryption); err != nil {
		return err
	}
	condition, err := c.writeCondition()
	if err != nil {
		return err
	}
	p, err := c.payload()
	if err != nil {
		return err
	}
	r, err := c.receive(p, "")
	if err != nil {
		return err
	}
	algorithm := checksum.CRC64NVME
	if r.claim.algorithm != "" {
		algorithm = r.claim.algorithm
	}
	o := &store.Object{
		Key:      c.key,
		ETag:     c.sealed(r.etag, meta.Encryption),
		Modified: now(),
		Meta:     meta,
		Checksum: checksum.Value{Algorithm: algorithm, Type: checksum.FullObject, Text: checksum.Encode(r.sum)},
		Content:  r.content,
		Declared: r.claim.algorithm != "",
	}
	if err := c.server.store.Put(c.bucket.Name, o, condition); err != nil {
		r.content.Release()
		return err
	}
	c.w.set("ETag", o.ETag)
	c.writeChecksum(o.Checksum)
	c.writeEncryption(meta.Encryption)
	c.w.WriteHeader(http.StatusOK)
	return nil
}

// writeChecksum sets the headers of a checksum, if there is one.
func (c *call) writeChecksum(v checksum.Value) {
	if v.Text == "" {
		return
	}
	c.w.set(v.Algorithm.Header(), v.Text)
	c.w.set("x-amz-checksum-type", string(v.Type))
}

// writeCondition reads the condition of a write. S3 knows two forms of it:
// nothing is there yet, or this ETag is.
// Source: S3 User Guide, "How to prevent object overwrites with conditional writes".
func (c *call) writeCondition() (store.Condition, error) {
	match, none := c.r.Header.Get("If-Match"), c.r.Header.Get("If-None-Match")
	switch {
	case none != "" && none != "*":
		return store.Condition{}, refusal.NotImplemented("If-None-Match")
	case none != "" && match != "":
		return store.Condition{}, refusal.NotImplemented("If-Match,If-None-Match")
	}
	if match != "" {
		// The guide asks for s3:GetObject besides s3:PutObject.
		if err := c.allowKey("s3:GetObject", c.key, nil); err != nil {
			return store.Condition{}, err
		}
	}
	return store.Condition{IfMatch: match, IfNoneMatch: none != ""}, nil
}
