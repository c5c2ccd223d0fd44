package tier_test

import (
	"fmt"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/config/configtest"
	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
	tierv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/tier/v1"
	"github.com/refersuite/refersuite/services/tier"
)

func TestReadmeTellsTheSettings(t *testing.T) { configtest.CheckReadme(t, "README.md", tier.Config{}) }

func ladderRequest() *tierv1.PutLadderRequest {
	return &tierv1.PutLadderRequest{ProgramId: "p1", ProgramVersion: 1, Ladder: &commonv1.Ladder{Tiers: []*commonv1.Tier{
		{Name: "STARTER", RewardMinor: 5000},
		{Name: "PRO", Threshold: 2, RewardMinor: 10000, BonusMinor: 20000, Premium: true},
	}}}
}

func completionRequest(n int) *tierv1.RecordCompletionRequest {
	return &tierv1.RecordCompletionRequest{
		CommandId: fmt.Sprintf("completion/p1/r%d", n), ProgramId: "p1", ProgramVersion: 1, ReferralId: fmt.Sprintf("r%d", n), UserId: "ann",
	}
}

func TestCallersNeedATokenAndTheRole(t *testing.T) {
	w := serve(t)
	client := tierv1.NewTierServiceClient(w.conn)
	_, err := client.RecordCompletion(t.Context(), completionRequest(1))
	wantStatus(t, err, codes.Unauthenticated, access.ReasonTokenMissing, "")
	_, err = client.RecordCompletion(w.as(t, "ann", access.RoleUser), completionRequest(1))
	wantStatus(t, err, codes.PermissionDenied, access.ReasonRoleRequired, "")
	_, err = client.PutLadder(w.as(t, "root", access.RoleAdmin), ladderRequest())
	wantStatus(t, err, codes.PermissionDenied, access.ReasonRoleRequired, "")
	member := &tierv1.GetMemberRequest{ProgramId: "p1", UserId: "ann"}
	_, err = client.GetMember(w.as(t, "bob", access.RoleUser), member)
	wantStatus(t, err, codes.PermissionDenied, access.ReasonSubjectMismatch, "user_id")
	_, err = client.GetMember(w.as(t, "ann", access.RoleUser), member)
	wantStatus(t, err, codes.NotFound, "LADDER_NOT_FOUND", "")
	_, err = client.CountMembers(w.as(t, "ann", access.RoleUser), &tierv1.CountMembersRequest{ProgramId: "p1"})
	wantStatus(t, err, codes.PermissionDenied, access.ReasonRoleRequired, "")
}

func TestBadFieldsAreNamed(t *testing.T) {
	w := serve(t)
	client := tierv1.NewTierServiceClient(w.conn)
	for field, change := range map[string]func(*tierv1.PutLadderRequest){
		"program_id":                func(r *tierv1.PutLadderRequest) { r.ProgramId = "" },
		"program_version":           func(r *tierv1.PutLadderRequest) { r.ProgramVersion = 0 },
		"ladder":                    func(r *tierv1.PutLadderRequest) { r.Ladder = nil },
		"ladder.tiers":              func(r *tierv1.PutLadderRequest) { r.Ladder.Tiers = nil },
		"ladder.tiers[0].name":      func(r *tierv1.PutLadderRequest) { r.Ladder.Tiers[0].Name = "starter" },
		"ladder.tiers[1].threshold": func(r *tierv1.PutLadderRequest) { r.Ladder.Tiers[1].Threshold = 0 },
		"downgrade_policy":          func(r *tierv1.PutLadderRequest) { r.DowngradePolicy = 9 },
	} {
		t.Run(field, func(t *testing.T) {
			request := ladderRequest()
			change(request)
			_, err := client.PutLadder(w.system(t), request)
			wantStatus(t, err, codes.InvalidArgument, "", field)
		})
	}
	_, err := client.PutLadder(w.system(t), ladderRequest())
	must(t, err)
	request := completionRequest(1)
	request.ReferralId = "r2"
	_, err = client.RecordCompletion(w.system(t), request)
	wantStatus(t, err, codes.InvalidArgument, "COMMAND_INVALID", "command_id")
}

func TestT3_CompletionsAreCountedAndReversedOverTheWire(t *testing.T) {
	w := serve(t)
	client, ctx := tierv1.NewTierServiceClient(w.conn), w.system(t)
	_, err := client.RecordCompletion(ctx, completionRequest(1))
	wantStatus(t, err, codes.FailedPrecondition, "LADDER_UNKNOWN", "")
	for range 2 {
		_, err = client.PutLadder(ctx, ladderRequest())
		must(t, err)
	}
	different := ladderRequest()
	different.DowngradePolicy = tierv1.DowngradePolicy_DOWNGRADE_POLICY_ON_REVERSAL
	_, err = client.PutLadder(ctx, different)
	wantStatus(t, err, codes.AlreadyExists, "LADDER_DIFFERS", "")

	_, err = client.RecordCompletion(ctx, completionRequest(1))
	must(t, err)
	got, err := client.RecordCompletion(ctx, completionRequest(2))
	must(t, err)
	want := &tierv1.RecordCompletionResponse{
		TierBefore: "STARTER", TierAfter: "PRO", Completed: 2, RewardMinor: 5000,
		Bonuses: []*tierv1.TierBonus{{Tier: "PRO", AmountMinor: 20000}},
	}
	if !proto.Equal(got, want) {
		t.Fatalf("got %v", got)
	}
	again, err := client.RecordCompletion(ctx, completionRequest(2))
	must(t, err)
	if want.Replayed = true; !proto.Equal(again, want) {
		t.Fatalf("replayed %v", again)
	}
	other := completionRequest(2)
	other.UserId = "bob"
	_, err = client.RecordCompletion(ctx, other)
	wantStatus(t, err, codes.AlreadyExists, command.ReasonReused, "")

	reverse := &tierv1.ReverseCompletionRequest{
		CommandId: "reverse/completion/p1/r2", ProgramId: "p1", ReferralId: "r2", UserId: "ann", Fraud: true,
	}
	for _, replayed := range []bool{false, true} {
		taken, err := client.ReverseCompletion(ctx, reverse)
		must(t, err)
		want := &tierv1.ReverseCompletionResponse{
			TierBefore: "PRO", TierAfter: "STARTER", Completed: 1, BonusesToReverse: []string{"PRO"}, Replayed: replayed,
		}
		if !proto.Equal(taken, want) {
			t.Fatalf("got %v", taken)
		}
	}
}

func TestT1_MemberAndLadderAreRead(t *testing.T) {
	w := serve(t)
	client, ctx := tierv1.NewTierServiceClient(w.conn), w.system(t)
	_, err := client.PutLadder(ctx, ladderRequest())
	must(t, err)
	for n := range 2 {
		_, err := client.RecordCompletion(ctx, completionRequest(n))
		must(t, err)
	}
	member, err := client.GetMember(w.as(t, "ann", access.RoleUser), &tierv1.GetMemberRequest{ProgramId: "p1", UserId: "ann"})
	must(t, err)
	if member.GetTier() != "PRO" || member.GetNextTier() != "" || !member.GetPremium() || !member.GetTierSince().AsTime().Equal(w.clock.Now()) {
		t.Fatalf("got %v", member)
	}
	member, err = client.GetMember(ctx, &tierv1.GetMemberRequest{ProgramId: "p1", UserId: "bob"})
	must(t, err)
	if member.GetTier() != "STARTER" || member.GetNextTier() != "PRO" || member.GetReferralsToNextTier() != 2 || member.GetTierSince() != nil {
		t.Fatalf("got %v", member)
	}
	ladder, err := client.GetLadder(w.as(t, "bob", access.RoleUser), &tierv1.GetLadderRequest{ProgramId: "p1"})
	must(t, err)
	if !proto.Equal(ladder.GetLadder(), ladderRequest().GetLadder()) || ladder.GetProgramVersion() != 1 ||
		ladder.GetDowngradePolicy() != tierv1.DowngradePolicy_DOWNGRADE_POLICY_FRAUD_ONLY {
		t.Fatalf("got %v", ladder)
	}
	count, err := client.CountMembers(ctx, &tierv1.CountMembersRequest{ProgramId: "p1"})
	must(t, err)
	if len(count.GetMembers()) != 1 || count.GetMembers()["PRO"] != 1 {
		t.Fatalf("got %v", count)
	}
	chains, err := commonv1.NewOperationsServiceClient(w.conn).VerifyChains(ctx, &commonv1.VerifyChainsRequest{Service: tier.Name})
	must(t, err)
	if !chains.GetVerified() || chains.GetEntries() != 4 {
		t.Fatalf("got %v", chains)
	}
}
