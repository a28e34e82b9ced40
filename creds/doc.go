// Package creds finds the credentials that the other packages use, in three
// tiers that never mix:
//
//	tier 1  Role   the role that a Redshift itself uses in UNLOAD and COPY
//	tier 2  Login  a user of the database
//	tier 3  Keys   an access key, held by the bridge only
//
// A [Provider] finds one of them. [Static], [EnvLogin], [EnvKeys] and [EnvRole]
// are sources, package awssecrets has one on AWS Secrets Manager, [Chain] tries
// several and [Cache] keeps what was found. Package awscreds hands Keys to the
// AWS SDK.
//
// A [Secret] never prints itself, and a [Mask] keeps secrets out of a log. This
// package does not import the AWS SDK.
package creds
