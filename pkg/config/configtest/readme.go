// Package configtest checks that documentation tells the truth about settings.
package configtest

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/refersuite/refersuite/pkg/config"
)

// Begin and End enclose the table of settings in a README.
const (
	Begin = "<!-- settings: begin -->"
	End   = "<!-- settings: end -->"
)

var update = flag.Bool("update-readme", false, "write the table of settings into the README")

// CheckReadme fails unless the README at path holds, between the Begin and End lines, exactly config.Table(cfg). With
// -update-readme it writes the table instead.
func CheckReadme(t testing.TB, path string, cfg any) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("read the README: %v", err)
	}
	head, rest, found := strings.Cut(string(content), Begin+"\n")
	body, tail, closed := strings.Cut(rest, End)
	if !found || !closed {
		t.Fatalf("%s has no table of settings: add the lines %q and %q", path, Begin, End)
	}
	table := "\n" + config.Table(cfg) + "\n"
	if body == table {
		return
	}
	if !*update {
		t.Fatalf("%s: the table of settings is not true any more; run this test with -update-readme.\nwant:%s", path, table)
	}
	updated := head + Begin + "\n" + table + End + tail
	if err := os.WriteFile(path, []byte(updated), 0o644); err != nil { //nolint:gosec // a README is for everybody
		t.Fatalf("write the README: %v", err)
	}
}
