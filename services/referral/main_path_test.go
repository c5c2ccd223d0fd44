package referral_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/otelx"
	"github.com/refersuite/refersuite/pkg/testkit"
	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
	referralv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
)

const program = "diwali"

// publish makes the programme: the default ladder, no hold.
func (w *world) publish() {
	w.t.Helper()
	terms := &referralv1.Terms{HoldPeriod: durationpb.New(0)}
	_, err := w.referrals.CreateProgram(w.admin(), &referralv1.CreateProgramRequest{ProgramId: program, Name: "Diwali", Terms: terms})
	must(w.t, err)
	published, err := w.referrals.PublishProgram(w.admin(), &referralv1.PublishProgramRequest{ProgramId: program})
	must(w.t, err)
	if v := published.GetProgram().GetVersion(); v != 1 {
		w.t.Fatalf("version is %d", v)
	}
}

func (w *world) drive(referrer, referee string) (string, error) {
	ctx := w.system()
	created, err := w.referrals.CreateReferral(ctx, &referralv1.CreateReferralRequest{ProgramId: program, ReferrerId: referrer, RefereeId: referee})
	if err != nil {
		return "", err
	}
	for _, kind := range []referralv1.EventType{referralv1.EventType_EVENT_TYPE_SIGNUP, referralv1.EventType_EVENT_TYPE_ACTIVITY,
		referralv1.EventType_EVENT_TYPE_PURCHASE} {
		if _, err := w.referrals.RecordEvent(ctx, &referralv1.RecordEventRequest{EventId: kind.String(), ProgramId: program,
			RefereeId: referee, Type: kind}); err != nil {
			return "", err
		}
	}
	return created.GetReferral().GetReferralId(), nil
}

func mainPath(t *testing.T, w *world) {
	t.Helper()
	w.publish()
	id, err := w.drive("asha", "ravi")
	must(t, err)
	w.settle()
	got, err := w.referrals.GetReferral(w.admin(), &referralv1.GetReferralRequest{ReferralId: id})
	must(t, err)
	if got.GetReferral().GetStatus() != referralv1.ReferralStatus_REFERRAL_STATUS_COMPLETED {
		t.Errorf("status is %s", got.GetReferral().GetStatus())
	}
	if len(got.GetReferral().GetHistory()) != 5 {
		t.Errorf("history: %v", got.GetReferral().GetHistory())
	}
	for _, p := range got.GetReferral().GetPayouts() {
		if p.GetState() != referralv1.PayoutState_PAYOUT_STATE_DONE {
			t.Errorf("payout %s is %s", p.GetCommandId(), p.GetState())
		}
	}
	if n := w.partners.Balance("asha"); n != 5000 {
		t.Errorf("balance is %d", n)
	}
	stats, err := w.referrals.GetUserStats(w.as("asha", access.RoleUser), &referralv1.GetUserStatsRequest{ProgramId: program, ReferrerId: "asha"})
	must(t, err)
	if stats.GetTotal() != 1 || stats.GetCompleted() != 1 || stats.GetConversionPerMille() != 1000 {
		t.Errorf("stats: %v", stats)
	}
	_, err = w.referrals.ApplyReviewDecision(w.admin(), &referralv1.ApplyReviewDecisionRequest{ReferralId: id,
		Decision: referralv1.ReviewDecision_REVIEW_DECISION_REJECT, Reason: "seen before"})
	must(t, err)
	w.settle()
	stats, err = w.referrals.GetUserStats(w.admin(), &referralv1.GetUserStatsRequest{ProgramId: program, ReferrerId: "asha"})
	must(t, err)
	if stats.GetCompleted() != 1 || stats.GetRejected() != 1 || stats.GetReversed() != 1 || stats.GetConversionPerMille() != 0 {
		t.Errorf("stats after the rejection: %v", stats)
	}
	verified, err := w.ops.VerifyChains(w.admin(), &commonv1.VerifyChainsRequest{Service: "referral"})
	must(t, err)
	if !verified.GetVerified() || verified.GetChains() != 1 {
		t.Errorf("chains: %v", verified)
	}
}

func TestMainPath_OverGRPCOnMemory(t *testing.T) {
	mainPath(t, newWorld(t, otelx.Discard(), nil, ""))
}

func TestMainPathStores_OverGRPC(t *testing.T) {
	db := testkit.Mongo(t)
	mainPath(t, newWorld(t, otelx.Discard(), db.Client(), db.Name()))
}

func TestRolesAndFieldsAreChecked(t *testing.T) {
	w := newWorld(t, otelx.Discard(), nil, "")
	w.publish()
	_, err := w.referrals.CreateProgram(w.as("asha", access.RoleUser), &referralv1.CreateProgramRequest{ProgramId: "x", Name: "x"})
	if errs.CodeOf(err) != errs.PermissionDenied {
		t.Errorf("a user created a programme: %v", err)
	}
	_, err = w.referrals.GetReferral(t.Context(), &referralv1.GetReferralRequest{ReferralId: "x"})
	if errs.CodeOf(err) != errs.Unauthenticated {
		t.Errorf("without a token: %v", err)
	}
	_, err = w.referrals.RecordEvent(w.system(), &referralv1.RecordEventRequest{EventId: "bad id", Type: referralv1.EventType_EVENT_TYPE_SIGNUP})
	if errs.CodeOf(err) != errs.InvalidArgument {
		t.Errorf("bad event id: %v", err)
	}
	_, err = w.referrals.RecordEvent(w.system(), &referralv1.RecordEventRequest{EventId: "e", Type: referralv1.EventType_EVENT_TYPE_SIGNUP})
	if errs.Reason(err) != "EVENT_TARGET_MISSING" {
		t.Errorf("no target: %v", err)
	}
}

// BenchmarkReferral drives whole referrals, stand-ins included, on memory or on the store at MONGODB_URI.
func BenchmarkReferral(b *testing.B) {
	b.Run("memory", func(b *testing.B) { benchmark(b, newWorld(b, otelx.Discard(), nil, "")) })
	b.Run("stores", func(b *testing.B) {
		db := testkit.Mongo(b)
		benchmark(b, newWorld(b, otelx.Discard(), db.Client(), db.Name()))
	})
}

func benchmark(b *testing.B, w *world) {
	b.Helper()
	w.publish()
	const callers = 64
	var next atomic.Int64
	var group sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for range callers {
		group.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if _, err := w.drive(fmt.Sprint("referrer", i%97), fmt.Sprint("referee", i)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	w.settle()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "referrals/s")
	b.StopTimer()
}
