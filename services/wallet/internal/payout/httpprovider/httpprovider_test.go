package httpprovider_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
	"github.com/refersuite/refersuite/services/wallet/internal/payout/httpprovider"
)

func TestMain(m *testing.M) { testkit.MainNoLeaks(m) }

var (
	noon   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	secret = []byte("a secret of sixteen bytes or more")
	order  = app.Payout{RequestedAt: noon, RedemptionOrder: domain.RedemptionOrder{
		ID: "x1", UserID: "ann", Amount: 123450, Currency: "INR", Destination: "upi:ann-7"}}
)

// serve returns a provider in front of a handler.
func serve(t *testing.T, timeout time.Duration, handler http.HandlerFunc) *httpprovider.Provider {
	t.Helper()
	server := httptest.NewServer(handler)
	p := httpprovider.New(server.URL+"/v1/payouts", secret, timeout, clock.NewFake(noon), &http.Transport{})
	t.Cleanup(func() { p.Close(); server.Close() })
	return p
}

func TestHTTP_RequestIsSignedAndNamesItsKey(t *testing.T) {
	var got map[string]any
	p := serve(t, time.Minute, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(body, &got) != nil {
			t.Errorf("body %q, %v", body, err)
		}
		if r.Method != http.MethodPost || r.URL.Path != "/v1/payouts" || r.Header.Get("Idempotency-Key") != "x1" ||
			r.Header.Get("X-Refersuite-Timestamp") != "1772366400" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("got %s %s %v", r.Method, r.URL, r.Header)
		}
		if want := httpprovider.Sign(secret, noon.Unix(), "x1", body); r.Header.Get("X-Refersuite-Signature") != want {
			t.Errorf("signature %s, want %s", r.Header.Get("X-Refersuite-Signature"), want)
		}
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"reference":"po_1","status":"ACCEPTED","more":1}`)
	})
	receipt, err := p.Submit(t.Context(), order)
	if err != nil || receipt != (app.PayoutReceipt{Reference: "po_1"}) || p.Name() != "http" {
		t.Fatalf("got %+v, %v", receipt, err)
	}
	want := map[string]any{"redemption_id": "x1", "user_id": "ann", "amount_minor": 123450.0, "currency": "INR", "destination": "upi:ann-7", "requested_at": "2026-03-01T12:00:00Z"}
	if len(got) != len(want) {
		t.Fatalf("sent %v", got)
	}
	for field, value := range want {
		if got[field] != value {
			t.Errorf("%s is %v, want %v", field, got[field], value)
		}
	}
}

// TestHTTP_SignatureOfTheDocumentation pins the worked example of the README, which openssl computes too.
func TestHTTP_SignatureOfTheDocumentation(t *testing.T) {
	got := httpprovider.Sign([]byte("a-secret-of-16-bytes-or-more"), 1772366400, "x1", []byte(`{"redemption_id":"x1"}`))
	if want := "v1=3d591267329ded419ef2d8c31af44b7db25bac0f58a4c39b24b8afba8a4c16ec"; got != want {
		t.Errorf("got %s", got)
	}
}

func TestHTTP_AnswersAreJudged(t *testing.T) {
	const refused, again = "refused", "again"
	for name, tc := range map[string]struct {
		status int
		body   string
		want   string // refused, again, or the reference
		reason string
	}{
		"accepted":           {200, `{"reference":"po_1","status":"ACCEPTED"}`, "po_1", ""},
		"no status":          {201, `{"reference":"po_1"}`, "po_1", ""},
		"no body":            {204, ``, "", ""},
		"paid":               {200, `{"reference":"po_1","status":"PAID"}`, "po_1", ""},
		"dirty reference":    {200, `{"reference":"po\u0000_\n1\u00e9"}`, "po_1", ""},
		"failed":             {200, `{"status":"FAILED","reason":"CLOSED"}`, refused, "CLOSED"},
		"failed, no reason":  {200, `{"status":"FAILED"}`, refused, "UNSPECIFIED"},
		"unknown status":     {200, `{"status":"MAYBE"}`, again, ""},
		"not JSON":           {200, `<html>`, again, ""},
		"too long":           {200, `{"reference":"` + strings.Repeat("x", 70000) + `"}`, again, ""},
		"bad request":        {400, `{"reason":"UNKNOWN_DESTINATION"}`, refused, "UNKNOWN_DESTINATION"},
		"unprocessable":      {422, `nonsense`, refused, "HTTP_422"},
		"gone":               {410, ``, refused, "HTTP_410"},
		"not authenticated":  {401, `{"reason":"X"}`, again, ""},
		"forbidden":          {403, ``, again, ""},
		"wrong address":      {404, ``, again, ""},
		"conflict":           {409, ``, again, ""},
		"too early":          {425, ``, again, ""},
		"too many":           {429, ``, again, ""},
		"redirect":           {302, ``, again, ""},
		"server error":       {500, `{"status":"PAID"}`, again, ""},
		"gateway timed out":  {504, ``, again, ""},
		"long reason is cut": {400, `{"reason":"` + strings.Repeat("y", 500) + `"}`, refused, strings.Repeat("y", 128)},
	} {
		t.Run(name, func(t *testing.T) {
			p := serve(t, time.Minute, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.body)
			})
			receipt, err := p.Submit(t.Context(), order)
			var no *app.PayoutRefusedError
			switch tc.want {
			case refused:
				if !errors.As(err, &no) || no.Reason != tc.reason {
					t.Errorf("got %+v, %v", receipt, err)
				}
			case again:
				if errs.Reason(err) != httpprovider.ReasonUndecided {
					t.Errorf("got %+v, %v", receipt, err)
				}
			default:
				if err != nil || receipt.Reference != tc.want || receipt.Paid != (name == "paid") {
					t.Errorf("got %+v, %v", receipt, err)
				}
			}
		})
	}
}

func TestHTTP_RetryAfterIsKeptAndBounded(t *testing.T) {
	for header, want := range map[string]time.Duration{"": 0, "7": 7 * time.Second, "-1": 0, "soon": 0, "99999999999": 0, "86400": time.Hour} {
		p := serve(t, time.Minute, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", header)
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		_, err := p.Submit(t.Context(), order)
		var e *errs.Error
		if header == "99999999999" {
			want = time.Hour
		}
		if !errors.As(err, &e) || e.RetryAfter != want {
			t.Errorf("%q: got %v", header, err)
		}
	}
}

func TestHTTP_ProviderThatHangsIsTriedAgain(t *testing.T) {
	arrived := make(chan struct{})
	p := serve(t, time.Minute, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		close(arrived)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	_, err := p.Submit(ctx, order)
	if errs.Reason(err) != httpprovider.ReasonUnreachable || !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
}

func TestHTTP_TimeoutEndsTheRequest(t *testing.T) {
	p := serve(t, time.Nanosecond, func(http.ResponseWriter, *http.Request) {})
	_, err := p.Submit(t.Context(), order)
	if errs.Reason(err) != httpprovider.ReasonUnreachable || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
}

func TestHTTP_ErrorsKeepTheAddressToThemselves(t *testing.T) {
	p := httpprovider.New("http://127.0.0.1:1/payouts?key=hidden", secret, time.Minute, clock.NewFake(noon), &http.Transport{})
	defer p.Close()
	if _, err := p.Submit(t.Context(), order); err == nil || strings.Contains(err.Error(), "hidden") || strings.Contains(err.Error(), "ann") {
		t.Fatalf("got %v", err)
	}
}

func TestHTTP_AddressMustBeEncryptedOrNear(t *testing.T) {
	for address, want := range map[string][2]bool{ // without and with plaintext allowed
		"https://payouts.example.com/v1": {true, true},
		"http://payouts.example.com/v1":  {false, true},
		"http://localhost:8081":          {true, true},
		"http://127.0.0.1:8081":          {true, true},
		"http://[::1]:8081":              {true, true},
		"http://localhost.example.com":   {false, true},
		"https://user:word@example.com":  {false, false},
		"ftp://example.com":              {false, false},
		"payouts.example.com":            {false, false},
		"":                               {false, false},
	} {
		for i, plaintext := range []bool{false, true} {
			if err := httpprovider.CheckAddress(address, plaintext); (err == nil) != want[i] {
				t.Errorf("%q, plaintext %v: got %v", address, plaintext, err)
			}
		}
	}
}
