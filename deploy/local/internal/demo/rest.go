package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
)

// caller is whose token a request carries.
type caller struct {
	subject string
	role    string
}

var (
	admin   = caller{subject: "demo-admin", role: "ADMIN"}
	backend = caller{subject: "demo-backend", role: "SYSTEM"}
)

// asUser is a person acting for themselves.
func asUser(id string) caller { return caller{subject: id, role: "USER"} }

// refusal is an error answer of the edge: a google.rpc.Status with its reason.
type refusal struct {
	Status  int
	Reason  string
	Message string
}

// Error tells the reason and the message.
func (r *refusal) Error() string {
	return fmt.Sprintf("HTTP %d %s: %s", r.Status, r.Reason, r.Message)
}

// reasonOf returns the reason of a refusal, or "" when err is none.
func reasonOf(err error) string {
	var refused *refusal
	if errors.As(err, &refused) {
		return refused.Reason
	}
	return ""
}

const (
	// requestTimeout is longer than the edge gives any request of the demo.
	requestTimeout = 60 * time.Second
	// tries bounds how often a request is sent while the edge answers that it cannot serve it now.
	tries = 10
	// pause is the time between them.
	pause = 200 * time.Millisecond
	// maxAnswer bounds what is read of one answer.
	maxAnswer = 8 << 20
)

// rest speaks with the REST edge. It is not safe for concurrent use.
type rest struct {
	base   string
	http   *http.Client
	token  func(subject string, roles ...string) (string, error)
	clock  clock.Clock
	tokens map[caller]string
	// run makes the idempotency keys of this run its own; keys counts them.
	run  string
	keys int
}

func newREST(o Options, run string) *rest {
	return &rest{
		base: strings.TrimRight(o.BaseURL, "/"), token: o.Token, clock: o.Clock, tokens: map[caller]string{}, run: run,
		http: &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment}, Timeout: requestTimeout},
	}
}

func (r *rest) close() { r.http.CloseIdleConnections() }

func (r *rest) get(ctx context.Context, who caller, path string, out any) error {
	return r.send(ctx, who, http.MethodGet, path, "", nil, out)
}

// post sends a request with an idempotency key of its own, so that sending it again after a lost answer is safe.
func (r *rest) post(ctx context.Context, who caller, path string, in, out any) error {
	return r.postKeyed(ctx, who, path, r.nextKey(), in, out)
}

func (r *rest) nextKey() string {
	r.keys++
	return "demo-" + r.run + "-" + strconv.Itoa(r.keys)
}

func (r *rest) postKeyed(ctx context.Context, who caller, path, key string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("POST %s: %w", path, err)
	}
	return r.send(ctx, who, http.MethodPost, path, key, body, out)
}

// send repeats a request that could not be served now: all of them are idempotent.
func (r *rest) send(ctx context.Context, who caller, method, path, key string, body []byte, out any) error {
	var err error
	for range tries {
		err = r.once(ctx, who, method, path, key, body, out)
		if !temporary(err) {
			break
		}
		if waitErr := clock.Wait(ctx, r.clock, pause); waitErr != nil {
			return errors.Join(err, waitErr)
		}
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

func temporary(err error) bool {
	var refused *refusal
	if !errors.As(err, &refused) {
		return false
	}
	switch refused.Status {
	case http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusTooManyRequests:
		return true
	default:
		return refused.Reason == "IDEMPOTENCY_IN_PROGRESS"
	}
}

func (r *rest) once(ctx context.Context, who caller, method, path, key string, body []byte, out any) error {
	request, err := http.NewRequestWithContext(ctx, method, r.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	token, err := r.tokenOf(who)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := r.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return decodeRefusal(response.StatusCode, answer)
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("the answer is not what the API promises: %w", err)
	}
	return nil
}

func (r *rest) tokenOf(who caller) (string, error) {
	if token, ok := r.tokens[who]; ok {
		return token, nil
	}
	token, err := r.token(who.subject, who.role)
	if err != nil {
		return "", fmt.Errorf("token of %s: %w", who.subject, err)
	}
	r.tokens[who] = token
	return token, nil
}

func decodeRefusal(status int, answer []byte) error {
	var body struct {
		Message string `json:"message"`
		Details []struct {
			Type   string `json:"@type"`
			Reason string `json:"reason"`
		} `json:"details"`
	}
	refused := &refusal{Status: status, Reason: http.StatusText(status)}
	if json.Unmarshal(answer, &body) != nil {
		return refused
	}
	refused.Message = body.Message
	for _, detail := range body.Details {
		if strings.HasSuffix(detail.Type, "google.rpc.ErrorInfo") {
			refused.Reason = detail.Reason
		}
	}
	return refused
}
