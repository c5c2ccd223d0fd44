//go:build faultpoint

package faultpoint

import (
	"fmt"
	"os"
	"strconv"
	"sync"
)

// Enabled tells whether the binary was built with the tag faultpoint. Batches of writes are taken apart then, so that also
// the places inside them are points. It is a constant: what depends on it is not in a normal build.
const Enabled = true

var (
	mu      sync.Mutex
	reached int
)

// Reached marks a place at which a process may end: the call whose number the environment names does not return.
func Reached(name string) {
	mu.Lock()
	defer mu.Unlock()
	reached++
	if path := os.Getenv(LogVariable); path != "" {
		record(path, name)
	}
	if reached == after() {
		die()
	}
}

// after returns the number of the call that ends the process, or 0.
func after() int {
	text := os.Getenv(AfterVariable)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		panic(fmt.Sprintf("%s is %q: it must be the number of a call, from 1, or 0 for none", AfterVariable, text))
	}
	return n
}

// record appends a line to the log. A test that cannot be told which points there are must not go on.
func record(path, name string) {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // the test that starts the process names the file
	if err == nil {
		_, err = fmt.Fprintln(file, name)
	}
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		panic(fmt.Sprintf("%s: %v", LogVariable, err))
	}
}

// die ends the process without running anything else, and holds the caller until the signal has come.
func die() {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(fmt.Sprintf("end the process at its fault point: %v", err))
	}
	select {}
}
