// Package testkit is what tests of every module share: contexts that end with the test, deterministic ids, a recorder of
// spans, and stores that are private to one test. A test that needs real stores has Stores in its name and gets them
// here; without them it is skipped, or fails when REQUIRE_STORES=1.
package testkit

import (
	"context"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/refersuite/refersuite/pkg/idgen"
)

// patience bounds what a test waits for: far more than anything takes, far less than the limit of go test.
const patience = 60 * time.Second

// Context returns a context that ends with the test, or after a minute.
func Context(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// IDs returns a source of id-1, id-2 and so on.
func IDs() idgen.Source { return idgen.Sequence("id") }

// NoLeaks fails the test when it ends with more goroutines than it began with. Call it first, so that it looks last.
func NoLeaks(t testing.TB) {
	t.Helper()
	ignore := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		if err := goleak.Find(ignore); err != nil {
			t.Errorf("goroutines without an owner: %v", err)
		}
	})
}

// MainNoLeaks is for TestMain: it runs the tests of a package and fails when goroutines are left behind.
func MainNoLeaks(m *testing.M) { goleak.VerifyTestMain(m) }

// noStore ends a test that lacks a store.
func noStore(t testing.TB, variable string) {
	t.Helper()
	if os.Getenv("REQUIRE_STORES") == "1" {
		t.Fatalf("%s is not set although REQUIRE_STORES=1: run make stores and export what it prints", variable)
	}
	t.Skipf("%s is not set: run make stores to run this test", variable)
}
