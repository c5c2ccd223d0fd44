package e2e_test

import (
	"net/http"
	"sync"
	"testing"

	"google.golang.org/grpc"

	referralv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
)

// TestR3_E2E_ConcurrentDuplicatesPayOnce lets twenty callers tell the same story at the same moment, half of them over
// REST and half over gRPC.
func TestR3_E2E_ConcurrentDuplicatesPayOnce(t *testing.T) {
	const callers = 20
	program, referrer, referee := unique("race"), unique("ann"), unique("bela")
	shared.publish(t, program, smallTerms("0s"))
	backend := shared.token(t, "backend", "SYSTEM")
	client := referralv1.NewReferralServiceClient(dial(t, shared.EdgeAddr))
	ctx := bearer(t, backend)
	overGRPC := func() error {
		_, err := client.CreateReferral(ctx, &referralv1.CreateReferralRequest{ProgramId: program, ReferrerId: referrer, RefereeId: referee},
			grpc.WaitForReady(true))
		if err == nil {
			_, err = client.RecordEvent(ctx, &referralv1.RecordEventRequest{
				EventId: "e", ProgramId: program, RefereeId: referee, Type: referralv1.EventType_EVENT_TYPE_PURCHASE,
			})
		}
		return err
	}
	together := make(chan struct{})
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			<-together
			var err error
			if i%2 == 0 {
				err = overGRPC()
			} else {
				err = shared.bought(t.Context(), program, backend, journey{referrer, referee})
			}
			if err != nil {
				t.Errorf("caller %d: %v", i, err)
			}
		})
	}
	close(together)
	all.Wait()
	shared.settled(t)
	shared.expectAccount(t, referrer, "1000", []string{"1000"})
	shared.expectAccount(t, referee, "500", []string{"500"})
	shared.expectStanding(t, program, referrer, "BRONZE", "1")
}

// TestR6_E2E_OneReferrerWinsTheRaceForAReferee lets ten referrers claim one person at the same moment.
func TestR6_E2E_OneReferrerWinsTheRaceForAReferee(t *testing.T) {
	const rivals = 10
	program, referee := unique("rivals"), unique("bela")
	shared.publish(t, program, smallTerms("0s"))
	backend := shared.token(t, "backend", "SYSTEM")
	answers := make([]answer, rivals)
	together := make(chan struct{})
	var all sync.WaitGroup
	for i := range rivals {
		all.Go(func() {
			<-together
			var err error
			answers[i], err = shared.send(t.Context(), http.MethodPost, "/v1/referrals", backend,
				object{"program_id": program, "referrer_id": person("ann", program, i), "referee_id": referee})
			if err != nil {
				t.Error(err)
			}
		})
	}
	close(together)
	all.Wait()
	won := 0
	for i, got := range answers {
		listed := shared.must(t, http.MethodGet, "/v1/programs/"+program+"/referrers/"+person("ann", program, i)+"/referrals", backend, nil)
		has := listed.at("referrals", 0, "referee_id") == referee
		switch {
		case got.status == http.StatusOK && has:
			won++
		case got.status == http.StatusConflict && got.reason() == "REFEREE_ALREADY_REFERRED" && !has:
		default:
			t.Errorf("rival %d: %d %s, listed: %v", i, got.status, got.text, has)
		}
	}
	if won != 1 {
		t.Errorf("%d rivals won", won)
	}
}
