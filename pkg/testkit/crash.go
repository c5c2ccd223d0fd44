package testkit

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// notOurs is the exit status of the script for a database that make stores did not start.
const notOurs = 3

// CrashMongo kills the database at MONGODB_URI, nothing flushed, and starts it again on the same data. It returns false for
// one that make stores did not start, which cannot be crashed from here; with REQUIRE_STORES=1 that fails the test.
func CrashMongo(t testing.TB) bool {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), crashScript(t), "restart").CombinedOutput() //nolint:gosec // a script of the project
	var exit *exec.ExitError
	switch {
	case err == nil:
		return true
	case !errors.As(err, &exit) || exit.ExitCode() != notOurs:
		t.Fatalf("crash the database: %v\n%s", err, out)
	case os.Getenv("REQUIRE_STORES") == "1":
		t.Fatalf("REQUIRE_STORES=1, and the database cannot be crashed from here: unset MONGODB_URI and run make stores")
	}
	return false
}

// crashScript finds the script above the folder of the test.
func crashScript(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	for err == nil {
		script := filepath.Join(dir, "deploy", "stores", "crash")
		if _, statErr := os.Stat(script); statErr == nil {
			return script
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			err = errors.New("no folder above has deploy/stores/crash")
		}
		dir = parent
	}
	t.Fatalf("find the script that crashes the database: %v", err)
	return ""
}
