package fakes3

import (
	"encoding/xml"
	"net/http"

	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
	"github.com/redferry/redferry/testkit/fakes3/internal/store"
)

func (c *call) deleteObject() error {
	if err := c.allowKey("s3:DeleteObject", c.key, nil); err != nil {
		return err
	}
	if err := c.checkVersion(); err != nil {
		return err
	}
	condition := store.Condition{IfMatch: c.r.Header.Get("If-Match")}
	if err := c.server.store.Delete(c.bucket.Name, c.key, condition); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// maxDelete is how many keys one request deletes at most.
// Source: S3 API Reference, "DeleteObjects".
const maxDelete = 1000

type deleteRequest struct {
	XMLName xml.Name `xml:"Delete"`
	Quiet   bool
	Objects []struct {
		Key       string
		VersionID string `xml:"VersionId"`
		ETag      string
	} `xml:"Object"`
}

type deletedKey struct{ Key string }

type deleteError struct{ Key, Code, Message string }

type deleteResult struct {
	XMLName xml.Name      `xml:"http://s3.amazonaws.com/doc/2006-03-01/ DeleteResult"`
	Deleted []deletedKey  `xml:"Deleted"`
	Errors  []deleteError `xml:"Error"`
}

func (c *call) deleteObjects() error {
	claimed, err := claimedChecksum(c.r.Header)
	if err != nil {
		return err
	}
	if claimed.algorithm == "" && c.r.Header.Get("Content-Md5") == "" && c.r.Header.Get("X-Amz-Trailer") == "" {
		return refusal.InvalidRequest("Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
	}
	var request deleteRequest
	if err := c.document(&request); err != nil {
		return err
	}
	if n := len(request.Objects); n == 0 || n > maxDelete {
		return refusal.MalformedXML()
	}
	var result deleteResult
	for _, o := range request.Objects {
		err := c.deleteKey(o.Key, o.VersionID, o.ETag)
		switch {
		case err != nil:
			r := asRefusal(err)
			result.Errors = append(result.Errors, deleteError{o.Key, r.Code, r.Message})
		case !request.Quiet:
			result.Deleted = append(result.Deleted, deletedKey{o.Key})
		}
	}
	c.answer(http.StatusOK, result)
	return nil
}

func (c *call) deleteKey(key, version, etag string) error {
	if key == "" {
		return refusal.MalformedXML()
	}
	if version != "" && version != "null" {
		return refusal.New(http.StatusNotFound, "NoSuchVersion", "The specified version does not exist.")
	}
	if err := c.allowKey("s3:DeleteObject", key, nil); err != nil {
		return err
	}
	return c.server.store.Delete(c.bucket.Name, key, store.Condition{IfMatch: etag})
}
