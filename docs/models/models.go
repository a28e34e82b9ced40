// Package models holds the Promela models of the load, of copy and resume, and
// of two runners, for the checks that need them; README.md says what they are.
package models

import "embed"

// Files are the models, by name.
//
//go:embed *.pml
var Files embed.FS
