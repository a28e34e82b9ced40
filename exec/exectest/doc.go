// Package exectest helps to test implementations and users of [exec.Executor].
//
// [TestExecutor] is the suite that every implementation passes, against a fake
// warehouse or a real one. [New] makes a fake Executor out of one function, for
// tests of code that runs SQL.
package exectest
