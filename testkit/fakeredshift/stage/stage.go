// Package stage does what UNLOAD and COPY do with S3, whatever engine runs the
// queries: it names and uploads files, writes and reads manifests, and refuses
// with Redshift's words and codes. It needs the S3 rights that Redshift's
// documentation asks of a role and no more: for UNLOAD s3:GetObject,
// s3:ListBucket and s3:PutObject (with CLEANPATH s3:DeleteObject, too), for COPY
// s3:GetObject and s3:ListBucket.
//
// Every error is a *fakeredshift.Error; when a context has ended it is SQLSTATE
// 57014. No function leaves a goroutine behind.
package stage
