package e2e_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/refersuite/refersuite/deploy/local/internal/suite"
	"github.com/refersuite/refersuite/pkg/testkit"
)

// oneReferral is the main path, with every request sent twice: the answers are the same, and so is the money.
func oneReferral(t *testing.T, w world) {
	program := unique("main")
	referrer, first, second := unique("ann"), unique("bela"), unique("chetan")
	w.publish(t, program, smallTerms("0s"))
	w.publish(t, program, smallTerms("0s"))
	code := w.must(t, http.MethodPost, "/v1/programs/"+program+"/codes", w.token(t, referrer, "USER"),
		object{"owner_id": referrer}).at("code", "code")

	for _, referee := range []string{first, second} {
		w.complete(t, program, referee, object{"code": code, "referee_id": referee})
		w.settled(t)
	}
	w.expectAccount(t, referrer, "9000", []string{"1000", "1000", "7000"})
	w.expectAccount(t, first, "500", []string{"500"})
	w.expectAccount(t, second, "500", []string{"500"})
	w.expectStanding(t, program, referrer, "SILVER", "2")

	for range 2 {
		w.must(t, http.MethodPost, "/v1/events", w.token(t, "backend", "SYSTEM"),
			object{"event_id": "refund", "program_id": program, "referee_id": second, "type": "EVENT_TYPE_REFUND"})
	}
	w.settled(t)
	w.expectAccount(t, referrer, "8000", []string{"1000", "1000", "1000", "7000"})
	w.expectAccount(t, first, "500", []string{"500"})
	w.expectAccount(t, second, "0", []string{"500", "500"})
	w.expectStanding(t, program, referrer, "SILVER", "1")
	w.expectSound(t)
}

// complete creates a referral and tells of its events, each request twice.
func (w world) complete(t *testing.T, program, referee string, referral object) {
	t.Helper()
	own, backend := w.token(t, referee, "USER"), w.token(t, "backend", "SYSTEM")
	created := w.must(t, http.MethodPost, "/v1/referrals", own, referral)
	again := w.must(t, http.MethodPost, "/v1/referrals", own, referral)
	if again.at("replayed") != true || again.at("referral", "referral_id") != created.at("referral", "referral_id") {
		t.Errorf("the second sign-up answers %s", again.text)
	}
	for _, kind := range []string{"SIGNUP", "ACTIVITY", "PURCHASE"} {
		event := object{"event_id": "e-" + kind, "program_id": program, "referee_id": referee, "type": "EVENT_TYPE_" + kind}
		if got := w.must(t, http.MethodPost, "/v1/events", backend, event); got.at("replayed") != false {
			t.Errorf("the first %s answers %s", kind, got.text)
		}
		if got := w.must(t, http.MethodPost, "/v1/events", backend, event); got.at("replayed") != true {
			t.Errorf("the second %s answers %s", kind, got.text)
		}
	}
}

// expectAccount compares the available balance and the amounts of all postings, in ascending order.
func (w world) expectAccount(t *testing.T, user, available string, amounts []string) {
	t.Helper()
	own := w.token(t, user, "USER")
	balance := w.must(t, http.MethodGet, "/v1/users/"+user+"/balance?currency=INR", own, nil)
	if balance.at("available_minor") != available || balance.at("held_minor") != "0" {
		t.Errorf("%s has %s, want %s available", user, balance.text, available)
	}
	postings, _ := w.must(t, http.MethodGet, "/v1/users/"+user+"/postings?currency=INR", own, nil).at("postings").([]any)
	var got []string
	for _, posting := range postings {
		amount, _ := at(posting, "amount_minor").(string)
		got = append(got, amount)
	}
	slices.Sort(got)
	if !slices.Equal(got, amounts) {
		t.Errorf("%s has postings of %q, want %q", user, got, amounts)
	}
	verified := w.must(t, http.MethodGet, "/v1/users/"+user+"/account:verify?currency=INR", w.token(t, "admin", "ADMIN"), nil)
	if verified.at("verified") != true {
		t.Errorf("the account of %s: %s", user, verified.text)
	}
}

// expectStanding compares tier, count and score.
func (w world) expectStanding(t *testing.T, program, user, tier, completed string) {
	t.Helper()
	own := w.token(t, user, "USER")
	member := w.must(t, http.MethodGet, "/v1/programs/"+program+"/members/"+user, own, nil)
	if member.at("tier") != tier || member.at("completed") != completed {
		t.Errorf("member %s, want %s with %s", member.text, tier, completed)
	}
	rank := w.must(t, http.MethodGet, "/v1/programs/"+program+"/leaderboard/users/"+user, own, nil)
	if rank.at("row", "rank") != "1" || rank.at("row", "score") != completed {
		t.Errorf("rank %s, want 1 with %s", rank.text, completed)
	}
	top := w.must(t, http.MethodGet, "/v1/programs/"+program+"/leaderboard", own, nil)
	if top.at("rows", 0, "user_id") != user || top.at("rows", 1) != nil {
		t.Errorf("board %s", top.text)
	}
}

// expectSound reconciles the ledger and verifies the chains of all services.
func (w world) expectSound(t *testing.T) {
	t.Helper()
	admin := w.token(t, "admin", "ADMIN")
	ledger := w.must(t, http.MethodGet, "/v1/ledger:reconcile", admin, nil)
	if ledger.at("zero_sum") != true || ledger.at("verified") != true {
		t.Errorf("ledger %s", ledger.text)
	}
	for _, name := range suite.Names {
		chains := w.must(t, http.MethodGet, "/v1/operations/"+name+"/chains:verify", admin, nil)
		if chains.at("verified") != true {
			t.Errorf("chains of %s: %s", name, chains.text)
		}
	}
}

func TestE2E_OneReferralPaysOnceAndItsRefundTakesItBack(t *testing.T) { oneReferral(t, shared) }

func TestE2EStores_OneReferralPaysOnceAndItsRefundTakesItBack(t *testing.T) {
	oneReferral(t, start(t, kept(t)).stopAtEnd(t))
}

// kept returns the options of a suite on real stores; its databases are dropped at the end of the test.
func kept(t *testing.T) suite.Options {
	t.Helper()
	database := testkit.Mongo(t)
	environ := quiet()
	environ["MONGODB_URI"], environ["REDIS_URL"] = testkit.MongoURI(t), testkit.RedisURL(t)
	t.Cleanup(func() {
		for _, name := range suite.Names {
			own := database.Client().Database(database.Name() + "_" + name)
			if err := own.Drop(contextOf(t)); err != nil {
				t.Errorf("drop the database of %s: %v", name, err)
			}
		}
	})
	return suite.Options{Environ: environ, DatabasePrefix: database.Name(), KeyFile: t.TempDir() + "/key.json"}
}
