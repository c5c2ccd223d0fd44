package apierror_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/refersuite/refersuite/gateway/internal/apierror"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/grpcx"
)

func TestErrorsKeepWhatTheServiceSaidAndHideTheRest(t *testing.T) {
	refused := apierror.New(codes.FailedPrecondition, "REFERRAL_CYCLE", "that would be a cycle").Err()
	dial := status.Error(codes.Unavailable, "dial tcp 10.0.0.7:9090: connection refused")
	for name, test := range map[string]struct {
		err    error
		code   codes.Code
		reason string
	}{
		"status of a service":          {refused, codes.FailedPrecondition, "REFERRAL_CYCLE"},
		"translated by the connection": {fmt.Errorf("call: %w", grpcx.FromStatus(refused)), codes.FailedPrecondition, "REFERRAL_CYCLE"},
		"transport":                    {dial, codes.Unavailable, "BACKEND_UNAVAILABLE"},
		"translated transport":         {grpcx.FromStatus(dial), codes.Unavailable, "BACKEND_UNAVAILABLE"},
		"our own":                      {errs.New(errs.Unauthenticated, "TOKEN_EXPIRED", "expired"), codes.Unauthenticated, "TOKEN_EXPIRED"},
		"deadline":                     {context.DeadlineExceeded, codes.DeadlineExceeded, "DEADLINE_EXCEEDED"},
		"caller gone":                  {context.Canceled, codes.Canceled, "CANCELED"},
		"anything":                     {errors.New("password is hunter2"), codes.Internal, "INTERNAL"},
		"without a reason":             {status.Error(codes.NotFound, "no such thing"), codes.NotFound, "NOT_FOUND"},
	} {
		t.Run(name, func(t *testing.T) {
			st := apierror.From(test.err)
			if st.Code() != test.code || apierror.Reason(st) != test.reason {
				t.Fatalf("got %s %s: %s", st.Code(), apierror.Reason(st), st.Message())
			}
			for _, secret := range []string{"10.0.0.7", "hunter2"} {
				if strings.Contains(st.Message(), secret) {
					t.Errorf("shows %s: %s", secret, st.Message())
				}
			}
		})
	}
}

func TestDelayIsRoundedUpToSeconds(t *testing.T) {
	for delay, want := range map[time.Duration]string{
		0: "1", time.Millisecond: "1", time.Second: "1", 1001 * time.Millisecond: "2", time.Minute: "60",
	} {
		recorder := httptest.NewRecorder()
		apierror.Write(recorder, apierror.From(errs.New(errs.ResourceExhausted, "LIMIT", "wait").WithRetryAfter(delay)))
		if got := recorder.Header().Get("Retry-After"); got != want || recorder.Code != http.StatusTooManyRequests {
			t.Errorf("%s: got %q with %d", delay, got, recorder.Code)
		}
	}
}

func TestDefiniteAnswers(t *testing.T) {
	definite := []int{200, 201, 204, 400, 404, 405, 413, 422}
	for _, code := range []int{200, 201, 204, 302, 400, 401, 403, 404, 405, 408, 409, 413, 422, 429, 499, 500, 501, 503, 504} {
		if got := apierror.IsDefinite(code); got != slices.Contains(definite, code) {
			t.Errorf("%d: got %v", code, got)
		}
	}
}
