package e2e_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/refersuite/refersuite/deploy/local/internal/suite"
	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/service"
	"github.com/refersuite/refersuite/pkg/testkit"
)

// shared is the suite, in memory, that most tests use; each with a programme and people of its own.
var shared world

// quiet are the settings of every suite of the tests.
func quiet() map[string]string { return map[string]string{"LOG_LEVEL": "error", "LOG_FORMAT": "text"} }

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "e2e")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		shared.keyFile = filepath.Join(dir, "key.json")
		shared.Suite, err = suite.Start(context.Background(), suite.Options{Environ: quiet(), KeyFile: shared.keyFile})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		status := m.Run()
		if err := shared.Stop(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, "stop the suite:", err)
			return 1
		}
		return status
	}())
}

// world is a running suite with the file of its key.
type world struct {
	*suite.Suite
	keyFile string
}

// start starts a suite of the test's own.
func start(t *testing.T, o suite.Options) world {
	t.Helper()
	started, err := suite.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return world{Suite: started, keyFile: o.KeyFile}
}

// stopAtEnd stops the suite with the test.
func (w world) stopAtEnd(t *testing.T) world {
	t.Helper()
	t.Cleanup(func() { w.stop(t) })
	return w
}

func (w world) stop(t *testing.T) {
	t.Helper()
	if err := w.Stop(contextOf(t)); err != nil {
		t.Errorf("stop the suite: %v", err)
	}
}

// token returns one that is good for an hour.
func (w world) token(t *testing.T, subject string, roles ...string) string {
	t.Helper()
	token, err := w.Token(subject, tokenTTL, roles...)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// tokenAt returns one with the suite's own signature that was good for an hour from a given time.
func (w world) tokenAt(t *testing.T, at time.Time, subject string, roles ...string) string {
	t.Helper()
	key, err := authn.LoadKey(w.keyFile)
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := authn.NewIssuer(key, service.DevIssuerName, clock.NewFake(at))
	if err != nil {
		t.Fatal(err)
	}
	token, err := issuer.Issue(subject, roles, tokenTTL)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// contextOf returns the context of a test that lasts through its cleanup.
func contextOf(t *testing.T) context.Context { return context.WithoutCancel(t.Context()) }

// unique returns a short name no other test has.
func unique(prefix string) string { return prefix + "-" + testkit.DatabaseName()[2:] }

const (
	// tokenTTL is how long tokens are good.
	tokenTTL = time.Hour
	// patience bounds every waiting: far more than anything takes.
	patience = 90 * time.Second
	// glance is the time between two looks.
	glance = 20 * time.Millisecond
)

// eventually looks until look returns "" and fails with what it returned last when patience is over.
func eventually(t *testing.T, look func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		missing := look()
		if missing == "" {
			return
		}
		if clock.Wait(ctx, clock.System(), glance) != nil {
			t.Fatalf("after %s: %s", patience, missing)
		}
	}
}
