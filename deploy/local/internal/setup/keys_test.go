package setup

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/clock"
)

// snapshot reads every file below dir.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		name, relErr := filepath.Rel(dir, path)
		found[filepath.ToSlash(name)] = string(content)
		if err == nil {
			err = relErr
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func makeKeys(t *testing.T, dir string, services ...string) map[string]string {
	t.Helper()
	if err := Keys(dir, services); err != nil {
		t.Fatal(err)
	}
	return snapshot(t, dir)
}

func TestKeysMadeTwiceAreTheSame(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	first := makeKeys(t, dir, "wallet", "gateway")
	want := []string{"people.jwk", "services/people.jwks.json", "services/services.jwks.json", "services/wallet.jwk",
		"services/gateway.jwk", "services/fraud-hash.key"}
	for _, name := range want {
		if first[name] == "" {
			t.Errorf("%s is missing", name)
		}
	}
	if len(first) != len(want) {
		t.Errorf("files left over: %d, want %d", len(first), len(want))
	}
	second := makeKeys(t, dir, "wallet", "gateway")
	for name, content := range first {
		if second[name] != content {
			t.Errorf("%s changed", name)
		}
	}
}

func TestServiceAddedLaterKeepsTheOthers(t *testing.T) {
	dir := t.TempDir()
	first := makeKeys(t, dir, "wallet")
	second := makeKeys(t, dir, "wallet", "tier")
	for _, name := range []string{"people.jwk", "services/wallet.jwk", "services/fraud-hash.key", "services/people.jwks.json"} {
		if first[name] != second[name] {
			t.Errorf("%s changed", name)
		}
	}
	if strings.Count(second["services/services.jwks.json"], `"kid"`) != 2 {
		t.Errorf("the JWKS does not hold both keys: %s", second["services/services.jwks.json"])
	}
}

func TestOnlyPublicFilesMayBeReadByOthers(t *testing.T) {
	dir := t.TempDir()
	for name, content := range makeKeys(t, dir, "wallet") {
		info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		want := fs.FileMode(0o600)
		if strings.HasSuffix(name, ".jwks.json") {
			want = 0o644
			if strings.Contains(content, `"d"`) {
				t.Errorf("%s holds a private key", name)
			}
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %04o, want %04o", name, info.Mode().Perm(), want)
		}
	}
}

func TestTokensOfTheKeysAreBelieved(t *testing.T) {
	dir := t.TempDir()
	makeKeys(t, dir, "wallet", "gateway")
	for _, test := range []struct{ key, jwks string }{
		{PeopleKey, PeopleJWKS}, {ServiceKey("wallet"), ServicesJWKS}, {ServiceKey("gateway"), ServicesJWKS},
	} {
		key, err := authn.LoadKey(filepath.Join(dir, test.key))
		if err != nil {
			t.Fatal(err)
		}
		issuer, err := authn.NewIssuer(key, "test", clock.System())
		if err != nil {
			t.Fatal(err)
		}
		keys, err := authn.JWKSFromFile(filepath.Join(dir, test.jwks))
		if err != nil {
			t.Fatal(err)
		}
		verifier, err := authn.NewVerifier(keys, authn.Options{Issuers: []string{"test"}, Clock: clock.System()})
		if err != nil {
			t.Fatal(err)
		}
		token, err := issuer.Issue("ann", []string{access.RoleAdmin}, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if caller, err := verifier.Verify(t.Context(), token); err != nil || caller.Subject != "ann" {
			t.Errorf("%s is not believed under %s: %v", test.key, test.jwks, err)
		}
	}
}

func TestManyRunsAtOnceAgree(t *testing.T) {
	dir := t.TempDir()
	var runs sync.WaitGroup
	for range 8 {
		runs.Go(func() {
			if err := Keys(dir, []string{"wallet", "tier"}); err != nil {
				t.Error(err)
			}
		})
	}
	runs.Wait()
	settled := makeKeys(t, dir, "wallet", "tier")
	if again := makeKeys(t, dir, "wallet", "tier"); len(again) != len(settled) || again[ServicesJWKS] != settled[ServicesJWKS] {
		t.Error("the files did not settle")
	}
}

func TestUnusableNamesMakeNothing(t *testing.T) {
	for _, services := range [][]string{nil, {"people"}, {"../wallet"}, {"Wallet"}, {""}} {
		dir := t.TempDir()
		if err := Keys(dir, services); err == nil {
			t.Errorf("%q was accepted", services)
		}
		if found := snapshot(t, dir); len(found) != 0 {
			t.Errorf("%q left files", services)
		}
	}
}

func TestSecretThatOthersMayReadIsRefused(t *testing.T) {
	dir := t.TempDir()
	makeKeys(t, dir, "wallet")
	for _, name := range []string{PeopleKey, FraudHashKey} {
		path := filepath.Join(dir, name)
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := Keys(dir, []string{"wallet"}); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("%s: got %v", name, err)
		}
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
