// Package deptest holds the tests of the module's layers: who may reach whom,
// directly or through others.
package deptest
