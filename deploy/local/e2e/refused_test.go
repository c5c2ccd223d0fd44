package e2e_test

import (
	"net/http"
	"testing"
)

// TestE2E_RefusedRequestsChangeNothing sends what is wrong in every kind of way and then looks at what there is.
func TestE2E_RefusedRequestsChangeNothing(t *testing.T) {
	program, ann, bela := unique("refused"), unique("ann"), unique("bela")
	shared.publish(t, program, smallTerms("0s"))
	admin := shared.token(t, "admin", "ADMIN")
	created := shared.must(t, http.MethodPost, "/v1/referrals", admin, object{"program_id": program, "referrer_id": ann, "referee_id": bela})
	id, _ := created.at("referral", "referral_id").(string)
	event := func(more object) object {
		all := object{"event_id": "e", "referral_id": id, "type": "EVENT_TYPE_PURCHASE"}
		for name, value := range more {
			all[name] = value
		}
		return all
	}
	for name, test := range map[string]struct {
		path   string
		body   object
		status int
		reason string
	}{
		"self-referral":       {"/v1/referrals", object{"program_id": program, "referrer_id": ann, "referee_id": ann}, 400, "SELF_REFERRAL"},
		"cycle":               {"/v1/referrals", object{"program_id": program, "referrer_id": bela, "referee_id": ann}, 400, "REFERRAL_CYCLE"},
		"second referrer":     {"/v1/referrals", object{"program_id": program, "referrer_id": "eve", "referee_id": bela}, 409, "REFEREE_ALREADY_REFERRED"},
		"no such code":        {"/v1/referrals", object{"code": "NO-SUCH-CODE", "referee_id": ann}, 404, "CODE_NOT_FOUND"},
		"no such programme":   {"/v1/referrals", object{"program_id": "no-such", "referrer_id": ann, "referee_id": "x"}, 404, "PROGRAM_NOT_FOUND"},
		"existing customer":   {"/v1/referrals", object{"program_id": program, "referrer_id": ann, "referee_id": unique("old"), "customer_since": "2020-01-01T00:00:00Z"}, 400, "EXISTING_CUSTOMER"},
		"event in the future": {"/v1/events", event(object{"occurred_at": "2999-01-01T00:00:00Z"}), 400, "EVENT_IN_FUTURE"},
		"event of nobody":     {"/v1/events", object{"event_id": "e", "type": "EVENT_TYPE_PURCHASE"}, 400, "EVENT_TARGET_MISSING"},
		"event of a stranger": {"/v1/events", object{"event_id": "e", "program_id": program, "referee_id": "x", "type": "EVENT_TYPE_PURCHASE"}, 404, "REFERRAL_NOT_FOUND"},
		"negative revenue":    {"/v1/events", event(object{"amount_minor": -1}), 400, ""},
		"no such decision":    {"/v1/referrals/" + id + ":review", object{"reason": "x"}, 400, ""},
		"reserved code":       {"/v1/programs/" + program + "/vanity-codes", object{"owner_id": ann, "code": "admin"}, 400, "CODE_RESERVED"},
		"other terms":         {"/v1/programs", object{"program_id": program, "name": "E2E"}, 409, "PROGRAM_EXISTS"},
		"other currency":      {"/v1/programs/" + program + "/versions", object{"terms": object{"currency": "USD"}}, 400, "CURRENCY_FIXED"},
		"falling ladder": {
			"/v1/programs/" + program + "/versions",
			object{"terms": object{"ladder": object{"tiers": []object{{"name": "A", "threshold": 0}, {"name": "B", "threshold": 0}}}}}, 400, "TERMS_INVALID",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := shared.rest(t, http.MethodPost, test.path, admin, test.body)
			if got.status != test.status || got.reason() != test.reason && test.reason != "" || got.at("message") == "" {
				t.Errorf("%d %s", got.status, got.text)
			}
		})
	}
	shared.settled(t)
	stats := shared.must(t, http.MethodGet, "/v1/programs/"+program+"/referrers/"+ann+"/stats", admin, nil)
	if stats.at("total") != "1" || stats.at("pending") != "1" {
		t.Errorf("stats %s", stats.text)
	}
	now := shared.must(t, http.MethodGet, "/v1/referrals/"+id, admin, nil)
	if now.at("referral", "revision") != created.at("referral", "revision") {
		t.Errorf("the referral changed: %s", now.text)
	}
	if version := shared.must(t, http.MethodGet, "/v1/programs/"+program, admin, nil); version.at("program", "version") != "1" {
		t.Errorf("the programme changed: %s", version.text)
	}
	shared.expectAccount(t, ann, "0", nil)
}
