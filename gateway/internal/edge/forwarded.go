package edge

import (
	"net"
	"net/http"
	"strings"
)

// ClientAddress settles whose address a request comes from, which the services limit anonymous callers by. Behind a proxy
// that is to be trusted it is the last one of X-Forwarded-For; otherwise the header is worth nothing and goes no further.
func ClientAddress(trustForwarded bool) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if values := r.Header.Values("X-Forwarded-For"); trustForwarded && len(values) > 0 {
				all := values[len(values)-1]
				last := strings.TrimSpace(all[strings.LastIndexByte(all, ',')+1:])
				if net.ParseIP(last) != nil {
					r.RemoteAddr = net.JoinHostPort(last, "0")
				}
			}
			r.Header.Del("X-Forwarded-For")
			r.Header.Del("X-Forwarded-Host")
			next.ServeHTTP(w, r)
		})
	}
}
