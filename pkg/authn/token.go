package authn

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"
	"github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/errs"
)

const claimRoles = "roles"

// subjects are ids like all others: they become parts of keys, and never carry an e-mail address.
var subjects = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:|=+-]{0,63}$`)

// algorithms are those accepted: asymmetric only, and none is not one.
var algorithms = []jwa.SignatureAlgorithm{
	jwa.RS256(), jwa.RS384(), jwa.RS512(), jwa.ES256(), jwa.ES384(), jwa.ES512(), jwa.EdDSA(),
}

// verify checks everything about a token and returns what it says and until when.
func (v *TokenVerifier) verify(ctx context.Context, bearer string) (access.Caller, time.Time, error) {
	if strings.Count(bearer, ".") != 2 {
		return access.Caller{}, time.Time{}, invalid("is not a compact JWS; send header.payload.signature")
	}
	selected := &keySelection{verifier: v}
	token, err := jwt.Parse([]byte(bearer),
		jwt.WithContext(ctx),
		jwt.WithKeyProvider(jws.KeyProviderFunc(selected.find)),
		jwt.WithClock(jwt.ClockFunc(v.clock.Now)),
		jwt.WithAcceptableSkew(v.leeway),
		jwt.WithRequiredClaim(jwt.SubjectKey),
		jwt.WithRequiredClaim(jwt.ExpirationKey),
		jwt.WithRequiredClaim(claimRoles),
	)
	if err != nil {
		return access.Caller{}, time.Time{}, explain(selected, err)
	}
	audience := orDefault(selected.trust.Audience, v.audience)
	if named, _ := token.Audience(); !slices.Contains(named, audience) {
		return access.Caller{}, time.Time{}, invalid("is not for this audience; aud must contain %q", audience)
	}
	caller, err := callerOf(token, selected.trust)
	if err != nil {
		return access.Caller{}, time.Time{}, err
	}
	expires, _ := token.Expiration()
	return caller, expires, nil
}

// explain maps an error of the JWT library to one fit for the caller.
func explain(selected *keySelection, err error) error {
	switch {
	case selected.err != nil:
		return selected.err
	case errors.Is(err, jwt.TokenExpiredError()):
		return errs.New(errs.Unauthenticated, ReasonTokenExpired, "the token has expired: get a new one").WithCause(err)
	case errors.Is(err, jwt.TokenNotYetValidError()):
		return invalid("is not valid yet (claim nbf)").WithCause(err)
	case errors.Is(err, jwt.InvalidIssuedAtError()):
		return invalid("was issued in the future (claim iat)").WithCause(err)
	case errors.Is(err, jwt.MissingRequiredClaimError()):
		return invalid("lacks one of the claims sub, exp, roles").WithCause(err)
	case errors.Is(err, jws.VerificationError()):
		return invalid("has a wrong signature").WithCause(err)
	default:
		return invalid("is malformed").WithCause(err)
	}
}

// keySelection finds the key that must have signed one token. It keeps what it learns, since the library hides errors.
type keySelection struct {
	verifier *TokenVerifier
	trust    Trust
	err      error
}

func (k *keySelection) find(ctx context.Context, sink jws.KeySink, sig *jws.Signature, msg *jws.Message) error {
	alg, key, err := k.resolve(ctx, sig.ProtectedHeaders(), msg.Payload())
	if err != nil {
		k.err = err
		return err
	}
	sink.Key(alg, key)
	return nil
}

func (k *keySelection) resolve(ctx context.Context, header jws.Headers, payload []byte) (jwa.SignatureAlgorithm, jwk.Key, error) {
	var none jwa.SignatureAlgorithm
	alg, ok := header.Algorithm()
	if !ok || !slices.Contains(algorithms, alg) {
		return none, nil, invalid("is signed with an algorithm that is not accepted; use RS256, ES256, EdDSA or their longer variants")
	}
	if _, critical := header.Critical(); critical {
		return none, nil, invalid("has the header crit, which is not supported")
	}
	kid, ok := header.KeyID()
	if !ok || kid == "" {
		return none, nil, invalid("does not name its key (header kid)")
	}
	var claims struct {
		Issuer string `json:"iss"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return none, nil, invalid("has a payload that is not a JSON object").WithCause(err)
	}
	if k.trust, ok = k.verifier.trust(claims.Issuer); !ok {
		return none, nil, invalid("is from an issuer that is not trusted (claim iss)")
	}
	key, err := k.trust.Keys.Key(ctx, kid)
	switch {
	case errors.Is(err, ErrKeyUnknown):
		return none, nil, invalid("is signed with an unknown key (header kid)").WithCause(err)
	case err != nil:
		return none, nil, errs.New(errs.Unavailable, ReasonKeysUnavailable,
			"the keys of the token's issuer cannot be fetched: try again").WithCause(err)
	}
	if err := fits(key, alg); err != nil {
		return none, nil, err
	}
	return alg, key, nil
}

// fits refuses a key that is not for verifying signatures of this algorithm.
func fits(key jwk.Key, alg jwa.SignatureAlgorithm) error {
	if use, ok := key.KeyUsage(); ok && use != jwk.ForSignature.String() {
		return invalid("is signed with a key that is not for signatures")
	}
	if named, ok := key.Algorithm(); ok && named.String() != alg.String() {
		return invalid("is signed with another algorithm than its key is for")
	}
	kinds := map[string]jwa.KeyType{"R": jwa.RSA(), "E": jwa.EC()}
	want, ok := kinds[alg.String()[:1]]
	if !ok || alg == jwa.EdDSA() {
		want = jwa.OKP()
	}
	if key.KeyType() != want {
		return invalid("is signed with another algorithm than its key is for")
	}
	return nil
}

// callerOf reads subject and roles. Roles that mean nothing here are left out; one the issuer may not give is refused.
func callerOf(token jwt.Token, trust Trust) (access.Caller, error) {
	subject, _ := token.Subject()
	if !subjects.MatchString(subject) {
		return access.Caller{}, invalid("has a subject that is not an id: 1 to 64 letters, digits and ._:|=+-, beginning with a letter or digit")
	}
	var claimed []any
	if err := token.Get(claimRoles, &claimed); err != nil {
		return access.Caller{}, invalid("has a claim roles that is not an array").WithCause(err)
	}
	var roles []string
	for _, r := range claimed {
		role, _ := r.(string)
		if role != access.RoleUser && role != access.RoleAdmin && role != access.RoleSystem {
			continue
		}
		if len(trust.Roles) > 0 && !slices.Contains(trust.Roles, role) {
			return access.Caller{}, invalid("carries the role %s, which its issuer may not give", role)
		}
		if !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	if len(roles) == 0 {
		return access.Caller{}, invalid("carries none of the roles USER, ADMIN, SYSTEM")
	}
	id, _ := token.JwtID()
	return access.Caller{Subject: subject, Roles: roles, TokenID: id}, nil
}
