package fraud_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/config"
	"github.com/refersuite/refersuite/pkg/config/configtest"
	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
	fraudv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/fraud/v1"
	"github.com/refersuite/refersuite/services/fraud"
)

func TestReadmeTellsTheSettings(t *testing.T) { configtest.CheckReadme(t, "README.md", fraud.Config{}) }

func TestSettingsAreChecked(t *testing.T) {
	for want, environ := range map[string]map[string]string{
		"FRAUD_HASH_KEY is":      {"FRAUD_HASH_KEY": "short"},
		"FRAUD_HASH_KEY must be": {"MONGODB_URI": "mongodb://localhost/"},
		"FRAUD_REVIEW_FROM":      {"FRAUD_REVIEW_FROM": "80"},
		"FRAUD_BLOCK_FROM":       {"FRAUD_BLOCK_FROM": "101"},
	} {
		_, err := config.LoadFrom[fraud.Config](environ)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "short") {
			t.Errorf("%v: got %v", environ, err)
		}
	}
}

func (w world) request(n int) *fraudv1.AssessRequest {
	return &fraudv1.AssessRequest{
		ProgramId: "p1", ReferralId: fmt.Sprintf("r%d", n), ReferrerId: "ann", RefereeId: fmt.Sprintf("ben%d", n),
		IpAddress: "192.0.2.7", DeviceId: "phone", Code: "ANN10000", OccurredAt: timestamppb.New(w.clock.Now()),
	}
}

func TestCallersNeedATokenAndTheRole(t *testing.T) {
	w := serve(t)
	client := fraudv1.NewFraudServiceClient(w.conn)
	_, err := client.Assess(t.Context(), w.request(1))
	wantStatus(t, err, codes.Unauthenticated, access.ReasonTokenMissing, "")
	_, err = client.Assess(w.as(t, "ann", access.RoleUser), w.request(1))
	wantStatus(t, err, codes.PermissionDenied, access.ReasonRoleRequired, "")
	_, err = client.GetAssessment(w.as(t, "ann", access.RoleUser), &fraudv1.GetAssessmentRequest{ReferralId: "r1"})
	wantStatus(t, err, codes.PermissionDenied, access.ReasonRoleRequired, "")
	_, err = client.GetAssessment(w.system(t), &fraudv1.GetAssessmentRequest{ReferralId: "r1"})
	wantStatus(t, err, codes.NotFound, "ASSESSMENT_NOT_FOUND", "")
}

func TestBadFieldsAreNamed(t *testing.T) {
	w := serve(t)
	client := fraudv1.NewFraudServiceClient(w.conn)
	for field, change := range map[string]func(*fraudv1.AssessRequest){
		"program_id":          func(r *fraudv1.AssessRequest) { r.ProgramId = "" },
		"referral_id":         func(r *fraudv1.AssessRequest) { r.ReferralId = "a b" },
		"referrer_id":         func(r *fraudv1.AssessRequest) { r.ReferrerId = "#" },
		"referee_id":          func(r *fraudv1.AssessRequest) { r.RefereeId = strings.Repeat("x", 65) },
		"ip_address":          func(r *fraudv1.AssessRequest) { r.IpAddress = "300.1.2.3" },
		"device_id":           func(r *fraudv1.AssessRequest) { r.DeviceId = strings.Repeat("x", 201) },
		"referrer_ip_address": func(r *fraudv1.AssessRequest) { r.ReferrerIpAddress = "here" },
		"occurred_at":         func(r *fraudv1.AssessRequest) { r.OccurredAt = nil },
	} {
		t.Run(field, func(t *testing.T) {
			request := w.request(1)
			change(request)
			_, err := client.Assess(w.system(t), request)
			wantStatus(t, err, codes.InvalidArgument, "", field)
		})
	}
	_, err := client.ListAssessments(w.as(t, "root", access.RoleAdmin), &fraudv1.ListAssessmentsRequest{ProgramId: "p1", PageToken: "x"})
	wantStatus(t, err, codes.InvalidArgument, "PAGE_TOKEN_INVALID", "page_token")
}

func TestF1_AssessmentsAreStoredExplainedAndListed(t *testing.T) {
	w := serve(t)
	client, ctx := fraudv1.NewFraudServiceClient(w.conn), w.system(t)
	first, err := client.Assess(ctx, w.request(1))
	must(t, err)
	if a := first.GetAssessment(); a.GetBand() != fraudv1.Band_BAND_ALLOW || a.GetScore() != 0 || a.GetRulesVersion() != "rules-1" || first.GetReplayed() {
		t.Fatalf("got %v", first)
	}
	second, err := client.Assess(ctx, w.request(2))
	must(t, err)
	a := second.GetAssessment()
	if a.GetBand() != fraudv1.Band_BAND_REVIEW || len(a.GetSignals()) != 2 || a.GetSignals()[0].GetName() != "SHARED_DEVICE" ||
		a.GetSignals()[1].GetName() != "SHARED_ADDRESS" || !a.GetAssessedAt().AsTime().Equal(w.clock.Now()) {
		t.Fatalf("got %v", second)
	}
	again, err := client.Assess(ctx, w.request(2))
	must(t, err)
	if !again.GetReplayed() || !proto.Equal(again.GetAssessment(), a) {
		t.Fatalf("got %v", again)
	}
	other := w.request(2)
	other.RefereeId = "zoe"
	_, err = client.Assess(ctx, other)
	wantStatus(t, err, codes.AlreadyExists, command.ReasonReused, "")
	self := w.request(3)
	self.RefereeId, self.DeviceId, self.IpAddress = "ann", "", ""
	blocked, err := client.Assess(ctx, self)
	must(t, err)
	if blocked.GetAssessment().GetBand() != fraudv1.Band_BAND_BLOCK {
		t.Fatalf("got %v", blocked)
	}

	got, err := client.GetAssessment(ctx, &fraudv1.GetAssessmentRequest{ReferralId: "r2"})
	must(t, err)
	if !proto.Equal(got.GetAssessment(), a) {
		t.Fatalf("got %v", got)
	}
	var ids []string
	request := &fraudv1.ListAssessmentsRequest{ProgramId: "p1", PageSize: 2}
	for {
		page, err := client.ListAssessments(w.as(t, "root", access.RoleAdmin), request)
		must(t, err)
		for _, a := range page.GetAssessments() {
			ids = append(ids, a.GetReferralId())
		}
		if request.PageToken = page.GetNextPageToken(); request.PageToken == "" {
			break
		}
	}
	if strings.Join(ids, " ") != "r3 r2 r1" {
		t.Fatalf("listed %v", ids)
	}
	verified, err := commonv1.NewOperationsServiceClient(w.conn).VerifyChains(ctx, &commonv1.VerifyChainsRequest{Service: "fraud"})
	must(t, err)
	if !verified.GetVerified() || verified.GetChains() != 0 {
		t.Fatalf("got %v", verified)
	}
}
