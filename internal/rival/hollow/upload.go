package hollow

import (
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redferry/redferry/internal/crc64"
)

// An upload is a multipart upload that is open.
type upload struct {
	bucket, key string
	parts       map[int]stored
}

// upload returns the upload that the request is about. The server must be locked.
func (c *call) upload() (*upload, error) {
	u := c.uploads[c.query.Get("uploadId")]
	if u == nil || u.bucket != c.bucket || u.key != c.key {
		return nil, refusal{http.StatusNotFound, "NoSuchUpload", "The specified upload does not exist."}
	}
	return u, nil
}

func (c *call) createUpload() error {
	c.mu.Lock()
	c.begun++
	id := fmt.Sprintf("upload-%d", c.begun)
	c.uploads[id] = &upload{c.bucket, c.key, make(map[int]stored)}
	c.mu.Unlock()
	c.document(struct {
		XMLName  xml.Name `xml:"InitiateMultipartUploadResult"`
		Bucket   string
		Key      string
		UploadID string `xml:"UploadId"`
	}{Bucket: c.bucket, Key: c.key, UploadID: id})
	return nil
}

// maxPart is the highest number of a part.
// Source: S3 User Guide, "Amazon S3 multipart upload limits".
const maxPart = 10_000

func (c *call) uploadPart() error {
	number, err := strconv.Atoi(c.query.Get("partNumber"))
	if err != nil || number < 1 || number > maxPart {
		return refusal{http.StatusBadRequest, "InvalidArgument", "partNumber is none"}
	}
	received, err := receive(c.r)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	u, err := c.upload()
	if err != nil {
		return err
	}
	u.parts[number] = stored{received, time.Now()}
	c.w.Header().Set("ETag", received.etag())
	received.announce(c.w.Header())
	return nil
}

func (c *call) listParts() error {
	limit, err := c.limit("max-parts")
	if err != nil {
		return err
	}
	after, _ := strconv.Atoi(c.query.Get("part-number-marker")) // 0 for the first page
	type part struct {
		PartNumber         int
		LastModified, ETag string
		Size               int64
		ChecksumCRC64NVME  string
	}
	var page struct {
		XMLName                         xml.Name `xml:"ListPartsResult"`
		NextPartNumberMarker            int
		IsTruncated                     bool
		ChecksumAlgorithm, ChecksumType string
		Part                            []part
	}
	page.ChecksumAlgorithm, page.ChecksumType = "CRC64NVME", "FULL_OBJECT"
	c.mu.Lock()
	defer c.mu.Unlock()
	u, err := c.upload()
	if err != nil {
		return err
	}
	for _, number := range slices.Sorted(maps.Keys(u.parts)) {
		if page.IsTruncated = len(page.Part) == limit; page.IsTruncated {
			break
		}
		if p := u.parts[number]; number > after {
			page.Part = append(page.Part, part{number, timestamp(p.modified), p.etag(), p.size, crc64.Encode(p.sum)})
			page.NextPartNumberMarker = number
		}
	}
	c.document(page)
	return nil
}

// A completion is a request to make an object of parts.
type completion struct {
	Part []struct {
		PartNumber int
		ETag       string
	}
}

func (c *call) completeUpload() error {
	var named completion
	if err := xml.NewDecoder(c.r.Body).Decode(&named); err != nil || len(named.Part) == 0 {
		return refusal{http.StatusBadRequest, "MalformedXML", "this names no parts"}
	}
	whole, err := c.assemble(named)
	if err != nil {
		return err
	}
	c.document(struct {
		XMLName           xml.Name `xml:"CompleteMultipartUploadResult"`
		Bucket, Key, ETag string
		ChecksumCRC64NVME string
		ChecksumType      string
	}{Bucket: c.bucket, Key: c.key, ETag: whole.etag(), ChecksumCRC64NVME: crc64.Encode(whole.sum), ChecksumType: "FULL_OBJECT"})
	return nil
}

// assemble ends the upload with the object of the parts, if they are there.
func (c *call) assemble(named completion) (content, error) {
	whole, err := c.join(named)
	if err != nil {
		return content{}, err
	}
	if err := whole.check(c.r.Header.Get(checksumHeader)); err != nil {
		return content{}, err
	}
	c.store(c.bucket, c.key, whole)
	return whole, c.abort()
}

func (c *call) join(named completion) (content, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	u, err := c.upload()
	if err != nil {
		return content{}, err
	}
	var whole content
	last := 0
	for _, n := range named.Part {
		p, ok := u.parts[n.PartNumber]
		if !ok || n.PartNumber <= last || strings.Trim(n.ETag, `"`) != strings.Trim(p.etag(), `"`) {
			return content{}, refusal{http.StatusBadRequest, "InvalidPart", fmt.Sprintf("part %d", n.PartNumber)}
		}
		whole, last = whole.then(p.content), n.PartNumber
	}
	return whole, nil
}

func (c *call) abortUpload() error {
	if err := c.abort(); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (c *call) abort() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := c.upload()
	delete(c.uploads, c.query.Get("uploadId"))
	return err
}
