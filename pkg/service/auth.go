package service

import (
	"errors"
	"fmt"
	"slices"

	"github.com/lestrrat-go/jwx/v3/jwk"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/config"
)

// Auth says whose tokens are believed and with which key this service signs its own.
type Auth struct {
	JWKSURL     string   `env:"AUTH_JWKS_URL" doc:"Address of the public keys (JWKS) of the issuer of people's tokens. Give this or AUTH_JWKS_FILE."`
	JWKSFile    string   `env:"AUTH_JWKS_FILE" doc:"File with the public keys (JWKS) of the issuer of people's tokens."`
	Issuers     []string `env:"AUTH_ISSUERS" doc:"Accepted values of the claim iss in people's tokens, separated by commas; required with AUTH_JWKS_URL or AUTH_JWKS_FILE."`
	Audience    string   `env:"AUTH_AUDIENCE" envDefault:"refersuite" doc:"Value that the claim aud must contain."`
	Roles       []string `env:"AUTH_ROLES" doc:"Roles that these issuers may give: USER, ADMIN, SYSTEM. Empty: all."`
	ServiceName string   `env:"SERVICE_ISSUER" envDefault:"refersuite-services" doc:"Claim iss of the tokens that services send each other."`
	ServiceKey  string   `env:"SERVICE_KEY" secret:"true" doc:"Private Ed25519 key (JWK) that signs this service's own calls. Empty: it cannot call others."`
	ServiceKeys string   `env:"SERVICE_JWKS_FILE" doc:"File with the public keys (JWKS) of the services that may call this one, with the role SYSTEM only."`
}

// Validate checks the limits.
func (a Auth) Validate() error {
	var problems []error
	if a.JWKSURL != "" && a.JWKSFile != "" {
		problems = append(problems, config.Invalid("AUTH_JWKS_URL", a.JWKSURL, "is set beside AUTH_JWKS_FILE: remove one of them"))
	}
	if (a.JWKSURL != "" || a.JWKSFile != "") && len(a.Issuers) == 0 {
		problems = append(problems, config.Invalid("AUTH_ISSUERS", "", "must name the issuer whose keys are given"))
	}
	if slices.Contains(a.Issuers, a.ServiceName) {
		problems = append(problems, config.Invalid("SERVICE_ISSUER", a.ServiceName, "must not be one of AUTH_ISSUERS"))
	}
	for _, role := range a.Roles {
		if !slices.Contains([]string{access.RoleUser, access.RoleAdmin, access.RoleSystem}, role) {
			problems = append(problems, config.Invalid("AUTH_ROLES", role, "must be USER, ADMIN or SYSTEM"))
		}
	}
	return errors.Join(problems...)
}

// NewIssuer returns the issuer that signs with the service's own key, or nil when it has none.
func (a Auth) NewIssuer(clk clock.Clock) (*authn.Issuer, error) {
	if a.ServiceKey == "" {
		return nil, nil
	}
	key, err := authn.ParseKey([]byte(a.ServiceKey))
	if err != nil {
		return nil, fmt.Errorf("SERVICE_KEY is not usable: %w", err)
	}
	issuer, err := authn.NewIssuer(key, a.ServiceName, clk)
	if err != nil {
		return nil, fmt.Errorf("SERVICE_KEY is not usable: %w", err)
	}
	return issuer, nil
}

// NewVerifier returns the verifier of people's tokens and of those of the other services. Nothing is fetched yet.
func (a Auth) NewVerifier(clk clock.Clock) (authn.Verifier, error) {
	trusts, err := a.trusts(clk)
	if err != nil {
		return nil, err
	}
	if len(trusts) == 0 {
		return nil, errors.New("nobody could call: set AUTH_JWKS_URL or AUTH_JWKS_FILE, and SERVICE_JWKS_FILE for calls of other services")
	}
	first := trusts[0]
	return authn.NewVerifier(first.Keys, authn.Options{
		Issuers: first.Issuers, Roles: first.Roles, Also: trusts[1:], Audience: a.Audience, Clock: clk,
	})
}

func (a Auth) trusts(clk clock.Clock) ([]authn.Trust, error) {
	var trusts []authn.Trust
	switch {
	case a.JWKSURL != "":
		keys := authn.JWKSFromURL(a.JWKSURL, authn.RemoteOptions{Clock: clk})
		trusts = append(trusts, authn.Trust{Issuers: a.Issuers, Keys: keys, Roles: a.Roles})
	case a.JWKSFile != "":
		keys, err := authn.JWKSFromFile(a.JWKSFile)
		if err != nil {
			return nil, fmt.Errorf("AUTH_JWKS_FILE %s is not usable: %w", a.JWKSFile, err)
		}
		trusts = append(trusts, authn.Trust{Issuers: a.Issuers, Keys: keys, Roles: a.Roles})
	}
	if a.ServiceKeys != "" {
		keys, err := authn.JWKSFromFile(a.ServiceKeys)
		if err != nil {
			return nil, fmt.Errorf("SERVICE_JWKS_FILE %s is not usable: %w", a.ServiceKeys, err)
		}
		trusts = append(trusts, authn.Trust{Issuers: []string{a.ServiceName}, Keys: keys, Roles: []string{access.RoleSystem}})
	}
	return trusts, nil
}

// DevIssuerName is the claim iss of development tokens.
const DevIssuerName = "refersuite-dev"

// DevIssuer makes an issuer with the key at hand that stands for people's identity provider and for the services alike,
// and the verifier that believes it. It is for local runs and tests only.
func DevIssuer(key jwk.Key, clk clock.Clock) (*authn.Issuer, authn.Verifier, error) {
	issuer, err := authn.NewIssuer(key, DevIssuerName, clk)
	if err != nil {
		return nil, nil, err
	}
	verifier, err := authn.NewVerifier(issuer.Keys(), authn.Options{Issuers: []string{issuer.Name()}, Clock: clk})
	if err != nil {
		return nil, nil, err
	}
	return issuer, verifier, nil
}
