package fakes3

import (
	"errors"
	"fmt"

	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakes3/internal/store"
)

// CreateBucket creates a bucket that belongs to account. A name in use is a
// [*fakeaws.Error] BucketAlreadyExists or BucketAlreadyOwnedByYou.
func (s *Server) CreateBucket(account *fakeaws.Account, name string) error {
	if err := checkBucketName(name); err != nil {
		return err
	}
	return s.createBucket(account.ID(), name)
}

func (s *Server) createBucket(account, name string) error {
	if err := s.cloud.ClaimBucket(name, account, s.opts.Region); err != nil {
		return err
	}
	s.store.CreateBucket(store.Bucket{Name: name, Owner: account, Created: now()})
	return nil
}

// SetBucketPolicy replaces the policy of a bucket. It takes effect with the next
// request. A policy about other resources than the bucket and its keys is an
// error.
func (s *Server) SetBucketPolicy(name string, policy fakeaws.Policy) error {
	if _, err := s.store.Bucket(name); err != nil {
		return err
	}
	if err := policy.CheckResource(bucketARN(name)); err != nil {
		return fmt.Errorf("fakes3: set the policy of bucket %s: %w", name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.policies[name] = policy
	return nil
}

// DeleteBucketPolicy takes a bucket's policy away.
func (s *Server) DeleteBucketPolicy(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.policies, name)
}

func (s *Server) bucketPolicy(name string) *fakeaws.Policy {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.policies[name]; ok {
		return &p
	}
	return nil
}

// SetAbortDays gives a bucket the lifecycle rule AbortIncompleteMultipartUpload:
// uploads initiated from now on are aborted at the first midnight, in UTC, after
// so many days, and S3 tells so when they are created and listed. 0 takes the rule
// away.
func (s *Server) SetAbortDays(name string, days int) error {
	if days < 0 {
		return errors.New("fakes3: the days until uploads are aborted are negative")
	}
	return s.store.SetAbortDays(name, days)
}
