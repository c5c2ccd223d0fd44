package edge

import (
	"net/http"
	"strings"

	"github.com/refersuite/refersuite/gateway/internal/apierror"
	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/errs"
)

// Authenticate verifies the bearer token of a request and that its roles admit it to the operation, both of which the
// services check again: whoever may not call makes nobody read a body. Where no token is needed, a bad one is as good as
// none, as it is for the services. Requests for which there is no policy pass; there is no operation for them either.
func Authenticate(verifier authn.Verifier, policyOf func(*http.Request) (*access.Policy, bool)) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			policy, known := policyOf(r)
			token, err := bearer(r.Header.Values("Authorization"))
			var caller access.Caller
			if err == nil && token != "" {
				caller, err = verifier.Verify(r.Context(), token)
			}
			if err != nil && known && policy.Anonymous {
				r.Header.Del("Authorization")
				caller, err = access.Caller{}, nil
			}
			if err == nil && known {
				err = policy.CheckRole(caller)
			}
			if err != nil {
				apierror.Write(w, apierror.From(err))
				return
			}
			if !caller.Anonymous() {
				exchangeOf(r.Context()).subject = caller.Subject
				r = r.WithContext(access.NewContext(r.Context(), caller))
			}
			next.ServeHTTP(w, r)
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
