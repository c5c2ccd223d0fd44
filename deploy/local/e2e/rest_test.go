package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// object is a JSON object.
type object map[string]any

// at follows names and positions into nested objects and arrays; nil when there is nothing.
func at(value any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			fields, _ := value.(map[string]any)
			value = fields[step]
		case int:
			list, _ := value.([]any)
			if step >= len(list) {
				return nil
			}
			value = list[step]
		}
	}
	return value
}

// answer is what REST answered.
type answer struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

func (a answer) at(path ...any) any { return at(a.body, path...) }

// reason returns that of the google.rpc.ErrorInfo.
func (a answer) reason() string {
	details, _ := a.at("details").([]any)
	for _, detail := range details {
		if reason, ok := at(detail, "reason").(string); ok {
			return reason
		}
	}
	return ""
}

// field returns the first field that the google.rpc.BadRequest names.
func (a answer) field() string {
	details, _ := a.at("details").([]any)
	for _, detail := range details {
		if field, ok := at(detail, "field_violations", 0, "field").(string); ok {
			return field
		}
	}
	return ""
}

// browser is a client that keeps no connection, so that none outlives a suite.
var browser = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// rest sends a request; body is nil, a string that is sent as it is, or something to encode. headers are pairs.
func (w world) rest(t *testing.T, method, path, token string, body any, headers ...string) answer {
	t.Helper()
	got, err := w.send(t.Context(), method, path, token, body, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// send is rest for goroutines that are not the test's own.
func (w world) send(ctx context.Context, method, path, token string, body any, headers ...string) (answer, error) {
	payload, err := encode(body)
	if err != nil {
		return answer{}, err
	}
	request, err := http.NewRequestWithContext(ctx, method, w.RESTURL+path, bytes.NewReader(payload))
	if err != nil {
		return answer{}, err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return do(request)
}

func encode(body any) ([]byte, error) {
	switch body := body.(type) {
	case nil:
		return nil, nil
	case string:
		return []byte(body), nil
	default:
		return json.Marshal(body)
	}
}

func do(request *http.Request) (answer, error) {
	response, err := browser.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: response.StatusCode, header: response.Header, text: string(raw)}
	if strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(raw, &a.body); err != nil {
			return answer{}, fmt.Errorf("%s %s: %w in %s", request.Method, request.URL, err, raw)
		}
	}
	return a, nil
}

// must sends a request that has to succeed.
func (w world) must(t *testing.T, method, path, token string, body any, headers ...string) answer {
	t.Helper()
	a := w.rest(t, method, path, token, body, headers...)
	if a.status != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, path, a.status, a.text)
	}
	return a
}

// publish makes a programme without hold that pays both sides; a small ladder makes tiers quick to reach.
func (w world) publish(t *testing.T, program string, terms object) {
	t.Helper()
	admin := w.token(t, "admin", "ADMIN")
	w.must(t, http.MethodPost, "/v1/programs", admin, object{"program_id": program, "name": "E2E", "terms": terms})
	w.must(t, http.MethodPost, "/v1/programs/"+program+"/versions", admin, object{})
}

// smallTerms pay the referrer ₹10 as BRONZE and ₹20 as SILVER, which two referrals and a bonus of ₹70 make, and the
// referee ₹5.
func smallTerms(hold string) object {
	return object{
		"hold_period": hold,
		"ladder": object{"tiers": []object{
			{"name": "BRONZE", "threshold": 0, "reward_minor": 1000},
			{"name": "SILVER", "threshold": 2, "reward_minor": 2000, "bonus_minor": 7000},
		}},
		"stage_rewards": []object{{"stage": "STAGE_COMPLETED", "side": "SIDE_REFEREE", "amount_minor": 500}},
	}
}

// settled waits until no service has a command due, and fails when one was parked.
func (w world) settled(t *testing.T) {
	t.Helper()
	admin := w.token(t, "admin", "ADMIN")
	eventually(t, func() string {
		for _, name := range []string{"referral", "wallet", "tier", "fraud", "leaderboard"} {
			b := w.must(t, http.MethodGet, "/v1/operations/"+name+"/backlog", admin, nil)
			if b.at("parked") != "0" {
				t.Fatalf("%s parked a command: %s", name, b.text)
			}
			if b.at("pending") != "0" {
				return name + " has commands pending: " + b.text
			}
		}
		return ""
	})
}
