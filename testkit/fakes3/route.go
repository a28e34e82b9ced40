package fakes3

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
)

// An operation is what a request asks for. Either serve or refusal is set.
type operation struct {
	name    string // the API's name
	serve   func(*call) error
	refusal *refusal.Refusal
}

const createBucketName = "CreateBucket"

// route finds the operation of a request by its method, its level (service,
// bucket or object) and its sub-resource.
func route(r *http.Request, bucket, key string, query url.Values) operation {
	sub, ok := subresource(query)
	if !ok {
		return operation{refusal: refusal.InvalidArgument("ResourceType", sub, "Conflicting query string parameters: "+sub)}
	}
	request := strings.TrimSpace(r.Method + " " + sub)
	copies := r.Header.Get("X-Amz-Copy-Source") != ""
	var op operation
	switch {
	case bucket == "" && request == "GET":
		op = operation{name: "ListBuckets", serve: (*call).listBuckets}
	case bucket == "":
	case key == "":
		op = bucketOperation(request)
	case copies:
		op = copyOperation(request)
	default:
		op = objectOperation(request)
	}
	if op.serve != nil {
		return op
	}
	if sub != "" {
		op.refusal = refusal.NotImplemented("?" + sub)
	} else {
		op.refusal = refusal.New(http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.", "Method", r.Method)
	}
	return op
}

func bucketOperation(request string) operation {
	switch request {
	case "PUT":
		return operation{name: createBucketName, serve: (*call).createBucket}
	case "HEAD":
		return operation{name: "HeadBucket", serve: (*call).headBucket}
	case "DELETE":
		return operation{name: "DeleteBucket", serve: (*call).deleteBucket}
	case "GET":
		return operation{name: "ListObjects", serve: (*call).listObjects}
	case "GET list-type":
		return operation{name: "ListObjectsV2", serve: (*call).listObjectsV2}
	case "GET location":
		return operation{name: "GetBucketLocation", serve: (*call).getBucketLocation}
	case "GET uploads":
		return operation{name: "ListMultipartUploads", serve: (*call).listMultipartUploads}
	case "POST delete":
		return operation{name: "DeleteObjects", serve: (*call).deleteObjects}
	case "GET policy":
		return operation{name: "GetBucketPolicy", serve: (*call).getBucketPolicy}
	case "PUT policy":
		return operation{name: "PutBucketPolicy", serve: (*call).putBucketPolicy}
	case "DELETE policy":
		return operation{name: "DeleteBucketPolicy", serve: (*call).deleteBucketPolicy}
	}
	return operation{}
}

func objectOperation(request string) operation {
	switch request {
	case "PUT":
		return operation{name: "PutObject", serve: (*call).putObject}
	case "GET":
		return operation{name: "GetObject", serve: (*call).getObject}
	case "HEAD":
		return operation{name: "HeadObject", serve: (*call).headObject}
	case "DELETE":
		return operation{name: "DeleteObject", serve: (*call).deleteObject}
	case "GET attributes":
		return operation{name: "GetObjectAttributes", serve: (*call).getObjectAttributes}
	case "GET tagging":
		return operation{name: "GetObjectTagging", serve: (*call).getObjectTagging}
	case "PUT tagging":
		return operation{name: "PutObjectTagging", serve: (*call).putObjectTagging}
	case "DELETE tagging":
		return operation{name: "DeleteObjectTagging", serve: (*call).deleteObjectTagging}
	case "POST uploads":
		return operation{name: "CreateMultipartUpload", serve: (*call).createMultipartUpload}
	case "PUT uploadId":
		return operation{name: "UploadPart", serve: (*call).uploadPart}
	case "GET uploadId":
		return operation{name: "ListParts", serve: (*call).listParts}
	case "POST uploadId":
		return operation{name: "CompleteMultipartUpload", serve: (*call).completeMultipartUpload}
	case "DELETE uploadId":
		return operation{name: "AbortMultipartUpload", serve: (*call).abortMultipartUpload}
	}
	return operation{}
}

func copyOperation(request string) operation {
	switch request {
	case "PUT":
		return operation{name: "CopyObject", serve: (*call).copyObject}
	case "PUT uploadId":
		return operation{name: "UploadPartCopy", serve: (*call).uploadPartCopy}
	}
	op := objectOperation(request)
	op.serve = nil
	return op
}

// subresource returns the sub-resource that a query names, "" for none. Of two
// different ones it returns both, and false.
func subresource(query url.Values) (name string, ok bool) {
	for parameter := range query {
		if !isSubresource(parameter) {
			continue
		}
		if name != "" {
			return max(name, parameter) + "," + min(name, parameter), false
		}
		name = parameter
	}
	return name, true
}

// isSubresource knows the sub-resources of S3, those not implemented too.
// Source: S3 API Reference, "Actions".
func isSubresource(parameter string) bool {
	switch parameter {
	case "list-type", "location", "uploads", "uploadId", "delete", "attributes", "tagging", "policy",
		"accelerate", "acl", "abac", "analytics", "cors", "encryption", "intelligent-tiering", "inventory",
		"legal-hold", "lifecycle", "logging", "metadataConfiguration", "metadataTable", "metrics",
		"notification", "object-lock", "ownershipControls", "policyStatus", "publicAccessBlock",
		"renameObject", "replication", "requestPayment", "restore", "retention", "select", "session",
		"torrent", "versioning", "versions", "website":
		return true
	}
	return false
}
