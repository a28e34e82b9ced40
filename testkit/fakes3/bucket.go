package fakes3

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"

	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
	"github.com/redferry/redferry/testkit/fakes3/internal/store"
)

// owner is an account as documents name it.
type owner struct {
	ID string
}

func (s *Server) owner(account string) owner {
	a, err := s.cloud.Account(account)
	if err != nil {
		return owner{ID: account}
	}
	return owner{ID: a.CanonicalID()}
}

func (c *call) listBuckets() error {
	if err := c.checkRegion(); err != nil {
		return err
	}
	account := c.signature.Identity.Account
	if err := c.allow("s3:ListAllMyBuckets", "*", store.Bucket{Owner: account}, nil); err != nil {
		return err
	}
	type bucket struct {
		Name         string
		CreationDate string
		BucketRegion string
	}
	answer := struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListAllMyBucketsResult"`
		Owner   owner
		Buckets []bucket `xml:"Buckets>Bucket"`
	}{Owner: c.server.owner(account)}
	for _, b := range c.server.store.Buckets(account) {
		answer.Buckets = append(answer.Buckets, bucket{b.Name, timestamp(b.Created), c.server.opts.Region})
	}
	c.answer(http.StatusOK, answer)
	return nil
}

func (c *call) createBucket() error {
	name, account := c.entry.Bucket, c.signature.Identity.Account
	if err := c.checkRegion(); err != nil {
		return err
	}
	if err := checkBucketName(name); err != nil {
		return err
	}
	if err := c.allow("s3:CreateBucket", bucketARN(name), store.Bucket{Owner: account}, nil); err != nil {
		return err
	}
	if err := c.checkLocation(); err != nil {
		return err
	}
	err := c.server.createBucket(account, name)
	var taken *fakeaws.Error
	if errors.As(err, &taken) && taken.Code == "BucketAlreadyOwnedByYou" && c.server.opts.Region == defaultRegion {
		err = nil // in us-east-1 it is no error; see the S3 API Reference, "CreateBucket"
	}
	if err != nil {
		return err
	}
	c.w.set("Location", "/"+name)
	c.w.WriteHeader(http.StatusOK)
	return nil
}

// checkLocation compares the region in the body, if there is a body, with where
// the endpoint is.
func (c *call) checkLocation() error {
	body, err := c.body()
	if err != nil {
		return err
	}
	var config struct {
		XMLName            xml.Name `xml:"CreateBucketConfiguration"`
		LocationConstraint string
	}
	if len(body) > 0 && xml.Unmarshal(body, &config) != nil {
		return refusal.MalformedXML()
	}
	given, region := config.LocationConstraint, c.server.opts.Region
	switch {
	case given == region && region == defaultRegion:
		return refusal.New(http.StatusBadRequest, "InvalidLocationConstraint", "The specified location-constraint is not valid", "LocationConstraint", given)
	case given == region, given == "" && region == defaultRegion:
		return nil
	}
	return refusal.New(http.StatusBadRequest, "IllegalLocationConstraintException", "The "+or(given, "unspecified")+" location constraint is incompatible for the region specific endpoint this request was sent to.")
}

func (c *call) headBucket() error {
	if err := c.allowBucket("s3:ListBucket"); err != nil {
		return err
	}
	c.w.set("x-amz-access-point-alias", "false")
	c.w.WriteHeader(http.StatusOK)
	return nil
}

func (c *call) deleteBucket() error {
	if err := c.allowBucket("s3:DeleteBucket"); err != nil {
		return err
	}
	if err := c.server.store.DeleteBucket(c.bucket.Name); err != nil {
		return err
	}
	c.server.DeleteBucketPolicy(c.bucket.Name)
	c.server.deleteBucketKey(c.bucket.Name)
	c.server.cloud.ReleaseBucket(c.bucket.Name)
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (c *call) getBucketLocation() error {
	if err := c.allowBucket("s3:GetBucketLocation"); err != nil {
		return err
	}
	region := c.server.opts.Region
	if region == defaultRegion {
		region = "" // which is how S3 has always called it
	}
	c.answer(http.StatusOK, struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ LocationConstraint"`
		Region  string   `xml:",chardata"`
	}{Region: region})
	return nil
}

func (c *call) getBucketPolicy() error {
	if err := c.allowBucket("s3:GetBucketPolicy"); err != nil {
		return err
	}
	policy := c.server.bucketPolicy(c.bucket.Name)
	if policy == nil {
		return refusal.New(http.StatusNotFound, "NoSuchBucketPolicy", "The bucket policy does not exist", "BucketName", c.bucket.Name)
	}
	c.w.set("Content-Type", "application/json")
	_, _ = io.WriteString(c.w, policy.String()) // a client that has gone does not need it
	return nil
}

func (c *call) putBucketPolicy() error {
	if err := c.allowBucket("s3:PutBucketPolicy"); err != nil {
		return err
	}
	body, err := c.body()
	if err != nil {
		return err
	}
	policy, err := fakeaws.ParsePolicy(string(body))
	if err != nil {
		return refusal.New(http.StatusBadRequest, "MalformedPolicy", err.Error())
	}
	if err := c.server.SetBucketPolicy(c.bucket.Name, policy); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (c *call) deleteBucketPolicy() error {
	if err := c.allowBucket("s3:DeleteBucketPolicy"); err != nil {
		return err
	}
	c.server.DeleteBucketPolicy(c.bucket.Name)
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}
