package authn_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwk"

	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
)

// jwksServer publishes keys, counts fetches, and can be broken.
type jwksServer struct {
	mu      sync.Mutex
	keys    []jwk.Key
	broken  bool
	fetches int
}

func (s *jwksServer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fetches++
	if s.broken {
		http.Error(w, "out of order", http.StatusInternalServerError)
		return
	}
	data, err := authn.PublicJWKS(s.keys...)
	if err == nil {
		_, err = w.Write(data)
	}
	if err != nil {
		panic(err)
	}
}

func (s *jwksServer) set(broken bool, keys ...jwk.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken, s.keys = broken, keys
}

func (s *jwksServer) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fetches
}

type remoteWorld struct {
	world
	server   *jwksServer
	verifier *authn.TokenVerifier
}

func newRemoteWorld(t *testing.T) remoteWorld {
	t.Helper()
	w := newWorld(t)
	server := &jwksServer{keys: []jwk.Key{w.key}}
	http := httptest.NewServer(server)
	t.Cleanup(http.Close)
	verifier, err := authn.NewVerifier(authn.JWKSFromURL(http.URL, authn.RemoteOptions{Clock: w.clock}),
		authn.Options{Issuers: []string{issuerName}, Clock: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	return remoteWorld{world: w, server: server, verifier: verifier}
}

func TestRemoteKeys_AreFetchedOnceForManyTokens(t *testing.T) {
	w := newRemoteWorld(t)
	var group sync.WaitGroup
	for range 20 {
		token := w.mint(t, "asha", user, time.Hour)
		group.Go(func() {
			if _, err := w.verifier.Verify(t.Context(), token); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := w.server.count(); n != 1 {
		t.Fatalf("%d fetches, want 1", n)
	}
}

func TestRemoteKeys_ARotatedKeyIsFoundAndTheOldOneForgotten(t *testing.T) {
	w := newRemoteWorld(t)
	old := w.mint(t, "asha", user, 24*time.Hour)
	if _, err := w.verifier.Verify(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	next := newKey(t)
	w.server.set(false, next)
	rotated, err := authn.NewIssuer(next, issuerName, w.clock)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Minute)
	token, err := rotated.Issue("ravi", user, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.verifier.Verify(t.Context(), token); err != nil {
		t.Fatalf("token of the new key: %v", err)
	}
	w.clock.Advance(5 * time.Minute) // the cached verdict about the old token has run out
	refused(t, w.verifier, old, authn.ReasonTokenInvalid)
}

func TestRemoteKeys_UnknownKeyIdsDoNotHammerTheIssuer(t *testing.T) {
	w := newRemoteWorld(t)
	stranger, err := authn.NewIssuer(newKey(t), issuerName, w.clock)
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		token, err := stranger.Issue("eve", user, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		refused(t, w.verifier, token, authn.ReasonTokenInvalid)
	}
	if n := w.server.count(); n != 1 {
		t.Fatalf("%d fetches, want 1", n)
	}
}

func TestRemoteKeys_StayInUseWhileTheIssuerIsDown(t *testing.T) {
	w := newRemoteWorld(t)
	if _, err := w.verifier.Verify(t.Context(), w.mint(t, "asha", user, time.Hour)); err != nil {
		t.Fatal(err)
	}
	w.server.set(true)
	w.clock.Advance(time.Hour)
	if _, err := w.verifier.Verify(t.Context(), w.mint(t, "asha", user, time.Hour)); err != nil {
		t.Fatalf("with keys at hand: %v", err)
	}
	if n := w.server.count(); n != 2 {
		t.Fatalf("%d fetches, want 2: old keys are asked for again", n)
	}
}

func TestRemoteKeys_WithoutAnyKeysTheAnswerIsUnavailable(t *testing.T) {
	w := newRemoteWorld(t)
	w.server.set(true)
	_, err := w.verifier.Verify(t.Context(), w.mint(t, "asha", user, time.Hour))
	if errs.CodeOf(err) != errs.Unavailable || errs.Reason(err) != authn.ReasonKeysUnavailable {
		t.Fatalf("err = %v", err)
	}
	w.server.set(false, w.key)
	w.clock.Advance(time.Minute)
	if _, err := w.verifier.Verify(t.Context(), w.mint(t, "asha", user, time.Hour)); err != nil {
		t.Fatalf("after the issuer came back: %v", err)
	}
}

func TestRemoteKeys_SymmetricKeysAreNeverUsed(t *testing.T) {
	secret, err := jwk.Import([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	if err := secret.Set(jwk.KeyIDKey, "s"); err != nil {
		t.Fatal(err)
	}
	set := jwk.NewSet()
	if err := set.AddKey(secret); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := authn.JWKSFromJSON(data); err == nil {
		t.Fatal("a JWKS of symmetric keys only was accepted")
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, err := w.Write(data); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	keys := authn.JWKSFromURL(server.URL, authn.RemoteOptions{Clock: clock.NewFake(start)})
	if _, err := keys.Key(t.Context(), "s"); err == nil {
		t.Fatal("a symmetric key was returned")
	}
}
