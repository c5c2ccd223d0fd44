package wallet_test

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/config/configtest"
	"github.com/refersuite/refersuite/pkg/page"
	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet"
)

func TestReadmeTellsTheSettings(t *testing.T) {
	configtest.CheckReadme(t, "README.md", wallet.Config{})
}

func issueRequest(n int) *walletv1.IssueRewardRequest {
	return &walletv1.IssueRewardRequest{
		CommandId: fmt.Sprintf("reward/p1/r%d/completed/REFERRER", n), ProgramId: "p1", ReferralId: fmt.Sprintf("r%d", n),
		BeneficiaryId: "ann", Side: walletv1.Side_SIDE_REFERRER, Kind: walletv1.RewardKind_REWARD_KIND_REFERRAL,
		AmountMinor: 5000, Currency: "INR", HoldPeriod: durationpb.New(time.Hour), Tier: "STARTER", ProgramVersion: 1,
	}
}

func TestCallersNeedATokenAndTheRole(t *testing.T) {
	w := serve(t)
	client := walletv1.NewWalletServiceClient(w.conn)
	_, err := client.IssueReward(t.Context(), issueRequest(1))
	wantStatus(t, err, codes.Unauthenticated, access.ReasonTokenMissing, "")
	_, err = client.IssueReward(w.as(t, "ann", access.RoleUser), issueRequest(1))
	wantStatus(t, err, codes.PermissionDenied, access.ReasonRoleRequired, "")
	_, err = client.IssueReward(w.as(t, "root", access.RoleAdmin), issueRequest(1))
	wantStatus(t, err, codes.PermissionDenied, access.ReasonRoleRequired, "")
	balance := &walletv1.GetBalanceRequest{UserId: "ann", Currency: "INR"}
	_, err = client.GetBalance(w.as(t, "bob", access.RoleUser), balance)
	wantStatus(t, err, codes.PermissionDenied, access.ReasonSubjectMismatch, "user_id")
	for subject, role := range map[string]string{"ann": access.RoleUser, "root": access.RoleAdmin} {
		got, err := client.GetBalance(w.as(t, subject, role), balance)
		must(t, err)
		if got.GetPostings() != 0 {
			t.Fatalf("a refused reward was posted: %v", got)
		}
	}
}

func TestBadFieldsAreNamed(t *testing.T) {
	w := serve(t)
	client := walletv1.NewWalletServiceClient(w.conn)
	for field, change := range map[string]func(*walletv1.IssueRewardRequest){
		"command_id":     func(r *walletv1.IssueRewardRequest) { r.ReferralId = "another" },
		"program_id":     func(r *walletv1.IssueRewardRequest) { r.ProgramId = "p/1" },
		"beneficiary_id": func(r *walletv1.IssueRewardRequest) { r.BeneficiaryId = "" },
		"side":           func(r *walletv1.IssueRewardRequest) { r.Side = 0 },
		"kind":           func(r *walletv1.IssueRewardRequest) { r.Kind = 9 },
		"amount_minor":   func(r *walletv1.IssueRewardRequest) { r.AmountMinor = -1 },
		"currency":       func(r *walletv1.IssueRewardRequest) { r.Currency = "inr" },
		"hold_period":    func(r *walletv1.IssueRewardRequest) { r.HoldPeriod = durationpb.New(-time.Second) },
	} {
		t.Run(field, func(t *testing.T) {
			request := issueRequest(1)
			change(request)
			_, err := client.IssueReward(w.system(t), request)
			wantStatus(t, err, codes.InvalidArgument, "", field)
		})
	}
	got, err := client.Reconcile(w.system(t), &walletv1.ReconcileRequest{})
	must(t, err)
	if got.GetPostings() != 0 || !got.GetVerified() || !got.GetZeroSum() {
		t.Fatalf("bad requests left %v", got)
	}
}

func TestM4_RewardIsIssuedReleasedAndReversedOverTheWire(t *testing.T) {
	w := serve(t)
	client, ctx := walletv1.NewWalletServiceClient(w.conn), w.system(t)
	first, err := client.IssueReward(ctx, issueRequest(1))
	must(t, err)
	p := first.GetPosting()
	if first.GetReplayed() || p.GetKind() != walletv1.PostingKind_POSTING_KIND_REWARD_HELD || p.GetSource() != "budget/p1" ||
		p.GetDestination() != "user/ann/held" || p.GetHeldAfterMinor() != 5000 || len(p.GetHash()) != 64 ||
		!p.GetReleaseAt().AsTime().Equal(p.GetPostedAt().AsTime().Add(time.Hour)) {
		t.Fatalf("got %v", first)
	}
	again, err := client.IssueReward(ctx, issueRequest(1))
	must(t, err)
	if !again.GetReplayed() || !proto.Equal(again.GetPosting(), p) {
		t.Fatalf("replayed %v", again)
	}
	other := issueRequest(1)
	other.BeneficiaryId = "bob"
	_, err = client.IssueReward(ctx, other)
	wantStatus(t, err, codes.AlreadyExists, command.ReasonReused, "")

	release := &walletv1.ReleaseRewardRequest{
		CommandId: "release/" + p.GetCommandId(), RewardId: p.GetCommandId(), BeneficiaryId: "ann", Currency: "INR",
	}
	_, err = client.ReleaseReward(ctx, release)
	wantStatus(t, err, codes.FailedPrecondition, "HOLD_NOT_OVER", "")
	w.clock.Advance(time.Hour)
	ctx = w.system(t)
	released, err := client.ReleaseReward(ctx, release)
	must(t, err)
	releasedAgain, err := client.ReleaseReward(ctx, release)
	must(t, err)
	if released.GetReplayed() || !releasedAgain.GetReplayed() || !proto.Equal(released.GetPosting(), releasedAgain.GetPosting()) ||
		released.GetPosting().GetPreviousHash() != p.GetHash() {
		t.Fatalf("got %v, then %v", released, releasedAgain)
	}
	reversed, err := client.ReverseReward(ctx, &walletv1.ReverseRewardRequest{
		CommandId: "reverse/" + p.GetCommandId(), RewardId: p.GetCommandId(), BeneficiaryId: "ann", Currency: "INR", Reason: "REFUND",
	})
	must(t, err)
	if reversed.GetReplayed() || reversed.GetPosting().GetKind() != walletv1.PostingKind_POSTING_KIND_REVERSAL {
		t.Fatalf("got %v", reversed)
	}
	verified, err := client.VerifyAccount(ctx, &walletv1.VerifyAccountRequest{UserId: "ann", Currency: "INR"})
	must(t, err)
	if !verified.GetVerified() || verified.GetPostings() != 3 {
		t.Fatalf("got %v", verified)
	}
	chains, err := commonv1.NewOperationsServiceClient(w.conn).VerifyChains(ctx, &commonv1.VerifyChainsRequest{Service: wallet.Name})
	must(t, err)
	if !chains.GetVerified() || chains.GetEntries() != 7 { // the programme, three postings, three budget lines
		t.Fatalf("got %v", chains)
	}
}

func TestPostingsAreListedPageByPage(t *testing.T) {
	w := serve(t)
	client, ctx := walletv1.NewWalletServiceClient(w.conn), w.system(t)
	for n := range 5 {
		_, err := client.IssueReward(ctx, issueRequest(n))
		must(t, err)
	}
	ann := w.as(t, "ann", access.RoleUser)
	request := &walletv1.ListPostingsRequest{UserId: "ann", Currency: "INR", PageSize: 2}
	var seqs []int64
	for {
		answer, err := client.ListPostings(ann, request)
		must(t, err)
		for _, p := range answer.GetPostings() {
			seqs = append(seqs, p.GetSeq())
		}
		if request.PageToken = answer.GetNextPageToken(); request.GetPageToken() == "" {
			break
		}
		other := &walletv1.ListPostingsRequest{UserId: "ann", Currency: "USD", PageToken: request.GetPageToken()}
		_, err = client.ListPostings(ann, other)
		wantStatus(t, err, codes.InvalidArgument, page.ReasonTokenInvalid, "page_token")
	}
	if fmt.Sprint(seqs) != "[5 4 3 2 1]" {
		t.Fatalf("got %v", seqs)
	}
}
