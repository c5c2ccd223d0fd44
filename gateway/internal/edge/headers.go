package edge

import (
	"net/http"
	"slices"
	"strings"
)

// SecurityHeaders tells browsers to take answers for what they are and to embed them nowhere. Answers are
// kept by nobody. Pages set headers of their own.
func SecurityHeaders(tls bool) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			header := w.Header()
			header.Set("X-Content-Type-Options", "nosniff")
			header.Set("X-Frame-Options", "DENY")
			header.Set("Referrer-Policy", "no-referrer")
			header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
			header.Set("Cross-Origin-Resource-Policy", "same-origin")
			header.Set("Cache-Control", "no-store")
			if tls {
				header.Set("Strict-Transport-Security", "max-age=31536000")
			}
			next.ServeHTTP(w, r)
		})
	}
}

const (
	corsMethods = "GET, POST, PUT"
	corsHeaders = "Authorization, Content-Type, Idempotency-Key, X-Request-Id, Traceparent, Tracestate"
	corsExposed = "X-Request-Id, Idempotency-Replayed, Retry-After, Allow, Content-Disposition"
)

// CORS lets pages of the given origins call the API from browsers; * means every origin, an empty list none. Cookies are
// never involved, so credentials are not allowed.
func CORS(origins []string) Middleware {
	everyone := slices.Contains(origins, "*")
	listed := func(origin string) bool {
		return slices.ContainsFunc(origins, func(one string) bool { return strings.EqualFold(one, origin) })
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			origin := r.Header.Get("Origin")
			header := w.Header()
			header.Add("Vary", "Origin")
			allowed := origin != "" && (everyone || listed(origin))
			if allowed {
				header.Set("Access-Control-Allow-Origin", origin)
				header.Set("Access-Control-Expose-Headers", corsExposed)
				header.Set("Cross-Origin-Resource-Policy", "cross-origin")
			}
			if r.Method != http.MethodOptions || origin == "" || r.Header.Get("Access-Control-Request-Method") == "" {
				next.ServeHTTP(w, r)
				return
			}
			// A preflight; without the headers below the browser does not send the request itself.
			if allowed {
				header.Set("Access-Control-Allow-Methods", corsMethods)
				header.Set("Access-Control-Allow-Headers", corsHeaders)
				header.Set("Access-Control-Max-Age", "600")
			}
			w.WriteHeader(http.StatusNoContent)
		})
	}
}
