package authn_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"
	"github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
)

var (
	start = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	user  = []string{access.RoleUser}
)

const issuerName = "https://issuer.test"

// world is an issuer, a verifier that trusts it, and their clock.
type world struct {
	clock    *clock.Fake
	key      jwk.Key
	issuer   *authn.Issuer
	verifier *authn.TokenVerifier
}

func newWorld(t testing.TB, tune ...func(*authn.Options)) world {
	t.Helper()
	w := world{clock: clock.NewFake(start), key: newKey(t)}
	var err error
	if w.issuer, err = authn.NewIssuer(w.key, issuerName, w.clock); err != nil {
		t.Fatal(err)
	}
	opts := authn.Options{Issuers: []string{issuerName}, Clock: w.clock}
	for _, f := range tune {
		f(&opts)
	}
	if w.verifier, err = authn.NewVerifier(w.issuer.Keys(), opts); err != nil {
		t.Fatal(err)
	}
	return w
}

func newKey(t testing.TB) jwk.Key {
	t.Helper()
	key, err := authn.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (w world) mint(t testing.TB, subject string, roles []string, ttl time.Duration) string {
	t.Helper()
	token, err := w.issuer.Issue(subject, roles, ttl)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// claims are those of a good token; tests spoil them.
func (w world) claims() map[string]any {
	return map[string]any{
		"iss": issuerName, "sub": "asha", "aud": []string{authn.Audience}, "roles": user,
		"iat": w.clock.Now().Unix(), "exp": w.clock.Now().Add(time.Hour).Unix(), "jti": "1",
	}
}

func sign(t testing.TB, claims map[string]any, alg jwa.SignatureAlgorithm, key any, header map[string]any) string {
	t.Helper()
	token := jwt.New()
	for name, value := range claims {
		if err := token.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	headers := jws.NewHeaders()
	for name, value := range header {
		if err := headers.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	signed, err := jwt.Sign(token, jwt.WithKey(alg, key, jws.WithProtectedHeaders(headers)))
	if err != nil {
		t.Fatal(err)
	}
	return string(signed)
}

func refused(t testing.TB, v authn.Verifier, token, reason string) {
	t.Helper()
	_, err := v.Verify(t.Context(), token)
	if errs.Reason(err) != reason || errs.CodeOf(err) != errs.Unauthenticated {
		t.Fatalf("err = %v, want UNAUTHENTICATED (%s)", err, reason)
	}
	if token != "" && strings.Contains(err.Error(), token) {
		t.Fatal("the error quotes the token")
	}
}

func TestVerify_ReturnsSubjectRolesAndTokenID(t *testing.T) {
	w := newWorld(t)
	caller, err := w.verifier.Verify(t.Context(), w.mint(t, "asha", []string{"USER", "ADMIN"}, time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if caller.Subject != "asha" || !caller.Has(access.RoleUser) || !caller.Has(access.RoleAdmin) || caller.TokenID == "" {
		t.Fatalf("caller = %+v", caller)
	}
}

func TestVerify_RefusesWhatIsNoToken(t *testing.T) {
	w := newWorld(t)
	refused(t, w.verifier, "", access.ReasonTokenMissing)
	for _, token := range []string{"x", "a.b.c", "..", "{}", strings.Repeat("a", 20_000), `{"payload":"","signatures":[]}`} {
		refused(t, w.verifier, token, authn.ReasonTokenInvalid)
	}
}

func TestVerify_RefusesSpoiledClaims(t *testing.T) {
	w := newWorld(t)
	for name, spoil := range map[string]func(map[string]any){
		"other issuer":    func(c map[string]any) { c["iss"] = "https://other.test" },
		"no issuer":       func(c map[string]any) { delete(c, "iss") },
		"other audience":  func(c map[string]any) { c["aud"] = []string{"else"} },
		"no audience":     func(c map[string]any) { delete(c, "aud") },
		"no subject":      func(c map[string]any) { delete(c, "sub") },
		"e-mail subject":  func(c map[string]any) { c["sub"] = "asha@example.com" },
		"key separator":   func(c map[string]any) { c["sub"] = "a#b" },
		"no expiry":       func(c map[string]any) { delete(c, "exp") },
		"no roles":        func(c map[string]any) { delete(c, "roles") },
		"empty roles":     func(c map[string]any) { c["roles"] = []string{} },
		"foreign roles":   func(c map[string]any) { c["roles"] = []string{"ROOT", "user"} },
		"roles no array":  func(c map[string]any) { c["roles"] = "ADMIN" },
		"roles numbers":   func(c map[string]any) { c["roles"] = []int{1, 2} },
		"not yet valid":   func(c map[string]any) { c["nbf"] = start.Add(2 * time.Minute).Unix() },
		"issued tomorrow": func(c map[string]any) { c["iat"] = start.Add(24 * time.Hour).Unix() },
	} {
		t.Run(name, func(t *testing.T) {
			claims := w.claims()
			spoil(claims)
			refused(t, w.verifier, sign(t, claims, jwa.EdDSA(), w.key, nil), authn.ReasonTokenInvalid)
		})
	}
}

func TestVerify_LeavesForeignRolesOut(t *testing.T) {
	w := newWorld(t)
	claims := w.claims()
	claims["roles"] = []string{"offline_access", "USER", "USER"}
	caller, err := w.verifier.Verify(t.Context(), sign(t, claims, jwa.EdDSA(), w.key, nil))
	if err != nil || len(caller.Roles) != 1 || caller.Roles[0] != access.RoleUser {
		t.Fatalf("caller = %+v, err = %v", caller, err)
	}
}

func TestVerify_ExpiryHasALeeway(t *testing.T) {
	w := newWorld(t)
	token := w.mint(t, "asha", user, time.Minute)
	w.clock.Advance(time.Minute + 20*time.Second)
	if _, err := w.verifier.Verify(t.Context(), token); err != nil {
		t.Fatalf("within the leeway: %v", err)
	}
	w.clock.Advance(10 * time.Second)
	refused(t, w.verifier, token, authn.ReasonTokenExpired)
}

func TestVerify_ACachedTokenExpiresToo(t *testing.T) {
	w := newWorld(t)
	token := w.mint(t, "asha", user, time.Minute)
	if _, err := w.verifier.Verify(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(2 * time.Minute)
	refused(t, w.verifier, token, authn.ReasonTokenExpired)
}

func TestVerify_RefusesWeakOrMissingSignatures(t *testing.T) {
	w := newWorld(t)
	encode := base64.RawURLEncoding.EncodeToString
	good := w.mint(t, "asha", user, time.Hour)
	parts := strings.Split(good, ".")
	admin := encode([]byte(`{"iss":"` + issuerName + `","sub":"asha","aud":["refersuite"],"roles":["ADMIN"],"exp":4102444800}`))
	kid, _ := w.key.KeyID()
	secret := []byte("0123456789abcdef0123456789abcdef")
	for name, token := range map[string]string{
		"none":              encode([]byte(`{"alg":"none","kid":"`+kid+`"}`)) + "." + admin + ".",
		"none with rest":    encode([]byte(`{"alg":"none","kid":"`+kid+`"}`)) + "." + admin + "." + parts[2],
		"HMAC":              sign(t, w.claims(), jwa.HS256(), secret, map[string]any{"kid": kid}),
		"HMAC, public key":  sign(t, w.claims(), jwa.HS256(), publicBytes(t, w.key), map[string]any{"kid": kid}),
		"no kid":            sign(t, w.claims(), jwa.EdDSA(), rawKey(t, w.key), nil),
		"unknown kid":       sign(t, w.claims(), jwa.EdDSA(), rawKey(t, w.key), map[string]any{"kid": "other"}),
		"other key":         sign(t, w.claims(), jwa.EdDSA(), rawKey(t, newKey(t)), map[string]any{"kid": kid}),
		"other payload":     parts[0] + "." + admin + "." + parts[2],
		"no signature":      parts[0] + "." + parts[1] + ".",
		"critical header":   encode([]byte(`{"alg":"EdDSA","kid":"`+kid+`","crit":["exp"],"exp":1}`)) + "." + parts[1] + "." + parts[2],
		"wrong algorithm":   encode([]byte(`{"alg":"RS256","kid":"`+kid+`"}`)) + "." + parts[1] + "." + parts[2],
		"PSS":               encode([]byte(`{"alg":"PS256","kid":"`+kid+`"}`)) + "." + parts[1] + "." + parts[2],
		"embedded key only": embedded(t, w),
	} {
		t.Run(name, func(t *testing.T) { refused(t, w.verifier, token, authn.ReasonTokenInvalid) })
	}
}

func TestVerify_AcceptsRSAAndECKeys(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		private crypto.PrivateKey
		alg     jwa.SignatureAlgorithm
	}{"RS256": {rsaKey, jwa.RS256()}, "RS512": {rsaKey, jwa.RS512()}, "ES256": {ecKey, jwa.ES256()}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			verifier := verifierOf(t, w.clock, tc.private)
			token := sign(t, w.claims(), tc.alg, tc.private, map[string]any{"kid": "k1"})
			if _, err := verifier.Verify(t.Context(), token); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestVerify_EachIssuerHasItsOwnKeysAndRoles(t *testing.T) {
	people := newWorld(t)
	servicesKey := newKey(t)
	services, err := authn.NewIssuer(servicesKey, "refersuite-services", people.clock)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := authn.NewVerifier(people.issuer.Keys(), authn.Options{
		Issuers: []string{issuerName}, Clock: people.clock, Roles: []string{access.RoleUser, access.RoleAdmin},
		Also: []authn.Trust{{Issuers: []string{services.Name()}, Keys: services.Keys(), Roles: []string{access.RoleSystem}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	system, err := authn.NewServiceTokens(services, "wallet").Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if caller, err := verifier.Verify(t.Context(), system); err != nil || !caller.Has(access.RoleSystem) {
		t.Fatalf("caller = %+v, err = %v", caller, err)
	}
	refused(t, verifier, people.mint(t, "asha", []string{"SYSTEM"}, time.Hour), authn.ReasonTokenInvalid)
	// A key of the services cannot speak for the people's issuer.
	refused(t, verifier, sign(t, people.claims(), jwa.EdDSA(), servicesKey, nil), authn.ReasonTokenInvalid)
}

func TestVerify_AnIssuerMayHaveAnAudienceOfItsOwn(t *testing.T) {
	w := newWorld(t)
	services, err := authn.NewIssuer(newKey(t), "refersuite-services", w.clock)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := authn.NewVerifier(w.issuer.Keys(), authn.Options{
		Issuers: []string{issuerName}, Clock: w.clock, Audience: "shop",
		Also: []authn.Trust{{Issuers: []string{services.Name()}, Keys: services.Keys(), Audience: authn.Audience}},
	})
	if err != nil {
		t.Fatal(err)
	}
	system, err := authn.NewServiceTokens(services, "wallet").Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verifier.Verify(t.Context(), system); err != nil {
		t.Errorf("service token: %v", err)
	}
	refused(t, verifier, w.mint(t, "asha", user, time.Hour), authn.ReasonTokenInvalid)
}

func TestNewVerifier_RefusesWhatCouldTrustEverybody(t *testing.T) {
	w := newWorld(t)
	for name, opts := range map[string]authn.Options{
		"no issuer":    {Clock: w.clock},
		"empty issuer": {Clock: w.clock, Issuers: []string{""}},
		"no clock":     {Issuers: []string{issuerName}},
		"no keys":      {Clock: w.clock, Issuers: []string{"a"}, Also: []authn.Trust{{Issuers: []string{"b"}}}},
	} {
		if _, err := authn.NewVerifier(w.issuer.Keys(), opts); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func verifierOf(t testing.TB, clk clock.Clock, private crypto.PrivateKey) authn.Verifier {
	t.Helper()
	key, err := jwk.Import(private)
	if err != nil {
		t.Fatal(err)
	}
	if err := key.Set(jwk.KeyIDKey, "k1"); err != nil {
		t.Fatal(err)
	}
	set := jwk.NewSet()
	if err := set.AddKey(key); err != nil {
		t.Fatal(err)
	}
	keys, err := authn.Static(set)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := authn.NewVerifier(keys, authn.Options{Issuers: []string{issuerName}, Clock: clk})
	if err != nil {
		t.Fatal(err)
	}
	return verifier
}

func rawKey(t testing.TB, key jwk.Key) any {
	t.Helper()
	var raw any
	if err := jwk.Export(key, &raw); err != nil {
		t.Fatal(err)
	}
	return raw
}

func publicBytes(t testing.TB, key jwk.Key) []byte {
	t.Helper()
	data, err := authn.PublicJWKS(key)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// embedded is a token that brings its own key along and asks to be believed.
func embedded(t testing.TB, w world) string {
	t.Helper()
	key := newKey(t)
	public, err := key.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return sign(t, w.claims(), jwa.EdDSA(), rawKey(t, key), map[string]any{"jwk": public, "kid": "mine"})
}
