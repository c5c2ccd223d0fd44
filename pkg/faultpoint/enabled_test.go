//go:build faultpoint

package faultpoint_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/refersuite/refersuite/pkg/faultpoint"
)

// childVariable makes this test binary reach three points and print ok.
const childVariable = "FAULTPOINT_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) == "1" {
		for _, name := range []string{"a", "b", "c"} {
			faultpoint.Reached(name)
		}
		fmt.Println("ok")
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestReached_EndsTheProcessAtTheNumberedCall(t *testing.T) {
	for after, want := range map[string]string{"1": "a", "2": "a b", "3": "a b c", "4": "a b c ok", "0": "a b c ok", "": "a b c ok"} {
		log := filepath.Join(t.TempDir(), "points")
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), childVariable+"=1", faultpoint.AfterVariable+"="+after, faultpoint.LogVariable+"="+log)
		output, err := child.Output()
		points, readErr := os.ReadFile(log)
		if readErr != nil {
			t.Fatal(readErr)
		}
		if got := strings.Join(strings.Fields(string(points)+string(output)), " "); got != want {
			t.Errorf("after %q: reached %s, want %s", after, got, want)
		}
		var exit *exec.ExitError
		killed := errors.As(err, &exit) && signal(exit) == syscall.SIGKILL
		if killed == strings.HasSuffix(want, "ok") {
			t.Errorf("after %q: the process ended with %v", after, err)
		}
	}
}

func TestReached_RefusesWhatIsNoNumber(t *testing.T) {
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childVariable+"=1", faultpoint.AfterVariable+"=x")
	if output, err := child.CombinedOutput(); err == nil || !strings.Contains(string(output), faultpoint.AfterVariable) {
		t.Errorf("ended with %v: %s", err, output)
	}
}

// signal returns what ended a process.
func signal(exit *exec.ExitError) syscall.Signal {
	if how, ok := exit.Sys().(syscall.WaitStatus); ok {
		return how.Signal()
	}
	return 0
}
