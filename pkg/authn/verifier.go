// Package authn proves who calls: it verifies the JWTs of people, of the company's backends and of the services
// themselves, and mints those of the services and of local development.
package authn

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
)

// Reasons of the errors of a Verifier, beside access.ReasonTokenMissing.
const (
	// ReasonTokenInvalid: the token is malformed, signed by somebody else or meant for somebody else.
	ReasonTokenInvalid = "TOKEN_INVALID"
	// ReasonTokenExpired: the token was good and is no longer.
	ReasonTokenExpired = "TOKEN_EXPIRED"
	// ReasonKeysUnavailable: the keys of the issuer cannot be fetched at the moment.
	ReasonKeysUnavailable = "KEYS_UNAVAILABLE"
)

// Audience is the audience of refersuite's tokens.
const Audience = "refersuite"

const (
	defaultLeeway    = 30 * time.Second
	defaultCacheSize = 10_000
	defaultCacheTTL  = 5 * time.Minute
	maxTokenBytes    = 16 << 10
)

// Verifier turns a bearer token into the caller it proves. Implementations are safe for concurrent use.
type Verifier interface {
	// Verify checks signature, issuer, audience and times of a token (without the word Bearer) and returns its subject
	// and roles.
	// Errors: UNAUTHENTICATED (TOKEN_MISSING for the empty string, TOKEN_INVALID, TOKEN_EXPIRED), UNAVAILABLE
	// (KEYS_UNAVAILABLE).
	Verify(ctx context.Context, bearer string) (access.Caller, error)
}

// Trust is an issuer, the keys it signs with and what it may say. Keys of one issuer never verify tokens of another.
type Trust struct {
	// Issuers are the accepted values of the claim iss.
	Issuers []string
	// Keys finds the public keys of these issuers.
	Keys KeySource
	// Roles are those its tokens may carry; a token with another role is refused. Empty means all.
	Roles []string
	// Audience is the value the claim aud must contain; empty means that of the Options.
	Audience string
}

// Options tunes a TokenVerifier. Zero values are good except for Issuers and Clock.
type Options struct {
	// Issuers are the accepted values of the claim iss; at least one.
	Issuers []string
	// Roles are those that tokens of these issuers may carry; empty means all.
	Roles []string
	// Also are further issuers with keys of their own.
	Also []Trust
	// Audience is the value the claim aud must contain; empty means "refersuite".
	Audience string
	// Leeway is how far clocks may be apart; zero means 30 s.
	Leeway time.Duration
	// Clock tells the time; required.
	Clock clock.Clock
	// CacheSize bounds the verified tokens kept; zero means 10,000.
	CacheSize int
	// CacheTTL is how long a verified token is believed before its signature is checked again, so that a withdrawn key
	// stops working; zero means 5 minutes. A token is never believed past its expiry.
	CacheTTL time.Duration
}

// TokenVerifier is the Verifier for JWTs signed with RS256/384/512, ES256/384/512 or EdDSA.
type TokenVerifier struct {
	trusts   []Trust
	audience string
	leeway   time.Duration
	clock    clock.Clock
	ttl      time.Duration
	cache    *otter.Cache[[sha256.Size]byte, verified]
}

type verified struct {
	caller access.Caller
	// recheck is when the token must be verified again, at the latest when it expires.
	recheck time.Time
}

var _ Verifier = (*TokenVerifier)(nil)

// NewVerifier returns a verifier of tokens signed with keys from the source.
func NewVerifier(keys KeySource, opts Options) (*TokenVerifier, error) {
	trusts := append([]Trust{{Issuers: opts.Issuers, Keys: keys, Roles: opts.Roles}}, opts.Also...)
	for _, trust := range trusts {
		if len(trust.Issuers) == 0 || slices.Contains(trust.Issuers, "") {
			return nil, fmt.Errorf("authn: an issuer is missing; name the accepted values of the claim iss")
		}
		if trust.Keys == nil {
			return nil, fmt.Errorf("authn: issuer %s has no keys; give a JWKS", trust.Issuers[0])
		}
	}
	if opts.Clock == nil {
		return nil, fmt.Errorf("authn: no clock")
	}
	cache, err := otter.New(&otter.Options[[sha256.Size]byte, verified]{
		MaximumSize: orDefault(opts.CacheSize, defaultCacheSize),
		Executor:    func(fn func()) { fn() }, // upkeep on the caller's goroutine: nobody else owns one
	})
	if err != nil {
		return nil, fmt.Errorf("authn: token cache: %w", err)
	}
	return &TokenVerifier{
		trusts:   trusts,
		audience: orDefault(opts.Audience, Audience),
		leeway:   orDefault(opts.Leeway, defaultLeeway),
		clock:    opts.Clock,
		ttl:      orDefault(opts.CacheTTL, defaultCacheTTL),
		cache:    cache,
	}, nil
}

// Verify implements Verifier. A token seen before costs a hash and a lookup.
func (v *TokenVerifier) Verify(ctx context.Context, bearer string) (access.Caller, error) {
	if bearer == "" {
		return access.Caller{}, errs.New(errs.Unauthenticated, access.ReasonTokenMissing, "the token is empty")
	}
	if len(bearer) > maxTokenBytes {
		return access.Caller{}, invalid("is longer than %d bytes", maxTokenBytes)
	}
	now := v.clock.Now()
	key := sha256.Sum256([]byte(bearer))
	if known, ok := v.cache.GetIfPresent(key); ok && now.Before(known.recheck) {
		return known.caller, nil
	}
	caller, expires, err := v.verify(ctx, bearer)
	if err != nil {
		return access.Caller{}, err
	}
	recheck := now.Add(v.ttl)
	if last := expires.Add(v.leeway); last.Before(recheck) {
		recheck = last
	}
	v.cache.Set(key, verified{caller: caller, recheck: recheck})
	return caller, nil
}

// trust returns the trust for an issuer.
func (v *TokenVerifier) trust(issuer string) (Trust, bool) {
	for _, t := range v.trusts {
		if slices.Contains(t.Issuers, issuer) {
			return t, true
		}
	}
	return Trust{}, false
}

func invalid(format string, args ...any) *errs.Error {
	return errs.New(errs.Unauthenticated, ReasonTokenInvalid, "the token "+format, args...)
}

func orDefault[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}
