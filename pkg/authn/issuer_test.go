package authn_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwk"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/authn"
)

func TestKeyFile_IsPrivateAndRoundTrips(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "dev.jwk")
	key, err := authn.LoadOrCreateKey(path, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode = %v, err = %v, want 0600", info.Mode(), err)
	}
	again, err := authn.LoadOrCreateKey(path, rand.Reader)
	if err != nil || !jwk.Equal(key, again) {
		t.Fatalf("the key changed, err = %v", err)
	}
	if err := authn.SaveKey(path, newKey(t)); !errors.Is(err, fs.ErrExist) {
		t.Fatalf("SaveKey over a key = %v, want fs.ErrExist", err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Fatalf("left behind: %v, err = %v", entries, err)
	}
}

func TestLoadOrCreateKey_RacersGetTheSameKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dev.jwk")
	ids := make([]string, 20)
	var group sync.WaitGroup
	for i := range ids {
		group.Go(func() {
			key, err := authn.LoadOrCreateKey(path, rand.Reader)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i], _ = key.KeyID()
		})
	}
	group.Wait()
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Fatalf("ids differ: %v", ids)
		}
	}
}

func TestLoadKey_RefusesWhatIsNotAPrivateKeyFile(t *testing.T) {
	dir := t.TempDir()
	key := newKey(t)
	public, err := key.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	private, err := json.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	publicJSON, err := json.Marshal(public)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		data []byte
		mode os.FileMode
	}{
		"readable by others": {private, 0o644},
		"public half":        {publicJSON, 0o600},
		"garbage":            {[]byte("secret-garbage"), 0o600},
	} {
		path := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
		if err := os.WriteFile(path, tc.data, tc.mode); err != nil {
			t.Fatal(err)
		}
		if _, err := authn.LoadKey(path); err == nil || strings.Contains(err.Error(), "secret-garbage") {
			t.Errorf("%s: err = %v", name, err)
		}
	}
}

func TestNewIssuer_RefusesAKeyItCannotSignWith(t *testing.T) {
	public, err := newKey(t).PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	if _, err := authn.NewIssuer(public, "x", w.clock); err == nil {
		t.Error("a public key was accepted")
	}
	if _, err := authn.NewIssuer(nil, "x", w.clock); err == nil {
		t.Error("no key was accepted")
	}
}

func TestJWKS_ShowsOnlyThePublicHalf(t *testing.T) {
	w := newWorld(t)
	data, err := w.issuer.JWKS()
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := json.Unmarshal(data, &document); err != nil || len(document.Keys) != 1 {
		t.Fatalf("JWKS = %s, err = %v", data, err)
	}
	if _, secret := document.Keys[0]["d"]; secret {
		t.Fatal("the JWKS holds the private half")
	}
	path := filepath.Join(t.TempDir(), "jwks.json")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	keys, err := authn.JWKSFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := authn.NewVerifier(keys, authn.Options{Issuers: []string{issuerName}, Clock: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verifier.Verify(t.Context(), w.mint(t, "asha", user, time.Hour)); err != nil {
		t.Fatal(err)
	}
}

func TestServiceTokens_AreReusedAndRenewedInTime(t *testing.T) {
	w := newWorld(t)
	tokens := authn.NewServiceTokens(w.issuer, "referral")
	first, err := tokens.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(6 * time.Minute)
	if same, err := tokens.Token(t.Context()); err != nil || same != first {
		t.Fatalf("renewed too early, err = %v", err)
	}
	w.clock.Advance(time.Minute)
	metadata, err := tokens.GetRequestMetadata(t.Context())
	if err != nil || metadata["authorization"] == "Bearer "+first {
		t.Fatalf("not renewed, err = %v", err)
	}
	caller, err := w.verifier.Verify(t.Context(), strings.TrimPrefix(metadata["authorization"], "Bearer "))
	if err != nil || caller.Subject != "referral" || !caller.Has(access.RoleSystem) {
		t.Fatalf("caller = %+v, err = %v", caller, err)
	}
}

func BenchmarkVerify(b *testing.B) {
	w := newWorld(b)
	token := w.mint(b, "asha", user, time.Hour)
	b.Run("cached", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := w.verifier.Verify(b.Context(), token); err != nil {
				b.Fatal(err)
			}
		}
	})
}
