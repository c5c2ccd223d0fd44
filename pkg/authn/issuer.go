package authn

import (
	"fmt"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/idgen"
)

// Issuer mints tokens signed with one Ed25519 key: those that services send each other, and those of local development.
type Issuer struct {
	key   jwk.Key
	keys  KeySource
	name  string
	clock clock.Clock
	ids   idgen.Source
}

// NewIssuer returns an issuer that calls itself name (claim iss) and signs with a key of GenerateKey or LoadKey.
func NewIssuer(key jwk.Key, name string, clk clock.Clock) (*Issuer, error) {
	if err := checkSigningKey(key); err != nil {
		return nil, err
	}
	set := jwk.NewSet()
	if err := set.AddKey(key); err != nil {
		return nil, fmt.Errorf("authn: issuer key: %w", err)
	}
	keys, err := Static(set)
	if err != nil {
		return nil, err
	}
	return &Issuer{key: key, keys: keys, name: name, clock: clk, ids: idgen.UUIDv7()}, nil
}

// Name returns the value of the claim iss.
func (i *Issuer) Name() string { return i.name }

// Keys returns the issuer's public key as a source for NewVerifier.
func (i *Issuer) Keys() KeySource { return i.keys }

// JWKS renders the issuer's public key as a JWKS document.
func (i *Issuer) JWKS() ([]byte, error) { return PublicJWKS(i.key) }

// Issue mints a token for refersuite that is good for ttl from now.
func (i *Issuer) Issue(subject string, roles []string, ttl time.Duration) (string, error) {
	now := i.clock.Now()
	token, err := jwt.NewBuilder().
		Issuer(i.name).
		Subject(subject).
		Audience([]string{Audience}).
		IssuedAt(now).
		Expiration(now.Add(ttl)).
		JwtID(i.ids.NewID()).
		Claim(claimRoles, roles).
		Build()
	if err != nil {
		return "", fmt.Errorf("build token: %w", err)
	}
	signed, err := jwt.Sign(token, jwt.WithKey(jwa.EdDSA(), i.key))
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return string(signed), nil
}
