package fileprovider

import (
	"fmt"
	"os"
	"sync"
)

// Directory returns a directory that is made when it is asked for first.
func Directory(path string) func() (string, error) {
	return sync.OnceValues(func() (string, error) { return path, os.MkdirAll(path, dirMode) })
}

// Check makes sure that files can be written in a directory, which it makes if it is missing.
func Check(path string) error {
	if err := os.MkdirAll(path, dirMode); err != nil {
		return fmt.Errorf("make the directory of payout files: %w", err)
	}
	probe, err := os.CreateTemp(path, ".probe-")
	if err != nil {
		return fmt.Errorf("write to the directory of payout files: %w", err)
	}
	if err := probe.Close(); err != nil {
		return fmt.Errorf("write to the directory of payout files: %w", err)
	}
	return os.Remove(probe.Name())
}

// Temporary is a directory for those who keep nothing: made when it is asked for first, and gone with Remove.
type Temporary struct {
	mu   sync.Mutex
	path string
}

// Path makes the directory.
func (t *Temporary) Path() (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.path != "" {
		return t.path, nil
	}
	path, err := os.MkdirTemp("", "refersuite-payouts-")
	t.path = path
	return path, err
}

// Remove removes the directory if it was made.
func (t *Temporary) Remove() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.path == "" {
		return nil
	}
	return os.RemoveAll(t.path)
}
