// Package faults proves that the wallet may end between any two of its writes: the process is killed at each of them in
// turn, and after a restart the commands that are sent again have one posting each.
package faults
