// Package httpprovider is the payout provider behind an HTTP address: a signed request hands a payout over, and the provider
// tells what became of it in its answer, or later through the webhook ReceivePayoutEvent.
package httpprovider

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
)

// Name is the name of the provider.
const Name = "http"

// The headers of a request.
const (
	HeaderKey       = "Idempotency-Key"
	HeaderTimestamp = "X-Refersuite-Timestamp"
	HeaderSignature = "X-Refersuite-Signature"
)

const (
	// maxAnswer bounds what is read of an answer.
	maxAnswer = 64 << 10
	// maxText bounds a reference or a reason.
	maxText = 128
	// maxRetryAfter bounds how long a provider may put a payout off.
	maxRetryAfter = time.Hour
)

// The reasons of errors.
const (
	ReasonUnreachable = "PAYOUT_PROVIDER_UNREACHABLE"
	ReasonUndecided   = "PAYOUT_PROVIDER_UNDECIDED"
)

// Provider implements app.PayoutProvider.
type Provider struct {
	address string
	secret  []byte
	timeout time.Duration
	clock   clock.Clock
	client  *http.Client
}

// New returns a provider at an address, with the secret that signs requests. Timeout bounds one request.
func New(address string, secret []byte, timeout time.Duration, clk clock.Clock, transport http.RoundTripper) *Provider {
	return &Provider{address: address, secret: secret, timeout: timeout, clock: clk, client: &http.Client{
		Transport: transport,
		// The body of a redirected POST would be lost, and the signature is for one address.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Name returns "http".
func (p *Provider) Name() string { return Name }

// Close gives idle connections back.
func (p *Provider) Close() { p.client.CloseIdleConnections() }

// request is the body of a submission.
type request struct {
	RedemptionID string `json:"redemption_id"`
	UserID       string `json:"user_id"`
	AmountMinor  int64  `json:"amount_minor"`
	Currency     string `json:"currency"`
	Destination  string `json:"destination"`
	RequestedAt  string `json:"requested_at"`
}

// answer is the body of an answer.
type answer struct {
	Reference string `json:"reference"`
	Status    string `json:"status"`
	Reason    string `json:"reason"`
}

// Sign returns the signature of a request.
func Sign(secret []byte, timestamp int64, key string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "v1\n%d\n%s\n", timestamp, key)
	mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

// Submit sends a payout with its redemption as idempotency key. What the answer means stands at judge.
func (p *Provider) Submit(ctx context.Context, o app.Payout) (app.PayoutReceipt, error) {
	body, err := json.Marshal(request{
		RedemptionID: o.ID, UserID: o.UserID, AmountMinor: o.Amount, Currency: o.Currency, Destination: o.Destination,
		RequestedAt: o.RequestedAt.UTC().Format(time.RFC3339Nano),
	})
	if err != nil {
		return app.PayoutReceipt{}, fmt.Errorf("encode the payout: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, p.address, bytes.NewReader(body))
	if err != nil {
		return app.PayoutReceipt{}, errors.New("PAYOUT_URL cannot be called: check it")
	}
	timestamp := p.clock.Now().Unix()
	post.Header.Set("Content-Type", "application/json")
	post.Header.Set("Accept", "application/json")
	post.Header.Set("User-Agent", "refersuite-wallet")
	post.Header.Set(HeaderKey, o.ID)
	post.Header.Set(HeaderTimestamp, strconv.FormatInt(timestamp, 10))
	post.Header.Set(HeaderSignature, Sign(p.secret, timestamp, o.ID, body))
	response, err := p.client.Do(post)
	if err != nil {
		var cause *url.Error // without its address, which may hold a key
		if errors.As(err, &cause) {
			err = cause.Err
		}
		return app.PayoutReceipt{}, errs.New(errs.Unavailable, ReasonUnreachable, "the payout provider did not answer: %w", err)
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if closeErr := response.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil || len(content) > maxAnswer {
		return app.PayoutReceipt{}, undecided(response, "an answer that cannot be read")
	}
	return judge(response, content)
}

// judge says what an answer means. 2xx with the status ACCEPTED or none: the provider has it. PAID: it has paid. FAILED: it
// never will. 400, 402, 410, 422 and 451 refuse the payout for good. Everything else is tried again, since it is about the
// set-up (401, 403, 404), about time (408, 409, 425, 429, 5xx) or about nothing that is known.
func judge(response *http.Response, content []byte) (app.PayoutReceipt, error) {
	var got answer
	err := json.Unmarshal(content, &got)
	switch code := response.StatusCode; {
	case code == http.StatusBadRequest, code == http.StatusPaymentRequired, code == http.StatusGone,
		code == http.StatusUnprocessableEntity, code == http.StatusUnavailableForLegalReasons:
		return app.PayoutReceipt{}, &app.PayoutRefusedError{Reason: reason(got, fmt.Sprintf("HTTP_%d", code))}
	case code < 200 || code > 299:
		return app.PayoutReceipt{}, undecided(response, "HTTP "+strconv.Itoa(code))
	case err != nil && len(bytes.TrimSpace(content)) > 0:
		return app.PayoutReceipt{}, undecided(response, "an answer that is not JSON")
	}
	receipt := app.PayoutReceipt{Reference: line(got.Reference)}
	switch got.Status {
	case "", "ACCEPTED":
		return receipt, nil
	case "PAID":
		receipt.Paid = true
		return receipt, nil
	case "FAILED":
		return app.PayoutReceipt{}, &app.PayoutRefusedError{Reason: reason(got, "UNSPECIFIED")}
	default:
		return app.PayoutReceipt{}, undecided(response, "a status other than ACCEPTED, PAID and FAILED")
	}
}

// undecided is the error for an answer that is neither yes nor no.
func undecided(response *http.Response, what string) error {
	e := errs.New(errs.Unavailable, ReasonUndecided, "the payout provider answered %s", what)
	seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
	if err != nil || seconds <= 0 {
		return e
	}
	return e.WithRetryAfter(min(time.Duration(min(seconds, 86400))*time.Second, maxRetryAfter))
}

func reason(got answer, fallback string) string {
	if text := line(got.Reason); text != "" {
		return text
	}
	return fallback
}

// line makes one bounded line of printable ASCII out of a provider's text.
func line(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, text)
	return text[:min(len(text), maxText)]
}
