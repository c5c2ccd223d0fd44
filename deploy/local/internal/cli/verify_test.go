package cli_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/refersuite/refersuite/deploy/local/internal/cli"
	"github.com/refersuite/refersuite/pkg/testkit"
)

// verify runs the command and returns its exit status and what it printed.
func verify(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errors bytes.Buffer
	status = cli.Run(t.Context(), "test", append([]string{"verify"}, args...), &out, &errors)
	return status, out.String(), errors.String()
}

func TestM8_VerifyNeedsADatabase(t *testing.T) {
	t.Setenv("MONGODB_URI", "")
	t.Setenv("MONGODB_URI_FILE", "")
	if status, _, stderr := verify(t); status != 2 || !strings.Contains(stderr, "MONGODB_URI is empty") {
		t.Fatalf("ended with %d and %q", status, stderr)
	}
}

func TestM8_VerifyStores_OfADatabaseWithoutLedgerIsNoSuccess(t *testing.T) {
	database := testkit.Mongo(t)
	status, stdout, stderr := verify(t, "--quiet", "--database", database.Name())
	if status != 2 || stdout != "" || !strings.Contains(stderr, "has no collection ledger") {
		t.Fatalf("ended with %d, %q and %q", status, stdout, stderr)
	}
}
