package main

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry/bridge"
)

// carry reads the flags about storage classes and encryption.
func (s *settings) carry() error {
	class := types.StorageClass(s.class)
	switch {
	case s.class == "keep":
		s.options.Carry.StorageClass = bridge.SameStorageClass
	case slices.Contains(class.Values(), class):
		s.options.Carry.StorageClass = func(types.StorageClass) types.StorageClass { return class }
	case s.class != "":
		return fmt.Errorf("bridgecopy: -storage-class %s: write keep or one of %v; %w", s.class, class.Values(), errUsage)
	}
	algorithm := types.ServerSideEncryption(s.encryption)
	switch {
	case s.encryption == "" && s.key == "":
		return nil
	case s.key != "" && algorithm != types.ServerSideEncryptionAwsKms && algorithm != types.ServerSideEncryptionAwsKmsDsse:
		return fmt.Errorf("bridgecopy: -kms-key is for -sse aws:kms; %w", errUsage)
	case !slices.Contains(algorithm.Values(), algorithm):
		return fmt.Errorf("bridgecopy: -sse %s: write one of %v; %w", s.encryption, algorithm.Values(), errUsage)
	}
	s.options.Carry.Encryption = &bridge.Encryption{Algorithm: algorithm, KeyID: s.key, BucketKey: s.key != ""}
	return nil
}
