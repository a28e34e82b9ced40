package fakes3

import (
	"errors"
	"fmt"
	"strings"
)

// A KeyState says whether a [Key] can be used.
type KeyState string

// The states of keys, by the names that KMS has for them.
// Source: KMS Developer Guide, "Key states of AWS KMS keys".
const (
	KeyEnabled         KeyState = "Enabled"
	KeyDisabled        KeyState = "Disabled"
	KeyPendingDeletion KeyState = "PendingDeletion"
)

// A Key is a key of KMS that objects are encrypted with. Nothing is encrypted here:
// a key refuses those who may not use it, and everybody while it is not enabled.
//
// It has the key policy that KMS gives to new keys: its account's users and roles may
// do with it what their own policies allow (kms:GenerateDataKey, kms:Decrypt), callers
// of other accounts nothing.
type Key struct {
	// ARN is that of a key in the server's region: arn:aws:kms:us-east-1:111111111111:key/ID.
	ARN string
	// Alias is another name for it: alias/NAME. It may be empty.
	Alias string
	// State is KeyEnabled by default.
	State KeyState
}

// SetKey makes a key, or changes the one with its ARN. It takes effect with the next
// request, also for objects that are there.
func (s *Server) SetKey(key Key) error {
	if key.State == "" {
		key.State = KeyEnabled
	}
	if arn := keyARN(key.ARN); arn.region() != s.opts.Region || arn.account() == "" || !strings.HasPrefix(arn.resource(), "key/") {
		return fmt.Errorf("fakes3: %q names no KMS key in %s", key.ARN, s.opts.Region)
	}
	if key.Alias != "" && !strings.HasPrefix(key.Alias, aliasPrefix) {
		return fmt.Errorf("fakes3: the alias %q of a KMS key does not begin with %s", key.Alias, aliasPrefix)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[key.ARN] = key
	return nil
}

// SetBucketKey has new objects of a bucket encrypted with a key unless their writer
// says otherwise, as a bucket's default encryption does; "" ends that. As in S3, it is
// not looked at whether there is such a key.
func (s *Server) SetBucketKey(bucket, key string) error {
	if _, err := s.store.Bucket(bucket); err != nil {
		return errors.Join(errors.New("fakes3: set the default encryption"), err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bucketKeys[bucket] = key
	return nil
}

func (s *Server) deleteBucketKey(bucket string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.bucketKeys, bucket)
}

func (s *Server) bucketKey(bucket string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bucketKeys[bucket]
}

const aliasPrefix = "alias/"

// A keyARN is arn:aws:kms:REGION:ACCOUNT:RESOURCE.
type keyARN string

// field returns a field of an ARN of KMS; "" if it is none.
func (a keyARN) field(n int) string {
	fields := strings.SplitN(string(a), ":", 6)
	if len(fields) < 6 || fields[0] != "arn" || fields[2] != "kms" {
		return ""
	}
	return fields[n]
}

func (a keyARN) region() string   { return a.field(3) }
func (a keyARN) account() string  { return a.field(4) }
func (a keyARN) resource() string { return a.field(5) }

// keyNamed writes the name of a key, in any of its forms, as an ARN. What is no ARN is a
// key of the caller's account.
// Source: KMS API Reference, "GenerateDataKey", KeyId.
func (s *Server) keyNamed(name, account string) keyARN {
	switch {
	case strings.HasPrefix(name, "arn:"):
		return keyARN(name)
	case !strings.HasPrefix(name, aliasPrefix):
		name = "key/" + name
	}
	return keyARN("arn:aws:kms:" + s.opts.Region + ":" + account + ":" + name)
}

// key finds a key by its ARN or that of its alias.
func (s *Server) key(arn keyARN) (Key, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key, ok := s.keys[string(arn)]; ok {
		return key, true
	}
	for _, key := range s.keys {
		own := keyARN(key.ARN)
		if key.Alias != "" && key.Alias == arn.resource() && own.account() == arn.account() && own.region() == arn.region() {
			return key, true
		}
	}
	return Key{}, false
}
