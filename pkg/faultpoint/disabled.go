//go:build !faultpoint

package faultpoint

// Enabled tells whether the binary was built with the tag faultpoint. Batches of writes are taken apart then, so that also
// the places inside them are points. It is a constant: what depends on it is not in a normal build.
const Enabled = false

// Reached marks a place at which a process may end. It does nothing in this build. A name that has to be made up belongs
// under a condition on Enabled.
func Reached(string) {}
