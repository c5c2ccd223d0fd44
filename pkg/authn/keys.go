package authn

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/lestrrat-go/jwx/v3/jwk"
)

// ErrKeyUnknown says that a key source has no key of that id.
var ErrKeyUnknown = errors.New("unknown key id")

// KeySource finds public keys by their id. Implementations are safe for concurrent use.
type KeySource interface {
	// Key returns the key of that id. ErrKeyUnknown when there is none; any other error means that nobody can tell now.
	Key(ctx context.Context, id string) (jwk.Key, error)
}

// Static returns a source of fixed keys. Private halves are dropped.
func Static(set jwk.Set) (KeySource, error) {
	keys, err := publicKeys(set)
	if err != nil {
		return nil, err
	}
	return staticKeys(keys), nil
}

// JWKSFromFile returns a source of the keys in a JWKS file (or a file with one JWK), read once.
func JWKSFromFile(path string) (KeySource, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read JWKS: %w", err)
	}
	return JWKSFromJSON(data)
}

// JWKSFromJSON returns a source of the keys in a JWKS document.
func JWKSFromJSON(data []byte) (KeySource, error) {
	set, err := jwk.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("parse JWKS: %w", err)
	}
	return Static(set)
}

type staticKeys map[string]jwk.Key

func (s staticKeys) Key(_ context.Context, id string) (jwk.Key, error) {
	if key, ok := s[id]; ok {
		return key, nil
	}
	return nil, ErrKeyUnknown
}

// publicKeys indexes the usable public keys of a set by id. Symmetric keys and keys without id are left out, since no
// accepted token can be signed with them.
func publicKeys(set jwk.Set) (map[string]jwk.Key, error) {
	keys := map[string]jwk.Key{}
	for i := range set.Len() {
		key, _ := set.Key(i)
		id, ok := key.KeyID()
		if _, symmetric := key.(jwk.SymmetricKey); symmetric || !ok || id == "" {
			continue
		}
		public, err := key.PublicKey()
		if err != nil {
			return nil, fmt.Errorf("public half of key %s: %w", id, err)
		}
		keys[id] = public
	}
	if len(keys) == 0 {
		return nil, errors.New("the JWKS holds no public key with a kid")
	}
	return keys, nil
}

// PublicJWKS renders the public halves of keys as a JWKS document, as an issuer publishes it.
func PublicJWKS(keys ...jwk.Key) ([]byte, error) {
	set := jwk.NewSet()
	for _, key := range keys {
		public, err := key.PublicKey()
		if err != nil {
			return nil, fmt.Errorf("public half: %w", err)
		}
		if err := set.AddKey(public); err != nil {
			return nil, fmt.Errorf("JWKS: %w", err)
		}
	}
	return json.MarshalIndent(set, "", "  ")
}
