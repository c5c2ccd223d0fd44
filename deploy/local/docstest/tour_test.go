package docstest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/refersuite/refersuite/deploy/local/internal/cli"
	"github.com/refersuite/refersuite/deploy/local/internal/suite"
)

// childVariable makes this test binary behave as the refersuite binary.
const childVariable = "DOCSTEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) == "1" {
		os.Exit(cli.Run(context.Background(), "test", os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// tour returns the shell commands of the README's tour.
func tour(t *testing.T) string {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join("..", "..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(readme), "<!-- tour: begin -->")
	text, _, closed := strings.Cut(text, "<!-- tour: end -->")
	if !found || !closed {
		t.Fatal("the README has no tour between its markers")
	}
	var commands strings.Builder
	for _, block := range strings.Split(text, "```sh\n")[1:] {
		code, _, _ := strings.Cut(block, "```")
		commands.WriteString(code)
	}
	return commands.String()
}

// The tour is typed into a shell as it stands, against a suite that listens elsewhere than on the ports it names.
func TestReadmeTourWorks(t *testing.T) {
	keyFile := filepath.Join(t.TempDir(), "dev-key.json")
	started, err := suite.Start(t.Context(), suite.Options{Environ: map[string]string{"LOG_LEVEL": "error"}, KeyFile: keyFile})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := started.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	edit := strings.NewReplacer(
		"http://127.0.0.1:8080", started.RESTURL,
		"curl -s", "curl -sS --fail-with-body",
		"bin/refersuite token", os.Args[0]+" token --key-file "+keyFile,
		"bin/refersuite reconcile", os.Args[0]+" reconcile --key-file "+keyFile+" --addr "+started.EdgeAddr,
	)
	var script strings.Builder
	script.WriteString("export " + childVariable + "=1\n")
	for _, line := range strings.Split(edit.Replace(tour(t)), "\n") {
		if strings.Contains(line, `"referee_id": "ann"`) {
			line += " && exit 1 || true" // it is the request that is refused
		}
		if strings.Contains(line, "/balance?") {
			// The reward arrives a few milliseconds after the event.
			line = "for i in $(seq 50); do out=$(" + line + `); case "$out" in *'"available_minor":"5000"'*) break;; esac; sleep 0.1; done; echo "$out"`
		}
		script.WriteString(line + "\n")
	}
	shell := exec.CommandContext(t.Context(), "bash", "-eu", "-c", script.String())
	out, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("the tour fails: %v\n%s", err, out)
	}
	for _, want := range []string{
		`{"valid":true,"code":"ANN-INVITES","program_id":"spring"}`,
		`"available_minor":"5000"`, `"reason":"SELF_REFERRAL"`, `"zero_sum":true`, "zero sum true, verified true",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the tour does not print %s:\n%s", want, out)
		}
	}
}
