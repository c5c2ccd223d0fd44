package service

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/idgen"
)

type testConfig struct {
	Config
	Extra string `env:"EXTRA" doc:"Anything."`
}

// useKeys makes a key for the service and tells it to believe itself.
func useKeys(t *testing.T) {
	t.Helper()
	key, err := authn.GenerateKey(idgen.Random())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := authn.SaveKey(filepath.Join(dir, "key"), key); err != nil {
		t.Fatal(err)
	}
	jwks, err := authn.PublicJWKS(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "jwks"), jwks, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SERVICE_KEY_FILE", filepath.Join(dir, "key"))
	t.Setenv("SERVICE_JWKS_FILE", filepath.Join(dir, "jwks"))
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func TestProcessServesUntilItIsAskedToStop(t *testing.T) {
	useKeys(t)
	t.Setenv("OPS_ADDR", freeAddress(t))
	t.Setenv("EXTRA", "seen")
	ctx, stop := context.WithCancel(t.Context())
	var stderr bytes.Buffer
	var health int
	code := execute(ctx, "wallet", "test", nil, &stderr, func(ctx context.Context, cfg testConfig, rt *Runtime) error {
		if cfg.Extra != "seen" || rt.Tokens == nil {
			t.Errorf("got %+v", cfg)
		}
		health = execute(ctx, "wallet", "test", []string{"health"}, &stderr, func(context.Context, testConfig, *Runtime) error { return nil })
		stop()
		<-ctx.Done()
		return nil
	})
	if code != 0 || health != 0 {
		t.Fatalf("ended with %d, health %d: %s", code, health, stderr.String())
	}
	if health := execute(t.Context(), "wallet", "test", []string{"health"}, &stderr, func(context.Context, testConfig, *Runtime) error { return nil }); health == 0 {
		t.Error("a process that has ended is healthy")
	}
}

func TestProcessSaysWhatIsWrongWithItsSettings(t *testing.T) {
	t.Setenv("SHUTDOWN_TIMEOUT", "soon")
	var stderr bytes.Buffer
	code := execute(t.Context(), "wallet", "test", nil, &stderr, func(context.Context, testConfig, *Runtime) error {
		t.Error("ran with invalid settings")
		return nil
	})
	if code != 1 || !strings.Contains(stderr.String(), `SHUTDOWN_TIMEOUT is "soon"`) {
		t.Fatalf("ended with %d: %s", code, stderr.String())
	}
}

func TestUnknownArgumentIsRefused(t *testing.T) {
	var stderr bytes.Buffer
	code := execute(t.Context(), "wallet", "test", []string{"serve"}, &stderr, func(context.Context, testConfig, *Runtime) error { return nil })
	if code != 1 || !strings.Contains(stderr.String(), `unknown argument "serve"`) {
		t.Fatalf("ended with %d: %s", code, stderr.String())
	}
}
