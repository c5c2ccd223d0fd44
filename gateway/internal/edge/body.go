package edge

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/refersuite/refersuite/gateway/internal/apierror"
)

// LimitBody reads the whole body before anything else happens, and refuses one that is longer than limit bytes.
func LimitBody(limit int64) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Body == nil || r.Body == http.NoBody {
				next.ServeHTTP(w, r)
				return
			}
			data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
			if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
				apierror.Write(w, apierror.New(codes.InvalidArgument, apierror.ReasonBodyTooLarge,
					"the request body is longer than %d bytes: send less at once", limit))
				return
			}
			if err != nil {
				apierror.Write(w, apierror.New(codes.InvalidArgument, apierror.ReasonBodyInvalid,
					"the request body could not be read to its end: send it again"))
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(data))
			next.ServeHTTP(w, r)
		})
	}
}

// Deadline bounds each request by what its operation may take.
func Deadline(of func(*http.Request) time.Duration) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), of(r))
			defer cancel()
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
}
