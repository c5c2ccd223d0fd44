package grpcx_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/grpcx"
	tierv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/tier/v1"
)

type getMemberFunc = func(context.Context, *tierv1.GetMemberRequest) (*tierv1.GetMemberResponse, error)

func failing(err error) getMemberFunc {
	return func(context.Context, *tierv1.GetMemberRequest) (*tierv1.GetMemberResponse, error) { return nil, err }
}

func callerRecorder(seen *access.Caller) getMemberFunc {
	return func(ctx context.Context, _ *tierv1.GetMemberRequest) (*tierv1.GetMemberResponse, error) {
		*seen, _ = access.FromContext(ctx)
		return &tierv1.GetMemberResponse{}, nil
	}
}

// call makes one call as a service and returns its error.
func (w *world) call(t *testing.T) error {
	t.Helper()
	_, err := tierv1.NewTierServiceClient(w.conn).GetMember(w.asSystem(t), getMember("asha"))
	return err
}

func TestErrors_ReasonFieldsAndRetryReachTheCaller(t *testing.T) {
	w := newWorld(t)
	refusal := errs.New(errs.FailedPrecondition, "LADDER_UNKNOWN", "no ladder: call PutLadder first").
		WithField("program_version", "has no ladder").WithRetryAfter(1500 * time.Millisecond)
	w.tiers.getMember = failing(fmt.Errorf("find ladder of secret store: %w", refusal))
	e := refused(t, w.call(t), errs.FailedPrecondition, "LADDER_UNKNOWN")
	if e.Message != "no ladder: call PutLadder first" {
		t.Errorf("message = %q; what wraps the error stays inside", e.Message)
	}
	if e.RetryAfter != 1500*time.Millisecond || len(e.Fields) != 1 || e.Fields[0].Field != "program_version" {
		t.Errorf("retry after %s, fields %v", e.RetryAfter, e.Fields)
	}
}

func TestErrors_TheStatusCarriesDomainAndRequestID(t *testing.T) {
	st := grpcx.Status(errs.New(errs.NotFound, "CODE_NOT_FOUND", "no such code"), "req-1")
	var info *errdetails.ErrorInfo
	var request *errdetails.RequestInfo
	for _, d := range st.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			info = d
		case *errdetails.RequestInfo:
			request = d
		}
	}
	if st.Code() != codes.NotFound || info.GetReason() != "CODE_NOT_FOUND" || info.GetDomain() != "refersuite" || request.GetRequestId() != "req-1" {
		t.Fatalf("status = %v, info = %v, request = %v", st, info, request)
	}
}

func TestErrors_UnknownOnesStayInsideAndAreFullInTheLog(t *testing.T) {
	for name, err := range map[string]error{
		"plain":           errors.New("socket /var/secret is gone"),
		"internal reason": errs.New(errs.Internal, "CHAIN_BROKEN", "socket /var/secret is gone"),
		"foreign status":  status.Error(codes.NotFound, "socket /var/secret is gone"),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.tiers.getMember = failing(fmt.Errorf("read member: %w", err))
			got := w.call(t)
			if errs.CodeOf(got) != errs.Internal || strings.Contains(got.Error(), "secret") || !strings.Contains(got.Error(), "internal error") {
				t.Errorf("err = %v", got)
			}
			if !strings.Contains(w.log.String(), "read member: ") || !strings.Contains(w.log.String(), "/var/secret") {
				t.Errorf("the log lacks the error: %s", w.log)
			}
		})
	}
}

func TestErrors_ACauseKeptForTheLogIsLogged(t *testing.T) {
	w := newWorld(t)
	w.tiers.getMember = failing(errs.New(errs.Unavailable, "STORE_DOWN", "try again").WithCause(errors.New("dial 10.0.0.1")))
	got := w.call(t)
	wantError(t, got, errs.Unavailable, "STORE_DOWN")
	if strings.Contains(got.Error(), "10.0.0.1") || !strings.Contains(w.log.String(), "10.0.0.1") {
		t.Errorf("err = %v, log = %s", got, w.log)
	}
}

func TestErrors_ContextErrorsHaveTheirCodes(t *testing.T) {
	w := newWorld(t)
	w.tiers.getMember = failing(fmt.Errorf("query: %w", context.DeadlineExceeded))
	wantError(t, w.call(t), errs.DeadlineExceeded, grpcx.ReasonDeadlineExceeded)
	w.tiers.getMember = failing(fmt.Errorf("query: %w", context.Canceled))
	wantError(t, w.call(t), errs.Canceled, grpcx.ReasonCancelled)
}

func TestErrors_APanicFailsOneCallOnly(t *testing.T) {
	w := newWorld(t)
	w.tiers.getMember = func(context.Context, *tierv1.GetMemberRequest) (*tierv1.GetMemberResponse, error) {
		panic("secret invariant broken")
	}
	err := w.call(t)
	wantError(t, err, errs.Internal, grpcx.ReasonInternal)
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("the panic leaked: %v", err)
	}
	if !strings.Contains(w.log.String(), "secret invariant broken") || !strings.Contains(w.log.String(), "errors_test.go") {
		t.Errorf("the log lacks the panic or its stack: %s", w.log)
	}
	w.tiers.getMember = nil
	if err := w.call(t); err != nil {
		t.Fatalf("the next call: %v", err)
	}
}

func TestLog_LevelsFollowTheFault(t *testing.T) {
	w := newWorld(t)
	if err := w.call(t); err != nil {
		t.Fatal(err)
	}
	w.tiers.getMember = failing(errs.New(errs.NotFound, "LADDER_NOT_FOUND", "no ladder for asha-the-caller"))
	wantError(t, w.call(t), errs.NotFound, "LADDER_NOT_FOUND")
	log := w.log.String()
	for _, want := range []string{"level=DEBUG msg=call", "level=INFO msg=call", "reason=LADDER_NOT_FOUND", "subject=referral", "request_id="} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %q: %s", want, log)
		}
	}
	if strings.Contains(log, "asha") {
		t.Errorf("the log quotes the request: %s", log)
	}
}

func TestFromStatus_KeepsForeignErrorsAndNamesTransportOnes(t *testing.T) {
	plain := errors.New("plain")
	if got := grpcx.FromStatus(plain); !errors.Is(got, plain) {
		t.Errorf("FromStatus = %v", got)
	}
	for code, want := range map[codes.Code]string{
		codes.Unavailable: "UNAVAILABLE", codes.DeadlineExceeded: grpcx.ReasonDeadlineExceeded,
		codes.Canceled: grpcx.ReasonCancelled, codes.Unimplemented: grpcx.ReasonUnimplemented,
		codes.DataLoss: grpcx.ReasonInternal, codes.ResourceExhausted: "RESOURCE_EXHAUSTED",
	} {
		err := grpcx.FromStatus(status.Error(code, "x"))
		if errs.Reason(err) != want || errs.CodeOf(err) != errs.Code(code) {
			t.Errorf("%s: err = %v", code, err)
		}
	}
}
