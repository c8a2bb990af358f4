// Package e2e holds the tests that run the whole thing: the real binary, and flows written down as text that a flow
// author can read. Nothing imports it.
package e2e
