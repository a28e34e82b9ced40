// Package refusal holds the errors of S3: code, message and status, and the
// elements that some of them add.
//
// Source: S3 API Reference, "Error responses", and the messages that the service
// sends.
package refusal

import (
	"fmt"
	"net/http"
)

// A Refusal is an error as S3 sends it.
type Refusal struct {
	Status  int
	Code    string // "NoSuchKey"
	Message string
	Details []Detail          // further elements, in this order
	Header  map[string]string // further headers of the response
}

// A Detail is one element of an error besides Code, Message, RequestId and HostId.
type Detail struct{ Name, Value string }

// Error returns code and message.
func (r *Refusal) Error() string { return "fakes3: " + r.Code + ": " + r.Message }

// New returns a refusal. The details are pairs of name and value.
func New(status int, code, message string, details ...string) *Refusal {
	r := &Refusal{Status: status, Code: code, Message: message}
	for ; len(details) > 1; details = details[2:] {
		r.Details = append(r.Details, Detail{details[0], details[1]})
	}
	return r
}

// InvalidRequest returns the refusal of a request that contradicts itself or the
// object that it is about.
func InvalidRequest(format string, args ...any) *Refusal {
	return New(http.StatusBadRequest, "InvalidRequest", fmt.Sprintf(format, args...))
}

// InvalidArgument returns the refusal of a header, parameter or element.
func InvalidArgument(name, value, message string) *Refusal {
	return New(http.StatusBadRequest, "InvalidArgument", message, "ArgumentName", name, "ArgumentValue", value)
}

// NotImplemented returns the refusal of something that this S3 does not do.
func NotImplemented(what string) *Refusal {
	return New(http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented.", "Header", what)
}

// AccessDenied returns the refusal that says no more than that.
func AccessDenied() *Refusal {
	return New(http.StatusForbidden, "AccessDenied", "Access Denied")
}

// NoSuchBucket returns the refusal of a bucket that nobody owns.
func NoSuchBucket(bucket string) *Refusal {
	return New(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist", "BucketName", bucket)
}

// NoSuchKey returns the refusal of a key that names no object.
func NoSuchKey(key string) *Refusal {
	return New(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.", "Key", key)
}

// NoSuchUpload returns the refusal of an upload that is not open.
func NoSuchUpload(id string) *Refusal {
	return New(http.StatusNotFound, "NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.", "UploadId", id)
}

// PreconditionFailed returns the refusal of a condition, "If-Match".
func PreconditionFailed(condition string) *Refusal {
	return New(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", "Condition", condition)
}

// NotModified returns the answer to a condition that asks for news only. It has
// no body.
func NotModified() *Refusal {
	return New(http.StatusNotModified, "NotModified", "Not Modified")
}

// InvalidRange returns the refusal of a range that holds no byte of the object.
func InvalidRange(requested string, size int64) *Refusal {
	return New(http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The requested range is not satisfiable",
		"RangeRequested", requested, "ActualObjectSize", fmt.Sprint(size))
}

// InvalidPartNumber returns the refusal of a part that the object does not have.
func InvalidPartNumber(requested, count int) *Refusal {
	return New(http.StatusRequestedRangeNotSatisfiable, "InvalidPartNumber", "The requested partnumber is not satisfiable",
		"PartNumberRequested", fmt.Sprint(requested), "ActualPartCount", fmt.Sprint(count))
}

// InvalidPart returns the refusal of a part that was not uploaded, or not so.
func InvalidPart(upload string, part int, etag string) *Refusal {
	return New(http.StatusBadRequest, "InvalidPart", "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
		"UploadId", upload, "PartNumber", fmt.Sprint(part), "ETag", etag)
}

// InvalidPartOrder returns the refusal of parts that do not ascend.
func InvalidPartOrder(upload string) *Refusal {
	return New(http.StatusBadRequest, "InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.", "UploadId", upload)
}

// EntityTooSmall returns the refusal of a part, not the last, below the minimum.
func EntityTooSmall(part int, etag string, size, minimum int64) *Refusal {
	return New(http.StatusBadRequest, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size",
		"ProposedSize", fmt.Sprint(size), "MinSizeAllowed", fmt.Sprint(minimum), "PartNumber", fmt.Sprint(part), "ETag", etag)
}

// EntityTooLarge returns the refusal of a body above the maximum.
func EntityTooLarge(size, maximum int64) *Refusal {
	return New(http.StatusBadRequest, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size",
		"ProposedSize", fmt.Sprint(size), "MaxSizeAllowed", fmt.Sprint(maximum))
}

// MalformedXML returns the refusal of a document.
func MalformedXML() *Refusal {
	return New(http.StatusBadRequest, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
}

// IncompleteBody returns the refusal of a body that ends early.
func IncompleteBody() *Refusal {
	return New(http.StatusBadRequest, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header")
}

// BadDigest returns the refusal of content that does not have the given
// checksum: "Content-MD5", or the name of an algorithm.
func BadDigest(what, message string) *Refusal {
	return New(http.StatusBadRequest, "BadDigest", message, "Checksum", what)
}

// ChecksumMismatch returns the refusal of content that does not have the checksum
// that its sender gave.
func ChecksumMismatch(algorithm string) *Refusal {
	return BadDigest(algorithm, fmt.Sprintf("The %s you specified did not match the calculated checksum.", algorithm))
}

// Internal returns the error of a server that failed, for a reason that a test's
// author wants to read.
func Internal(err error) *Refusal {
	return New(http.StatusInternalServerError, "InternalError", "We encountered an internal error. Please try again. "+err.Error())
}
