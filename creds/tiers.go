package creds

import "time"

// A Role is tier 1: the IAM role that a Redshift itself uses in UNLOAD and COPY,
// attached to the warehouse, with rights on a bucket of its own account only.
// Make one with [ParseRole]; chains of roles are refused, because a chain makes
// the warehouse call sts:AssumeRole. It is not a secret, and it is comparable.
type Role struct {
	arn string
}

// A Login is tier 2: a user of the database.
type Login struct {
	User     string
	Password Secret
	Expires  time.Time // zero if it does not expire
	Source   string    // where it came from, for messages: "env REDFERRY_A_USER"
}

// Keys is tier 3: an access key, held by the bridge only: a reader's in account
// A, a writer's in account B.
type Keys struct {
	AccessKeyID     string
	SecretAccessKey Secret
	SessionToken    Secret    // empty for long-lived keys
	Expires         time.Time // zero if they do not expire
	Source          string    // where they came from, for messages
}
