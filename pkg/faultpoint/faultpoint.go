// Package faultpoint lets a test end a process between any two writes, as a power cut would.
//
// Code that writes calls Reached before and after each write. In a normal build that is nothing. In a build with the tag
// faultpoint the process ends by SIGKILL in the call that AfterVariable numbers, and LogVariable names a file that learns
// which points were reached, so that a test can kill at the first, the second and so on until a run survives:
//
//	go build -tags faultpoint ./services/wallet/cmd/walletd
//	FAULTPOINT_AFTER=3 FAULTPOINT_LOG=points.txt ./walletd
package faultpoint

const (
	// AfterVariable is the environment variable with the number, from 1, of the call of Reached that ends the process;
	// unset or 0 means none.
	AfterVariable = "FAULTPOINT_AFTER"
	// LogVariable is the environment variable with the file to which every point reached is appended, one name a line. The
	// last one is that of the call that ended the process.
	LogVariable = "FAULTPOINT_LOG"
)
