package grpcx_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/grpcx"
	referralv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
	tierv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/tier/v1"
)

// wantError fails the test unless err has the code and the reason.
func wantError(t *testing.T, err error, code errs.Code, reason string) {
	t.Helper()
	_ = refused(t, err, code, reason)
}

// refused is wantError for tests that look closer.
func refused(t *testing.T, err error, code errs.Code, reason string) *errs.Error {
	t.Helper()
	var e *errs.Error
	if !errors.As(err, &e) || e.Code != code || e.Reason != reason {
		t.Fatalf("err = %v, want code %d, reason %s", err, code, reason)
	}
	return e
}

func TestCall_WithoutTokenIsUnauthenticated(t *testing.T) {
	w := newWorld(t)
	_, err := tierv1.NewTierServiceClient(w.conn).GetMember(t.Context(), getMember("asha"))
	wantError(t, err, errs.Unauthenticated, access.ReasonTokenMissing)
}

func TestCall_WithABadTokenIsUnauthenticated(t *testing.T) {
	w := newWorld(t)
	client := tierv1.NewTierServiceClient(w.conn)
	for _, header := range []string{"Bearer nonsense", "Basic dXNlcjpwYXNz", "Bearer", "nonsense"} {
		ctx := metadata.AppendToOutgoingContext(t.Context(), grpcx.AuthorizationHeader, header)
		_, err := client.GetMember(ctx, getMember("asha"))
		wantError(t, err, errs.Unauthenticated, authn.ReasonTokenInvalid)
	}
	twice := metadata.AppendToOutgoingContext(w.as(t, "asha", access.RoleUser), grpcx.AuthorizationHeader, "Bearer x")
	_, err := client.GetMember(twice, getMember("asha"))
	wantError(t, err, errs.Unauthenticated, authn.ReasonTokenInvalid)
}

func TestCall_WithAnExpiredTokenSaysSo(t *testing.T) {
	w := newWorld(t)
	token, err := w.issuer.Issue("asha", []string{access.RoleUser}, -time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	ctx := metadata.AppendToOutgoingContext(t.Context(), grpcx.AuthorizationHeader, "Bearer "+token)
	_, err = tierv1.NewTierServiceClient(w.conn).GetMember(ctx, getMember("asha"))
	wantError(t, err, errs.Unauthenticated, authn.ReasonTokenExpired)
}

func TestCall_PeopleActForThemselvesOnly(t *testing.T) {
	w := newWorld(t)
	client := tierv1.NewTierServiceClient(w.conn)
	asha := w.as(t, "asha", access.RoleUser)
	if _, err := client.GetMember(asha, getMember("asha")); err != nil {
		t.Fatal(err)
	}
	_, err := client.GetMember(asha, getMember("ravi"))
	e := refused(t, err, errs.PermissionDenied, access.ReasonSubjectMismatch)
	if len(e.Fields) != 1 || e.Fields[0].Field != "user_id" {
		t.Errorf("fields = %v, want user_id", e.Fields)
	}
	if _, err := client.GetMember(w.as(t, "boss", access.RoleAdmin), getMember("ravi")); err != nil {
		t.Errorf("an admin may look: %v", err)
	}
}

func TestCall_WithoutTheRoleIsDeniedNamingTheRoles(t *testing.T) {
	w := newWorld(t)
	_, err := tierv1.NewTierServiceClient(w.conn).RecordCompletion(w.as(t, "asha", access.RoleUser), completion(1))
	e := refused(t, err, errs.PermissionDenied, access.ReasonRoleRequired)
	if !strings.Contains(e.Message, "SYSTEM") {
		t.Errorf("the message does not name the role: %s", e.Message)
	}
}

func TestCall_TheHandlerSeesTheCaller(t *testing.T) {
	w := newWorld(t)
	var seen access.Caller
	w.tiers.getMember = callerRecorder(&seen)
	if _, err := tierv1.NewTierServiceClient(w.conn).GetMember(w.as(t, "asha", access.RoleUser), getMember("asha")); err != nil {
		t.Fatal(err)
	}
	if seen.Subject != "asha" || !seen.Has(access.RoleUser) {
		t.Fatalf("caller = %+v", seen)
	}
}

func TestCall_AnonymousRPCsIgnoreBadTokens(t *testing.T) {
	w := newWorld(t)
	ctx := metadata.AppendToOutgoingContext(t.Context(), grpcx.AuthorizationHeader, "Bearer stale")
	if _, err := referralv1.NewReferralServiceClient(w.conn).ValidateCode(ctx, &referralv1.ValidateCodeRequest{Code: "A"}); err != nil {
		t.Fatal(err)
	}
}

func TestCall_ABrokenRuleNamesTheField(t *testing.T) {
	w := newWorld(t)
	req := completion(1)
	req.UserId, req.ProgramVersion = "a#b", 0
	_, err := tierv1.NewTierServiceClient(w.conn).RecordCompletion(w.asSystem(t), req)
	e := refused(t, err, errs.InvalidArgument, grpcx.ReasonValidationFailed)
	fields := map[string]string{}
	for _, f := range e.Fields {
		fields[f.Field] = f.Description
	}
	if fields["user_id"] == "" || fields["program_version"] == "" || len(fields) != 2 {
		t.Errorf("fields = %v, want user_id and program_version with descriptions", fields)
	}
	if !strings.Contains(status.Convert(errors.Unwrap(e)).Message(), "user_id") && !strings.Contains(e.Message, "program_version") {
		t.Errorf("the message names no field: %s", e.Message)
	}
}

func TestCall_StrangersLearnNothingAboutTheRequest(t *testing.T) {
	w := newWorld(t)
	_, err := tierv1.NewTierServiceClient(w.conn).RecordCompletion(t.Context(), &tierv1.RecordCompletionRequest{})
	wantError(t, err, errs.Unauthenticated, access.ReasonTokenMissing)
}

func TestCall_AnRPCThatIsNotServedIsUnimplemented(t *testing.T) {
	w := newWorld(t)
	_, err := tierv1.NewTierServiceClient(w.conn).CountMembers(w.asSystem(t), &tierv1.CountMembersRequest{ProgramId: "p"})
	wantError(t, err, errs.Unimplemented, grpcx.ReasonUnimplemented)
}
