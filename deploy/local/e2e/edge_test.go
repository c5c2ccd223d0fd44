package e2e_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
)

func TestE2E_IdempotencyKeyGivesTheFirstAnswerAgain(t *testing.T) {
	program, key, owner, other := unique("keys"), unique("key"), unique("ann"), unique("bob")
	shared.publish(t, program, smallTerms("0s"))
	ann, bob := shared.token(t, owner, "USER"), shared.token(t, other, "USER")
	codes := "/v1/programs/" + program + "/codes"

	first := shared.must(t, http.MethodPost, codes, ann, object{"owner_id": owner}, "Idempotency-Key", key)
	again := shared.must(t, http.MethodPost, codes, ann, object{"owner_id": owner}, "Idempotency-Key", key)
	if first.at("code", "code") != again.at("code", "code") || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("first %s, again %s with Idempotency-Replayed %q", first.text, again.text, again.header.Get("Idempotency-Replayed"))
	}
	if first.header.Get("Idempotency-Replayed") != "" {
		t.Error("the first answer says that it is a repetition")
	}
	next := shared.must(t, http.MethodPost, codes, ann, object{"owner_id": owner}, "Idempotency-Key", key+"-2")
	if next.at("code", "code") == first.at("code", "code") {
		t.Error("another key gave the same code")
	}
	reused := shared.rest(t, http.MethodPost, codes, ann, object{"owner_id": other}, "Idempotency-Key", key)
	if reused.status != http.StatusUnprocessableEntity || reused.reason() != "IDEMPOTENCY_KEY_REUSED" {
		t.Errorf("another request under the key: %d %s", reused.status, reused.text)
	}
	bobs := shared.must(t, http.MethodPost, codes, bob, object{"owner_id": other}, "Idempotency-Key", key)
	if bobs.at("code", "owner_id") != other {
		t.Errorf("another caller's answer was given: %s", bobs.text)
	}
}

func TestE2E_ReflectionListsAllServices(t *testing.T) {
	stream, err := reflectionv1.NewServerReflectionClient(dial(t, shared.EdgeAddr)).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	request := &reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{ListServices: "*"}}
	if err := stream.Send(request); err != nil {
		t.Fatal(err)
	}
	response, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, service := range response.GetListServicesResponse().GetService() {
		names = append(names, service.GetName())
	}
	for _, want := range []string{
		"refersuite.referral.v1.ReferralService", "refersuite.wallet.v1.WalletService", "refersuite.tier.v1.TierService",
		"refersuite.fraud.v1.FraudService", "refersuite.leaderboard.v1.LeaderboardService", "refersuite.common.v1.OperationsService",
	} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is not among %q", want, names)
		}
	}
	if err := stream.CloseSend(); err != nil {
		t.Error(err)
	}
}

func TestE2E_PagesOfTheEdge(t *testing.T) {
	if got := shared.must(t, http.MethodGet, "/healthz", "", nil); got.text == "" {
		t.Error("/healthz says nothing")
	}
	ready := shared.must(t, http.MethodGet, "/readyz", "", nil)
	for _, name := range []string{"referral", "wallet", "tier", "fraud", "leaderboard"} {
		if !strings.Contains(ready.text, name) {
			t.Errorf("/readyz does not name %s: %s", name, ready.text)
		}
	}
	docs := shared.must(t, http.MethodGet, "/docs", "", nil)
	if !strings.HasPrefix(docs.header.Get("Content-Type"), "text/html") {
		t.Errorf("/docs is %s", docs.header.Get("Content-Type"))
	}
	var openapi struct {
		Paths map[string]any `json:"paths"`
	}
	document := shared.must(t, http.MethodGet, "/openapi.json", "", nil)
	if err := json.Unmarshal([]byte(document.text), &openapi); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/v1/programs", "/v1/referrals", "/v1/events", "/v1/users/{user_id}/balance"} {
		if openapi.Paths[path] == nil {
			t.Errorf("/openapi.json does not describe %s", path)
		}
	}
}

func TestE2E_OperatorsSeeMetricsAndHealth(t *testing.T) {
	shared.must(t, http.MethodGet, "/v1/programs", shared.token(t, "admin", "ADMIN"), nil) // calls are counted from the first one on
	for path, part := range map[string]string{"/metrics": "rpc_server", "/healthz": "", "/readyz": ""} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, shared.OpsURL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := do(request)
		if err != nil {
			t.Fatal(err)
		}
		if got.status != http.StatusOK || !strings.Contains(got.text, part) {
			t.Errorf("%s: %d, without %q", path, got.status, part)
		}
	}
}

func TestE2E_UnknownRoutesAreRefusedInTheFormOfErrors(t *testing.T) {
	admin := shared.token(t, "admin", "ADMIN")
	for name, test := range map[string]struct {
		method, path string
		status       int
		reason       string
	}{
		"no route":        {http.MethodGet, "/v1/nothing", http.StatusNotFound, "ROUTE_NOT_FOUND"},
		"other method":    {http.MethodDelete, "/v1/programs", http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED"},
		"no such service": {http.MethodGet, "/v1/operations/payroll/backlog", http.StatusBadRequest, ""},
		"internal RPC":    {http.MethodPost, "/refersuite.wallet.v1.WalletService/IssueReward", http.StatusNotFound, "ROUTE_NOT_FOUND"},
	} {
		t.Run(name, func(t *testing.T) {
			got := shared.rest(t, test.method, test.path, admin, nil)
			if got.status != test.status || got.reason() == "" || test.reason != "" && got.reason() != test.reason {
				t.Errorf("%d %s", got.status, got.text)
			}
		})
	}
}
