package fakes3

import (
	"encoding/xml"
	"net/http"
	"strings"

	"github.com/redferry/redferry/testkit/fakes3/internal/checksum"
	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
	"github.com/redferry/redferry/testkit/fakes3/internal/store"
)

func (c *call) createMultipartUpload() error {
	meta, err := c.meta()
	if err != nil {
		return err
	}
	if err := c.allowWrite(false, meta.Tags); err != nil {
		return err
	}
	if err := c.encrypt(&meta.Encryption); err != nil {
		return err
	}
	u := store.Upload{Key: c.key, Initiator: c.signature.Identity.ARN, Meta: meta}
	if err := declare(&u, c.r.Header); err != nil {
		return err
	}
	if u, err = c.server.store.CreateUpload(c.bucket.Name, u); err != nil {
		return err
	}
	if u.Declared {
		c.w.set("x-amz-checksum-algorithm", string(u.Algorithm))
		c.w.set("x-amz-checksum-type", string(u.Type))
	}
	c.writeAbortDate(u)
	c.writeEncryption(meta.Encryption)
	c.answer(http.StatusOK, struct {
		XMLName  xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ InitiateMultipartUploadResult"`
		Bucket   string
		Key      string
		UploadID string `xml:"UploadId"`
	}{Bucket: c.bucket.Name, Key: c.key, UploadID: u.ID})
	return nil
}

// declare reads the checksum that parts and object shall have.
func declare(u *store.Upload, header http.Header) error {
	algorithm, err := namedAlgorithm(header, "X-Amz-Checksum-Algorithm")
	if err != nil {
		return err
	}
	given := header.Get("X-Amz-Checksum-Type")
	kind, known := checksum.ParseType(given)
	switch {
	case given != "" && algorithm == "":
		return refusal.InvalidRequest("The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.")
	case given != "" && !known:
		return refusal.InvalidRequest("Value for x-amz-checksum-type header is invalid.")
	case algorithm == "":
		u.Algorithm, u.Type = checksum.CRC64NVME, checksum.FullObject
		return nil
	case given == "":
		kind = algorithm.DefaultType()
	case !algorithm.Allows(kind):
		return refusal.InvalidRequest("The %s checksum type cannot be used with the %s checksum algorithm.", kind, strings.ToLower(string(algorithm)))
	}
	u.Algorithm, u.Type, u.Declared = algorithm, kind, true
	return nil
}

// abortRule is the id of the one lifecycle rule that a bucket may have.
const abortRule = "abort-incomplete-multipart-uploads"

func (c *call) writeAbortDate(u store.Upload) {
	if !u.AbortDate.IsZero() {
		c.w.set("x-amz-abort-date", u.AbortDate.Format(http.TimeFormat))
		c.w.set("x-amz-abort-rule-id", abortRule)
	}
}

func (c *call) abortMultipartUpload() error {
	if err := c.allowKey("s3:AbortMultipartUpload", c.key, nil); err != nil {
		return err
	}
	if err := c.server.store.Abort(c.bucket.Name, c.key, c.query.Get("uploadId")); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// An initiator is who began an upload.
type initiator struct {
	ID          string
	DisplayName string
}

func initiatedBy(u store.Upload) initiator {
	return initiator{ID: u.Initiator, DisplayName: u.Initiator[strings.LastIndex(u.Initiator, "/")+1:]}
}

type listedUpload struct {
	Key               string
	UploadID          string `xml:"UploadId"`
	Initiator         initiator
	Owner             owner
	StorageClass      string
	Initiated         string
	ChecksumAlgorithm string `xml:",omitempty"`
	ChecksumType      string `xml:",omitempty"`
}

type uploadListing struct {
	XMLName            xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListMultipartUploadsResult"`
	Bucket             string
	KeyMarker          string
	UploadIDMarker     string `xml:"UploadIdMarker"`
	NextKeyMarker      string `xml:",omitempty"`
	NextUploadIDMarker string `xml:"NextUploadIdMarker,omitempty"`
	Prefix             string
	Delimiter          string `xml:",omitempty"`
	EncodingType       string `xml:",omitempty"`
	MaxUploads         int
	IsTruncated        bool
	Uploads            []listedUpload `xml:"Upload"`
	CommonPrefixes     []commonPrefix
}

func (c *call) listMultipartUploads() error {
	if err := c.allowBucket("s3:ListBucketMultipartUploads"); err != nil {
		return err
	}
	limit, err := c.limit("max-uploads")
	if err != nil {
		return err
	}
	if err := c.checkEncoding(); err != nil {
		return err
	}
	open, err := c.server.store.UploadsBefore(c.bucket.Name, c.query.Get("prefix"), c.fault.Stale)
	if err != nil {
		return err
	}
	l := &uploadListing{
		Bucket:         c.bucket.Name,
		KeyMarker:      c.encode(c.query.Get("key-marker")),
		UploadIDMarker: c.query.Get("upload-id-marker"),
		Prefix:         c.encode(c.query.Get("prefix")),
		Delimiter:      c.encode(c.query.Get("delimiter")),
		EncodingType:   c.query.Get("encoding-type"),
		MaxUploads:     limit,
	}
	c.pageUploads(l, open, limit)
	c.answer(http.StatusOK, l)
	return nil
}

// pageUploads puts the uploads on the page that are behind its markers.
func (c *call) pageUploads(l *uploadListing, open []store.Upload, limit int) {
	prefix, delimiter := c.query.Get("prefix"), c.query.Get("delimiter")
	var shared string
	for _, u := range behindMarkers(open, c.query.Get("key-marker"), l.UploadIDMarker, delimiter) {
		rest, ok := strings.CutPrefix(u.Key, prefix)
		if !ok || shared != "" && strings.HasPrefix(u.Key, shared) {
			continue
		}
		if len(l.Uploads)+len(l.CommonPrefixes) == limit {
			l.IsTruncated = limit > 0
			return
		}
		if at := strings.Index(rest, delimiter); delimiter != "" && at >= 0 {
			shared = prefix + rest[:at+len(delimiter)]
			l.CommonPrefixes = append(l.CommonPrefixes, commonPrefix{c.encode(shared)})
			l.NextKeyMarker, l.NextUploadIDMarker = c.encode(shared), ""
			continue
		}
		listed := listedUpload{
			Key:          c.encode(u.Key),
			UploadID:     u.ID,
			Initiator:    initiatedBy(u),
			Owner:        c.server.owner(c.bucket.Owner),
			StorageClass: u.Meta.StorageClass,
			Initiated:    timestamp(u.Initiated),
		}
		if u.Declared {
			listed.ChecksumAlgorithm, listed.ChecksumType = string(u.Algorithm), string(u.Type)
		}
		l.Uploads = append(l.Uploads, listed)
		l.NextKeyMarker, l.NextUploadIDMarker = c.encode(u.Key), u.ID
	}
	l.NextKeyMarker, l.NextUploadIDMarker = "", ""
}

// behindMarkers returns the uploads of keys behind the marker, and with an upload
// marker those of the same key that were initiated later.
func behindMarkers(open []store.Upload, key, id, delimiter string) []store.Upload {
	if key == "" {
		return open
	}
	shared := delimiter != "" && strings.HasSuffix(key, delimiter)
	passed := false
	for i, u := range open {
		switch {
		case shared && strings.HasPrefix(u.Key, key):
		case u.Key > key, u.Key == key && passed:
			return open[i:]
		case u.Key == key && u.ID == id && id != "":
			passed = true
		}
	}
	return nil
}
