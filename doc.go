// Package redferry holds the vocabulary that the other packages of this module
// share: the address of an object in S3 ([URI]), the name of a table
// ([Table]), quoting for Redshift's SQL ([Quote], [Literal]) and the manifest
// that UNLOAD writes and COPY reads ([Manifest]).
//
// redferry moves tables from one Amazon Redshift to another in a different AWS
// account, without giving either warehouse any right in the other's account:
//
//	Redshift A --UNLOAD--> bucket A ==bridge==> bucket B --COPY--> Redshift B
//
// Package pipeline puts the steps in a row; each of them is a package of its
// own: ddl, unload, bridge, copyload and validate, on top of exec (SQL over two
// channels) and creds (three tiers of credentials).
//
// This package imports neither the AWS SDK nor a database driver.
package redferry
