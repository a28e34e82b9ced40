package fakeaws

import "net/http"

// A bucket is an entry of the partition's one name space of buckets.
type bucket struct{ account, region string }

// ClaimBucket gives a bucket's name to an account. All S3 servers of a Cloud
// share the names. A name in use is an [*Error], BucketAlreadyOwnedByYou or
// BucketAlreadyExists.
func (c *Cloud) ClaimBucket(name, account, region string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch b, taken := c.buckets[name]; {
	case !taken:
		c.buckets[name] = bucket{account: account, region: region}
		return nil
	case b.account == account:
		return &Error{
			Code:    "BucketAlreadyOwnedByYou",
			Message: "Your previous request to create the named bucket succeeded and you already own it.",
			Status:  http.StatusConflict,
		}
	}
	return &Error{
		Code:    "BucketAlreadyExists",
		Message: "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
		Status:  http.StatusConflict,
	}
}

// ReleaseBucket makes the name free again.
func (c *Cloud) ReleaseBucket(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.buckets, name)
}

// BucketOwner returns whose the bucket is and where it lies.
func (c *Cloud) BucketOwner(name string) (account, region string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b, ok := c.buckets[name]
	return b.account, b.region, ok
}
