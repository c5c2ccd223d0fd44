package edge

import (
	"net/http"

	"google.golang.org/grpc/codes"

	"github.com/refersuite/refersuite/gateway/internal/apierror"
)

// Pages serves fixed paths, which are read only, and leaves all others to next. Unlike http.ServeMux it never redirects
// to a cleaned path, so that the answer to a request for the API is always the API's.
func Pages(pages map[string]http.Handler, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, ok := pages[r.URL.Path]
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		SetRoute(r.Context(), r.URL.Path)
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			apierror.Write(w, apierror.New(codes.Unimplemented, apierror.ReasonMethodNotAllowed,
				"%s does not take %s: use GET", r.URL.Path, r.Method))
			return
		}
		page.ServeHTTP(w, r)
	})
}
