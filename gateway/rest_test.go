package gateway_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc/metadata"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/otelx"
	"github.com/refersuite/refersuite/pkg/testkit"
	referralv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
)

func TestAnswersShowZeroValuesAndLeaveOutUnsetMessages(t *testing.T) {
	s := newSuite(t, nil)
	got := s.do("GET", "/v1/codes/nope", "")
	if got.status != http.StatusOK || got.body["valid"] != false || got.body["code"] != "" {
		t.Fatalf("got %d %s", got.status, got.raw)
	}
	got = s.do("POST", "/v1/referrals", `{"code":"A","referee_id":"ann"}`, s.as("ann", access.RoleUser))
	referral, _ := got.body["referral"].(map[string]any)
	if referral["status"] != "REFERRAL_STATUS_PENDING" || referral["revision"] != "1" || got.body["replayed"] != false {
		t.Fatalf("got %s", got.raw)
	}
	if _, present := referral["completed_at"]; present {
		t.Errorf("a time that is not known must be absent: %s", got.raw)
	}
	if history, ok := referral["history"].([]any); !ok || len(history) != 0 {
		t.Errorf("an empty list must be there: %s", got.raw)
	}
}

func TestOperationsGoToTheServiceTheyName(t *testing.T) {
	s := newSuite(t, nil)
	for name, want := range map[string]string{"referral": "1", "wallet": "2", "tier": "3", "fraud": "4", "leaderboard": "5"} {
		if got := s.do("GET", "/v1/operations/"+name+"/backlog", "", s.admin()); got.body["pending"] != want {
			t.Errorf("%s: got %s", name, got.raw)
		}
	}
}

func TestCallerAndRequestIDReachTheService(t *testing.T) {
	s := newSuite(t, nil)
	token := s.token("ann", access.RoleUser)
	got := s.do("GET", "/v1/codes/abcd", "", header("Authorization", "Bearer "+token), header("X-Request-Id", "req-1"),
		header("X-Forwarded-For", "6.6.6.6"), header("Grpc-Metadata-X-Edge-Authorization", "Bearer forged"))
	seen := s.referrals.seen()
	if got.header.Get("X-Request-Id") != "req-1" || strings.Join(seen.Get("x-request-id"), "") != "req-1" {
		t.Errorf("request id: answered %q, service saw %q", got.header.Get("X-Request-Id"), seen.Get("x-request-id"))
	}
	if strings.Join(seen.Get("authorization"), "") != "Bearer "+token {
		t.Error("the token did not reach the service as it was")
	}
	if strings.Join(seen.Get("x-forwarded-for"), "") != "192.0.2.1" {
		t.Errorf("forwarded for: %q", seen.Get("x-forwarded-for"))
	}
	if edge := seen.Get("x-edge-authorization"); len(edge) != 1 || strings.Contains(edge[0], "forged") {
		t.Errorf("edge token: %d values", len(edge))
	}
}

func TestTrustedProxyTellsTheAddress(t *testing.T) {
	s := newSuite(t, map[string]string{"TRUST_FORWARDED": "true"})
	s.do("GET", "/v1/codes/abcd", "", header("X-Forwarded-For", "6.6.6.6, 203.0.113.9"))
	if got := strings.Join(s.referrals.seen().Get("x-forwarded-for"), ""); got != "203.0.113.9" {
		t.Fatalf("got %q", got)
	}
}

func TestRequestIDIsMadeWhenTheCallersIsNotSane(t *testing.T) {
	s := newSuite(t, nil)
	for _, id := range []string{"", "a b", strings.Repeat("x", 200)} {
		if got := s.do("GET", "/v1/codes/abcd", "", header("X-Request-Id", id)).header.Get("X-Request-Id"); got == "" || got == id {
			t.Errorf("%q became %q", id, got)
		}
	}
}

func TestWhereNoTokenIsNeededABadOneIsAsGoodAsNone(t *testing.T) {
	s := newSuite(t, nil)
	got := s.do("GET", "/v1/codes/abcd", "", header("Authorization", "Bearer stale.stale.stale"))
	if got.status != http.StatusOK || len(s.referrals.seen().Get("authorization")) != 0 {
		t.Fatalf("got %d %s", got.status, got.raw)
	}
}

func TestBrowsersOfAllowedOriginsMayCall(t *testing.T) {
	preflight := []option{header("Access-Control-Request-Method", "POST"), header("Access-Control-Request-Headers", "authorization")}
	for name, test := range map[string]struct {
		setting, origin string
		allowed         bool
	}{
		"listed":     {"https://app.example.com", "https://app.example.com", true},
		"not listed": {"https://app.example.com", "https://evil.example.com", false},
		"everybody":  {"*", "https://any.example.com", true},
		"nobody":     {"", "https://app.example.com", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSuite(t, map[string]string{"CORS_ALLOWED_ORIGINS": test.setting})
			want := ""
			if test.allowed {
				want = test.origin
			}
			got := s.do("OPTIONS", "/v1/referrals", "", append(preflight, header("Origin", test.origin))...)
			if got.status != http.StatusNoContent || got.header.Get("Access-Control-Allow-Origin") != want {
				t.Errorf("preflight: %d %v", got.status, got.header)
			}
			if allows := strings.Contains(got.header.Get("Access-Control-Allow-Headers"), "Idempotency-Key"); allows != test.allowed {
				t.Errorf("preflight headers: %v", got.header)
			}
			got = s.do("GET", "/v1/codes/abcd", "", header("Origin", test.origin))
			if got.header.Get("Access-Control-Allow-Origin") != want || got.header.Get("Vary") != "Origin" {
				t.Errorf("request: %v", got.header)
			}
		})
	}
}

func TestAnswersCarrySecurityHeaders(t *testing.T) {
	s := newSuite(t, nil)
	for _, path := range []string{"/v1/codes/abcd", "/docs", "/nowhere"} {
		got := s.do("GET", path, "")
		for _, name := range []string{"X-Content-Type-Options", "X-Frame-Options", "Content-Security-Policy", "Referrer-Policy", "Cache-Control"} {
			if got.header.Get(name) == "" {
				t.Errorf("%s has no %s", path, name)
			}
		}
	}
}

func TestDocumentationIsServedFromTheProcess(t *testing.T) {
	s := newSuite(t, nil)
	if got := s.do("GET", "/", ""); got.status != http.StatusFound || got.header.Get("Location") != "/docs" {
		t.Errorf("/: %d %v", got.status, got.header)
	}
	page := s.do("GET", "/docs", "")
	for _, file := range []string{"/docs/app.js", "/docs/style.css", "/docs/icon.svg", "/openapi.json"} {
		if got := s.do("GET", file, ""); got.status != http.StatusOK || got.raw == "" {
			t.Errorf("%s: %d", file, got.status)
		}
		if file != "/openapi.json" && !strings.Contains(page.raw, file) {
			t.Errorf("the page does not use %s", file)
		}
	}
	if strings.Contains(page.raw, "://") {
		t.Error("the page loads something from elsewhere")
	}
	tag := page.header.Get("ETag")
	if got := s.do("GET", "/docs", "", header("If-None-Match", tag)); got.status != http.StatusNotModified {
		t.Errorf("unchanged page: %d", got.status)
	}
}

func TestEveryDocumentedOperationIsServed(t *testing.T) {
	s := newSuite(t, nil)
	var document struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	check(t, json.Unmarshal([]byte(s.do("GET", "/openapi.json", "").raw), &document))
	if len(document.Paths) < 30 {
		t.Fatalf("only %d paths", len(document.Paths))
	}
	for path, verbs := range document.Paths {
		for verb := range verbs {
			// Without a token an operation that exists is refused or answered, never unknown.
			if got := s.do(strings.ToUpper(verb), strings.NewReplacer("{", "", "}", "").Replace(path), "{}"); got.status == 404 || got.status == 405 {
				t.Errorf("%s %s: %d %s", verb, path, got.status, got.raw)
			}
		}
	}
}

func TestReadinessNamesTheServiceThatIsAway(t *testing.T) {
	s := newSuite(t, nil)
	got := s.do("GET", "/readyz", "")
	checks, _ := got.body["checks"].(map[string]any)
	if got.status != http.StatusOK || len(checks) != 6 {
		t.Fatalf("got %d %s", got.status, got.raw)
	}
	s.stop["tier"]()
	got = s.do("GET", "/readyz", "")
	checks, _ = got.body["checks"].(map[string]any)
	if got.status != http.StatusServiceUnavailable || checks["tier"] == "ok" || checks["wallet"] != "ok" || strings.Contains(got.raw, "127.0.0.1") {
		t.Fatalf("got %d %s", got.status, got.raw)
	}
	if got := s.do("GET", "/healthz", ""); got.status != http.StatusOK {
		t.Fatalf("healthz: %d", got.status)
	}
}

func TestCallersWhoAreNotTrustedWithTracesGetOneOfOurs(t *testing.T) {
	const trace = "0af7651916cd43dd8448eb211c80319c"
	const parent = "00-" + trace + "-b7ad6b7169203331-00"
	for name, call := range map[string]func(*suite){
		"REST": func(s *suite) { s.do("GET", "/v1/codes/abcd", "", header("Traceparent", parent)) },
		"gRPC": func(s *suite) {
			ctx := metadata.AppendToOutgoingContext(s.t.Context(), "traceparent", parent)
			_, err := referralv1.NewReferralServiceClient(s.dial()).ValidateCode(ctx, &referralv1.ValidateCodeRequest{Code: "abcd"})
			check(s.t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			spans := testkit.Spans(t)
			telemetry := otelx.Discard()
			telemetry.TracerProvider = spans.Provider()
			t.Run("call", func(t *testing.T) { // every span has ended with the suite
				call(newSuiteWith(t, map[string]string{"TRUST_TRACEPARENT": "false"}, telemetry))
			})
			links := 0
			for _, span := range spans.Ended() {
				if span.SpanContext().TraceID().String() == trace {
					t.Errorf("%s is in the caller's trace", span.Name())
				}
				for _, link := range span.Links() {
					if link.SpanContext.TraceID().String() == trace {
						links++
					}
				}
			}
			if links != 1 {
				t.Errorf("%d spans are linked to the caller's trace, want 1", links)
			}
		})
	}
}

func TestSpansAreNamedByRouteAndContinueTheCallersTrace(t *testing.T) {
	spans := testkit.Spans(t)
	telemetry := otelx.Discard()
	telemetry.TracerProvider = spans.Provider()
	s := newSuiteWith(t, nil, telemetry)
	const trace = "0af7651916cd43dd8448eb211c80319c"
	s.do("GET", "/v1/codes/abcd", "", header("Traceparent", "00-"+trace+"-b7ad6b7169203331-01"))
	found := spans.Named("GET /v1/codes/{code}")
	if len(found) != 1 || found[0].SpanContext().TraceID().String() != trace {
		for _, span := range spans.Ended() {
			t.Logf("span %s", span.Name())
		}
		t.Fatalf("got %d spans", len(found))
	}
	for _, span := range spans.Ended() {
		if span.SpanContext().TraceID().String() != trace {
			t.Errorf("%s is in another trace", span.Name())
		}
	}
}
