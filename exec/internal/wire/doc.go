// Package wire is what the implementations of exec.Executor share, so that a
// statement means the same and a value looks the same over each of them.
package wire
