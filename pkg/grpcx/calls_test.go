package grpcx_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/audit"
	"github.com/refersuite/refersuite/pkg/audit/memaudit"
	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/grpcx"
	"github.com/refersuite/refersuite/pkg/ratelimit"
	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
	referralv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
	tierv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/tier/v1"
)

type noVerifier struct{}

func (noVerifier) Verify(context.Context, string) (access.Caller, error) {
	return access.Caller{}, errs.New(errs.Unauthenticated, authn.ReasonTokenInvalid, "nobody is known")
}

func TestRequestID_IsTakenOverIfSaneAndReturned(t *testing.T) {
	w := newWorld(t)
	for sent, kept := range map[string]bool{
		"req-42.a:b": true, "": false, "has blank": false, "a\"b": false, strings.Repeat("x", 129): false,
	} {
		var seen string
		w.tiers.getMember = func(ctx context.Context, _ *tierv1.GetMemberRequest) (*tierv1.GetMemberResponse, error) {
			seen = grpcx.RequestID(ctx)
			return &tierv1.GetMemberResponse{}, nil
		}
		ctx := metadata.AppendToOutgoingContext(w.asSystem(t), grpcx.RequestIDHeader, sent)
		var header metadata.MD
		if _, err := tierv1.NewTierServiceClient(w.conn).GetMember(ctx, getMember("a"), grpc.Header(&header)); err != nil {
			t.Fatal(err)
		}
		if seen == "" || (seen == sent) != kept || len(header.Get(grpcx.RequestIDHeader)) != 1 || header.Get(grpcx.RequestIDHeader)[0] != seen {
			t.Errorf("sent %q: handler saw %q, header %v", sent, seen, header)
		}
	}
}

func TestRequestID_OfAFailedCallIsInTheTrailerAndInTheError(t *testing.T) {
	w := newWorld(t)
	w.tiers.getMember = failing(errs.New(errs.NotFound, "LADDER_NOT_FOUND", "no ladder"))
	var trailer metadata.MD
	ctx := grpcx.WithRequestID(w.asSystem(t), "req-5")
	_, err := tierv1.NewTierServiceClient(w.conn).GetMember(ctx, getMember("a"), grpc.Trailer(&trailer))
	e := refused(t, err, errs.NotFound, "LADDER_NOT_FOUND")
	if got := trailer.Get(grpcx.RequestIDHeader); len(got) != 1 || got[0] != "req-5" {
		t.Errorf("trailer = %v", trailer)
	}
	details := status.Convert(e.Unwrap()).Details()
	if request, ok := details[len(details)-1].(*errdetails.RequestInfo); !ok || request.GetRequestId() != "req-5" {
		t.Errorf("details = %v", details)
	}
}

func TestRequestID_IsSentOnWithOutgoingCalls(t *testing.T) {
	w := newWorld(t)
	var seen string
	w.tiers.record = func(ctx context.Context, _ *tierv1.RecordCompletionRequest) (*tierv1.RecordCompletionResponse, error) {
		seen = grpcx.RequestID(ctx)
		return &tierv1.RecordCompletionResponse{}, nil
	}
	tokens := authn.NewServiceTokens(w.issuer, "tier")
	next := w.dial(t, grpcx.ClientConfig{Target: "passthrough:///next"}, grpcx.ClientDeps{Tokens: tokens})
	w.tiers.getMember = func(ctx context.Context, _ *tierv1.GetMemberRequest) (*tierv1.GetMemberResponse, error) {
		_, err := tierv1.NewTierServiceClient(next).RecordCompletion(ctx, completion(1))
		return &tierv1.GetMemberResponse{}, err
	}
	ctx := grpcx.WithRequestID(w.as(t, "asha", access.RoleUser), "req-7")
	if _, err := tierv1.NewTierServiceClient(w.conn).GetMember(ctx, getMember("asha")); err != nil {
		t.Fatal(err)
	}
	if seen != "req-7" {
		t.Fatalf("the second server saw %q", seen)
	}
}

func TestDeadline_DefaultAndCapOfTheServer(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		s.config.DefaultDeadline, s.config.MaxDeadline = time.Minute, 10*time.Minute
	})
	var left time.Duration
	w.tiers.getMember = func(ctx context.Context, _ *tierv1.GetMemberRequest) (*tierv1.GetMemberResponse, error) {
		deadline, _ := ctx.Deadline()
		left = deadline.Sub(w.clock.Now())
		return &tierv1.GetMemberResponse{}, nil
	}
	raw := w.rawConn(t)
	call := func(ctx context.Context) time.Duration {
		t.Helper()
		if _, err := tierv1.NewTierServiceClient(raw).GetMember(ctx, getMember("a")); err != nil {
			t.Fatal(err)
		}
		return left
	}
	if d := call(w.asSystem(t)); d > time.Minute+time.Second || d < 50*time.Second {
		t.Errorf("without a deadline the handler has %s, want the default of 1m", d)
	}
	ctx, cancel := context.WithTimeout(w.asSystem(t), time.Hour)
	defer cancel()
	if d := call(ctx); d > 10*time.Minute+time.Second || d < 9*time.Minute {
		t.Errorf("with a deadline of 1h the handler has %s, want the cap of 10m", d)
	}
}

func TestDeadline_TheClientShavesItsCallers(t *testing.T) {
	w := newWorld(t, func(s *setup) { s.client.Shave = 20 * time.Second })
	var deadline time.Time
	w.tiers.getMember = func(ctx context.Context, _ *tierv1.GetMemberRequest) (*tierv1.GetMemberResponse, error) {
		deadline, _ = ctx.Deadline()
		return &tierv1.GetMemberResponse{}, nil
	}
	ctx, cancel := context.WithTimeout(w.asSystem(t), time.Minute)
	defer cancel()
	if _, err := tierv1.NewTierServiceClient(w.conn).GetMember(ctx, getMember("a")); err != nil {
		t.Fatal(err)
	}
	mine, _ := ctx.Deadline()
	if shaved := mine.Sub(deadline); shaved < 15*time.Second || shaved > 25*time.Second {
		t.Errorf("the server's deadline is %s before the caller's, want about 20s", shaved)
	}
	short, cancelShort := context.WithTimeout(w.asSystem(t), time.Second)
	defer cancelShort()
	_, err := tierv1.NewTierServiceClient(w.conn).GetMember(short, getMember("a"))
	wantError(t, err, errs.DeadlineExceeded, grpcx.ReasonDeadlineExceeded)
}

func TestAudit_IntentIsThereBeforeTheHandlerRunsAndOutcomeAfter(t *testing.T) {
	w := newWorld(t)
	var during []audit.Entry
	w.ops.redrive = func(context.Context) error {
		during = w.entries(t)
		return errs.New(errs.NotFound, "COMMAND_NOT_FOUND", "no such command")
	}
	ctx := grpcx.WithRequestID(w.as(t, "boss", access.RoleAdmin), "req-9")
	_, err := commonv1.NewOperationsServiceClient(w.conn).RedriveCommand(ctx, redrive())
	wantError(t, err, errs.NotFound, "COMMAND_NOT_FOUND")
	if len(during) != 1 || !during[0].FinishedAt.IsZero() || during[0].Code != "" {
		t.Fatalf("during the call: %+v", during)
	}
	after := w.entries(t)
	if len(after) != 1 {
		t.Fatalf("%d entries", len(after))
	}
	e := after[0]
	if e.Method != "/refersuite.common.v1.OperationsService/RedriveCommand" || e.Subject != "boss" || e.RequestID != "req-9" ||
		e.Code != "NOT_FOUND" || e.Reason != "COMMAND_NOT_FOUND" || e.FinishedAt.IsZero() {
		t.Errorf("entry = %+v", e)
	}
	if strings.Join(e.Targets, " ") != "aggregate_id=agg-1 command_id=cmd-1" {
		t.Errorf("targets = %v", e.Targets)
	}
}

func TestAudit_RefusedCallsAndUnauditedRPCsLeaveNoTrace(t *testing.T) {
	w := newWorld(t)
	client := commonv1.NewOperationsServiceClient(w.conn)
	_, err := client.RedriveCommand(w.as(t, "asha", access.RoleUser), redrive())
	wantError(t, err, errs.PermissionDenied, access.ReasonRoleRequired)
	_, err = client.RedriveCommand(w.as(t, "boss", access.RoleAdmin), &commonv1.RedriveCommandRequest{})
	wantError(t, err, errs.InvalidArgument, grpcx.ReasonValidationFailed)
	if err := w.call(t); err != nil {
		t.Fatal(err)
	}
	if entries := w.entries(t); len(entries) != 0 {
		t.Fatalf("entries = %+v", entries)
	}
}

func TestAudit_APanicIsAnOutcome(t *testing.T) {
	w := newWorld(t)
	w.ops.redrive = func(context.Context) error { panic("broken") }
	_, err := commonv1.NewOperationsServiceClient(w.conn).RedriveCommand(w.as(t, "boss", access.RoleAdmin), redrive())
	wantError(t, err, errs.Internal, grpcx.ReasonInternal)
	if entries := w.entries(t); len(entries) != 1 || entries[0].Code != "INTERNAL" || entries[0].Reason != "PANIC" {
		t.Fatalf("entries = %+v", entries)
	}
}

// brokenAudit fails where told to.
type brokenAudit struct {
	*memaudit.Store
	begin, end error
}

func (b *brokenAudit) Begin(ctx context.Context, i audit.Intent) error {
	return errors.Join(b.begin, b.Store.Begin(ctx, i))
}

func (b *brokenAudit) End(ctx context.Context, o audit.Outcome) error {
	return errors.Join(b.end, b.Store.End(ctx, o))
}

func TestAudit_WithoutAnIntentNothingHappens(t *testing.T) {
	broken := &brokenAudit{Store: memaudit.New(10), begin: errors.New("disk full")}
	w := newWorld(t, func(s *setup) { s.deps.Audit = broken })
	ran := false
	w.ops.redrive = func(context.Context) error { ran = true; return nil }
	_, err := commonv1.NewOperationsServiceClient(w.conn).RedriveCommand(w.as(t, "boss", access.RoleAdmin), redrive())
	wantError(t, err, errs.Unavailable, audit.ReasonAuditUnavailable)
	if ran {
		t.Fatal("the handler ran without an intent in the trail")
	}
}

func TestAudit_ALostOutcomeIsLoggedAndTheAnswerStands(t *testing.T) {
	broken := &brokenAudit{Store: memaudit.New(10), end: errors.New("disk full")}
	w := newWorld(t, func(s *setup) { s.deps.Audit = broken })
	if _, err := commonv1.NewOperationsServiceClient(w.conn).RedriveCommand(w.as(t, "boss", access.RoleAdmin), redrive()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(w.log.String(), "audit outcome lost") {
		t.Errorf("log = %s", w.log)
	}
}

func TestRateLimit_AnonymousCallersAreLimitedByAddress(t *testing.T) {
	w := newWorld(t)
	client := referralv1.NewReferralServiceClient(w.conn)
	validate := func(ctx context.Context) error {
		_, err := client.ValidateCode(ctx, &referralv1.ValidateCodeRequest{Code: "A"})
		return err
	}
	exhaust(t.Context(), t, validate)
	e := refused(t, validate(t.Context()), errs.ResourceExhausted, ratelimit.ReasonRateLimited)
	if e.RetryAfter <= 0 || e.RetryAfter > time.Minute {
		t.Errorf("retry after %s", e.RetryAfter)
	}
	// Anybody may write the header; only the edge is believed.
	forged := metadata.AppendToOutgoingContext(t.Context(), grpcx.ForwardedHeader, "203.0.113.9")
	wantError(t, validate(forged), errs.ResourceExhausted, ratelimit.ReasonRateLimited)
	// A caller with a token has an allowance of their own.
	if err := validate(w.as(t, "asha", access.RoleUser)); err != nil {
		t.Errorf("a known caller: %v", err)
	}
}

func TestRateLimit_TheEdgeSpeaksForItsClients(t *testing.T) {
	w := newWorld(t)
	edge := w.dial(t, grpcx.ClientConfig{Target: "passthrough:///edge"},
		grpcx.ClientDeps{EdgeTokens: authn.NewServiceTokens(w.issuer, "gateway")})
	client := referralv1.NewReferralServiceClient(edge)
	validate := func(ctx context.Context) error {
		_, err := client.ValidateCode(ctx, &referralv1.ValidateCodeRequest{Code: "A"})
		return err
	}
	first := metadata.AppendToOutgoingContext(t.Context(), grpcx.ForwardedHeader, "198.51.100.1, 203.0.113.9")
	exhaust(first, t, validate)
	wantError(t, validate(first), errs.ResourceExhausted, ratelimit.ReasonRateLimited)
	for _, other := range []string{"203.0.113.10", "203.0.113.9, 198.51.100.1"} {
		if err := validate(metadata.AppendToOutgoingContext(t.Context(), grpcx.ForwardedHeader, other)); err != nil {
			t.Errorf("client at %s: %v", other, err)
		}
	}
	// The edge's own token gives no rights.
	_, err := tierv1.NewTierServiceClient(edge).RecordCompletion(t.Context(), completion(1))
	wantError(t, err, errs.Unauthenticated, access.ReasonTokenMissing)
}

// exhaust makes the 60 calls a minute that ValidateCode allows.
func exhaust(ctx context.Context, t *testing.T, call func(context.Context) error) {
	t.Helper()
	for i := range 60 {
		if err := call(ctx); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
	}
	for range 60 { // the allowance refills by one a second while the calls are made
		if err := call(ctx); err != nil {
			return
		}
	}
	t.Fatal("never limited")
}

func redrive() *commonv1.RedriveCommandRequest {
	return &commonv1.RedriveCommandRequest{Service: "tier", AggregateId: "agg-1", CommandId: "cmd-1"}
}
