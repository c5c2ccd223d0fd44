package edge

import (
	"net/http"
	"strings"

	"github.com/refersuite/refersuite/gateway/internal/apierror"
	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/errs"
)

// Authenticate verifies the bearer token of a request, which the services verify again. A request without one passes, for
// the service that gets it knows whether it needs one. Where anonymous says that none is needed, a bad token is as good
// as none, as it is for the services.
func Authenticate(verifier authn.Verifier, anonymous func(*http.Request) bool) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			token, err := bearer(r.Header.Values("Authorization"))
			if err == nil && token == "" {
				next.ServeHTTP(w, r)
				return
			}
			var caller access.Caller
			if err == nil {
				caller, err = verifier.Verify(r.Context(), token)
			}
			if err != nil {
				if !anonymous(r) {
					apierror.Write(w, apierror.From(err))
					return
				}
				r.Header.Del("Authorization")
				next.ServeHTTP(w, r)
				return
			}
			exchangeOf(r.Context()).subject = caller.Subject
			next.ServeHTTP(w, r.WithContext(access.NewContext(r.Context(), caller)))
		})
	}
}

// bearer returns the token of an Authorization header; empty when there is none.
func bearer(values []string) (string, error) {
	if len(values) == 0 {
		return "", nil
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	token = strings.TrimSpace(token)
	if len(values) > 1 || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", errs.New(errs.Unauthenticated, authn.ReasonTokenInvalid,
			"the header Authorization must be sent once and read: Bearer <token>")
	}
	return token, nil
}
