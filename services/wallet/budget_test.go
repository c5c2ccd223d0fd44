package wallet_test

import (
	"strings"
	"testing"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/otelx"
	"github.com/refersuite/refersuite/pkg/page"
	"github.com/refersuite/refersuite/pkg/service"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet"
)

func setBudget(when walletv1.WhenExhausted, limits ...*walletv1.BudgetLimit) *walletv1.SetBudgetRequest {
	return &walletv1.SetBudgetRequest{ProgramId: "p1", Currency: "INR", Limits: limits, WhenExhausted: when}
}

func dayLimit(amount int64) *walletv1.BudgetLimit {
	return &walletv1.BudgetLimit{
		Scope: walletv1.BudgetScope_BUDGET_SCOPE_PROGRAM, Period: walletv1.BudgetPeriod_BUDGET_PERIOD_DAY, AmountMinor: amount,
	}
}

func TestM6_BudgetIsSetReachedAndToldOverTheWire(t *testing.T) {
	w := serve(t)
	client := walletv1.NewWalletServiceClient(w.conn)
	admin := w.as(t, "root", access.RoleAdmin)
	_, err := client.GetBudget(admin, &walletv1.GetBudgetRequest{ProgramId: "p1"})
	wantStatus(t, err, codes.NotFound, "BUDGET_NOT_FOUND", "")
	_, err = client.SetBudget(w.as(t, "ann", access.RoleUser), setBudget(0))
	wantStatus(t, err, codes.PermissionDenied, access.ReasonRoleRequired, "")
	_, err = client.SetBudget(admin, setBudget(0, dayLimit(1), dayLimit(2)))
	wantStatus(t, err, codes.InvalidArgument, "LIMIT_REPEATED", "limits")
	_, err = client.SetBudget(admin, setBudget(0, dayLimit(-1)))
	wantStatus(t, err, codes.InvalidArgument, "", "limits[0].amount_minor")
	strange := setBudget(0)
	strange.TimeZone = "Asia/Atlantis"
	_, err = client.SetBudget(admin, strange)
	wantStatus(t, err, codes.InvalidArgument, "TIME_ZONE_UNKNOWN", "time_zone")

	set, err := client.SetBudget(admin, setBudget(0, dayLimit(12_000)))
	must(t, err)
	b := set.GetBudget()
	if b.GetVersion() != 1 || b.GetWhenExhausted() != walletv1.WhenExhausted_WHEN_EXHAUSTED_REJECT ||
		b.GetClawback() != walletv1.Clawback_CLAWBACK_ALLOW_NEGATIVE || b.GetTimeZone() != "Asia/Kolkata" || b.GetUpdatedAt() == nil {
		t.Fatalf("got %v", b)
	}
	for n := range 2 {
		_, err = client.IssueReward(w.system(t), issueRequest(n))
		must(t, err)
	}
	_, err = client.IssueReward(w.system(t), issueRequest(2))
	wantStatus(t, err, codes.FailedPrecondition, "BUDGET_EXHAUSTED", "")
	if !strings.Contains(err.Error(), "leaves INR 20.00") {
		t.Fatalf("got %v", err)
	}
	got, err := client.GetBudget(admin, &walletv1.GetBudgetRequest{ProgramId: "p1"})
	must(t, err)
	use := got.GetBudget().GetLimits()[0]
	if got.GetBudget().GetReservedMinor() != 10_000 || use.GetUsedMinor() != 10_000 || use.GetLeftMinor() != 2000 ||
		use.GetPeriodEnd().AsTime().Sub(use.GetPeriodStart().AsTime()) != 24*time.Hour || len(got.GetBudget().GetWarnings()) != 2 {
		t.Fatalf("got %v", got)
	}
}

func TestM6_QueuedRewardIsPaidByItself(t *testing.T) {
	w := serve(t)
	client := walletv1.NewWalletServiceClient(w.conn)
	admin := w.as(t, "root", access.RoleAdmin)
	queue := walletv1.WhenExhausted_WHEN_EXHAUSTED_QUEUE
	_, err := client.SetBudget(admin, setBudget(queue, dayLimit(5000)))
	must(t, err)
	for n := range 4 {
		answer, err := client.IssueReward(w.system(t), issueRequest(n))
		must(t, err)
		if answer.GetQueued() != (n > 0) || (answer.GetPosting() == nil) != (n > 0) {
			t.Fatalf("reward %d: got %v", n, answer)
		}
	}
	request := &walletv1.ListQueuedRewardsRequest{ProgramId: "p1", PageSize: 2}
	first, err := client.ListQueuedRewards(admin, request)
	must(t, err)
	if len(first.GetRewards()) != 2 || first.GetRewards()[0].GetRewardId() != issueRequest(1).GetCommandId() {
		t.Fatalf("got %v", first)
	}
	request.PageToken = first.GetNextPageToken()
	second, err := client.ListQueuedRewards(admin, request)
	must(t, err)
	if len(second.GetRewards()) != 1 || second.GetNextPageToken() != "" {
		t.Fatalf("got %v", second)
	}
	_, err = client.ListQueuedRewards(admin, &walletv1.ListQueuedRewardsRequest{ProgramId: "p2", PageToken: request.GetPageToken()})
	wantStatus(t, err, codes.InvalidArgument, page.ReasonTokenInvalid, "page_token")
	reward := issueRequest(1).GetCommandId()
	_, err = client.ReleaseReward(w.system(t), &walletv1.ReleaseRewardRequest{
		CommandId: "release/" + reward, RewardId: reward, BeneficiaryId: "ann", Currency: "INR",
	})
	wantStatus(t, err, codes.FailedPrecondition, "REWARD_QUEUED", "")
	reversed, err := client.ReverseReward(w.system(t), &walletv1.ReverseRewardRequest{
		CommandId: "reverse/" + reward, RewardId: reward, BeneficiaryId: "ann", Currency: "INR", Reason: "REFUND",
	})
	must(t, err)
	if reversed.GetPosting() != nil || reversed.GetReplayed() {
		t.Fatalf("got %v", reversed)
	}

	set, err := client.SetBudget(admin, setBudget(queue, dayLimit(100_000)))
	must(t, err)
	if set.GetBudget().GetVersion() != 2 {
		t.Fatalf("got %v", set)
	}
	// The service looks at its queue by itself. Until it has, the reward can be issued as well.
	paid := issueRequest(2)
	paid.HoldPeriod = durationpb.New(time.Hour)
	answer, err := client.IssueReward(w.system(t), paid)
	must(t, err)
	if answer.GetQueued() || answer.GetPosting().GetAmountMinor() != 5000 {
		t.Fatalf("got %v", answer)
	}
	ctx := w.as(t, "root", access.RoleAdmin)
	for { // ends with the deadline of the test's context
		got, err := client.GetBudget(ctx, &walletv1.GetBudgetRequest{ProgramId: "p1"})
		must(t, err)
		if got.GetBudget().GetQueued() == 0 {
			if got.GetBudget().GetReservedMinor() != 15_000 {
				t.Fatalf("got %v", got)
			}
			return
		}
	}
}

func TestM6_WarningsAreMetrics(t *testing.T) {
	reader := sdk.NewManualReader()
	w, stop := start(t, func(_ *wallet.Config, parts *service.Parts) {
		telemetry := otelx.Discard()
		telemetry.MeterProvider = sdk.NewMeterProvider(sdk.WithReader(reader))
		parts.Telemetry = telemetry
	})
	defer stop()
	client := walletv1.NewWalletServiceClient(w.conn)
	_, err := client.SetBudget(w.as(t, "root", access.RoleAdmin), setBudget(0, dayLimit(6000)))
	must(t, err)
	for n := range 3 { // the others do not fit
		_, err = client.IssueReward(w.system(t), issueRequest(n))
		if n == 0 {
			must(t, err)
		}
	}
	var all metricdata.ResourceMetrics
	must(t, reader.Collect(t.Context(), &all))
	got := map[string]float64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					got[m.Name] += float64(p.Value)
				}
			case metricdata.Gauge[float64]:
				for _, p := range data.DataPoints {
					got[m.Name] = p.Value
				}
			}
		}
	}
	if got["refersuite.wallet.budget.warnings"] != 2 || got["refersuite.wallet.budget.exhausted"] != 2 || got["refersuite.wallet.budget.used_ratio"] != 5000.0/6000 {
		t.Fatalf("got %v", got)
	}
}
