package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/refersuite/refersuite/deploy/local/internal/suite"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/testkit"
)

// running is the suite that all tests of the package play on.
var running *suite.Suite

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		running, err = suite.Start(context.Background(), suite.Options{Environ: map[string]string{"LOG_LEVEL": "error", "LOG_FORMAT": "text"}})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		status := m.Run()
		if err := running.Stop(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return status
	}())
}

func token(subject string, roles ...string) (string, error) {
	return running.Token(subject, time.Hour, roles...)
}

// edit is what a tampering edge does to the answers whose path contains a text. The compact form of the JSON is edited.
type edit struct{ path, old, new string }

// tampering returns an edge that passes everything to the suite and edits its answers; used counts the edits.
func tampering(t *testing.T, e edit, used *int) string {
	t.Helper()
	target, err := url.Parse(running.RESTURL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(response *http.Response) error {
			if !strings.Contains(response.Request.URL.Path, e.path) {
				return nil
			}
			var body bytes.Buffer
			raw, err := io.ReadAll(response.Body)
			if err != nil {
				return err
			}
			if err := errors.Join(response.Body.Close(), json.Compact(&body, raw)); err != nil {
				return err
			}
			edited := strings.Replace(body.String(), e.old, e.new, 1)
			if edited != body.String() {
				*used++
			}
			response.Body = io.NopCloser(strings.NewReader(edited))
			response.ContentLength = int64(len(edited))
			response.Header.Set("Content-Length", strconv.Itoa(len(edited)))
			return nil
		},
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return server.URL
}

// played plays the story once and returns it with a look at its result.
func played(t *testing.T) (*story, snapshot) {
	t.Helper()
	o := Options{BaseURL: running.RESTURL, Token: token, Out: io.Discard, Clock: clock.System()}
	run := "t" + strings.ToLower(testkit.DatabaseName()[2:])
	api := newREST(o, run)
	t.Cleanup(api.close)
	s := &story{api: api, clock: o.Clock, out: o.Out, cast: newCast(run), program: "demo-" + run, run: run, codes: map[string]string{}}
	if err := s.play(testkit.Context(t)); err != nil {
		t.Fatal(err)
	}
	after, err := take(testkit.Context(t), api, s.program, s.cast)
	if err != nil {
		t.Fatal(err)
	}
	return s, after
}

func failures(claims []claim) string {
	var failed []string
	for _, c := range claims {
		if len(c.faults) > 0 {
			failed = append(failed, c.text+": "+strings.Join(c.faults, "; "))
		}
	}
	return strings.Join(failed, "\n")
}

func TestRun_PlaysAndEveryClaimHolds(t *testing.T) {
	var out bytes.Buffer
	err := Run(testkit.Context(t), Options{BaseURL: running.RESTURL + "/", Token: token, Out: &out, Clock: clock.System()})
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	text := out.String()
	if strings.Contains(text, "✗") || strings.Count(text, "✓") != 14 {
		t.Errorf("the claims are not all marked:\n%s", text)
	}
	for _, part := range []string{"  1. An admin", "SELF_REFERRAL", "Referrals by status", "Postings", "Tiers", "Leaderboard", "make run"} {
		if !strings.Contains(text, part) {
			t.Errorf("the output lacks %q", part)
		}
	}
}

func TestRun_EndsWithAnErrorWhenAClaimFails(t *testing.T) {
	used := 0
	var out bytes.Buffer
	base := tampering(t, edit{"/v1/ledger:reconcile", `"zero_sum":true`, `"zero_sum":false`}, &used)
	err := Run(testkit.Context(t), Options{BaseURL: base, Token: token, Out: &out, Clock: clock.System()})
	if !errors.Is(err, ErrClaims) || used != 1 {
		t.Fatalf("err = %v after %d edits", err, used)
	}
	if !strings.Contains(out.String(), "✗ the ledger sums to zero") || strings.Count(out.String(), "✗") != 1 {
		t.Errorf("not exactly that claim is marked:\n%s", out.String())
	}
}

func TestRun_EndsWithTheRefusalOfAStep(t *testing.T) {
	used := 0
	base := tampering(t, edit{"/v1/codes/", `"valid":true`, `"valid":false`}, &used)
	err := Run(testkit.Context(t), Options{BaseURL: base, Token: token, Out: io.Discard, Clock: clock.System()})
	if err == nil || errors.Is(err, ErrClaims) || !strings.Contains(err.Error(), "step 2") {
		t.Fatalf("err = %v", err)
	}
}

func TestClaims_FailWhenTheEdgeTellsSomethingElse(t *testing.T) {
	s, after := played(t)
	if failed := failures(check(s, after)); failed != "" {
		t.Fatalf("untampered: %s", failed)
	}
	asha, kiran := s.cast.referrers[0].id, s.cast.with(refunded)[0]
	fifth, bela := rewardID(s.program, s.cast.journeys[4], "REFERRER"), s.cast.journeys[0]
	for name, test := range map[string]struct {
		edit  edit
		claim string
	}{
		"a reward is missing":        {edit{asha + "/postings", `"command_id":"` + fifth + `"`, `"command_id":"release/x"`}, "exactly once"},
		"a reward is paid twice":     {edit{asha + "/postings", `{"seq":"5"`, `{"seq":"4","command_id":"` + fifth + `","kind":"POSTING_KIND_REWARD_AVAILABLE","amount_minor":"5000"},{"seq":"5"`}, "exactly once"},
		"a reward is too large":      {edit{asha + "/postings", `"amount_minor":"10000"`, `"amount_minor":"15000"`}, "the next one at the new tier"},
		"a bonus is paid twice":      {edit{asha + "/postings", `{"seq":"6"`, `{"seq":"6","command_id":"x","referral_id":"x","reward_id":"bonus/` + s.program + `/` + asha + `/PRO"},{"seq":"6"`}, "the next one at the new tier"},
		"a reversal is missing":      {edit{kiran.referee.id + "/postings", "POSTING_KIND_REVERSAL", "POSTING_KIND_RELEASE"}, "the refund took back"},
		"something else is reversed": {edit{bela.referee.id + "/postings", "POSTING_KIND_REWARD_AVAILABLE", "POSTING_KIND_REVERSAL"}, "the refund took back"},
		"a balance is wrong":         {edit{asha + "/balance", `"available_minor":"55000"`, `"available_minor":"55001"`}, "everybody's balance"},
		"money is still held":        {edit{asha + "/balance", `"held_minor":"0"`, `"held_minor":"1"`}, "everybody's balance"},
		"the sum is not zero":        {edit{"/v1/ledger:reconcile", `"zero_sum":true`, `"zero_sum":false`}, "the ledger sums to zero"},
		"a hash is wrong":            {edit{"/v1/ledger:reconcile", `"verified":true`, `"verified":false`}, "the ledger sums to zero"},
		"a chain is broken":          {edit{"/tier/chains:verify", `"verified":true`, `"verified":false`}, "the chains of all services"},
		"a command is parked":        {edit{"/referral/backlog", `"parked":"0"`, `"parked":"1"`}, "no command is pending"},
		"a command is pending":       {edit{"/wallet/backlog", `"pending":"0"`, `"pending":"2"`}, "no command is pending"},
		"a tier is wrong":            {edit{"/members/" + asha, `"tier":"PRO"`, `"tier":"ELITE"`}, "tiers and counts"},
		"a count is wrong":           {edit{"/members/" + asha, `"completed":"6"`, `"completed":"7"`}, "tiers and counts"},
		"a score is wrong":           {edit{"/leaderboard", `"score":"2"`, `"score":"3"`}, "the leaderboard ranks"},
		"a tie is broken":            {edit{"/leaderboard", `"rank":"3"`, `"rank":"4"`}, "the leaderboard ranks"},
		"a row is missing":           {edit{"/leaderboard", `"rows":[`, `"rows":[],"x":[`}, "the leaderboard ranks"},
		"a status is wrong":          {edit{asha + "/referrals", "REFERRAL_STATUS_ACTIVE", "REFERRAL_STATUS_EXPIRED"}, "where their events led them"},
		"a referral is missing":      {edit{asha + "/referrals", `"referral_id":"` + bela.id, `"referral_id":"another`}, "where their events led them"},
		"a reversal is not recorded": {edit{kiran.referrer.id + "/referrals", `"reversed":`, `"was_reversed":`}, "where their events led them"},
		"a rejected one is paid":     {edit{kiran.referrer.id + "/postings", `"referral_id":"` + kiran.id, `"referral_id":"` + s.cast.with(rejected)[0].id}, "a shared device held"},
		"a self-referral exists":     {edit{asha + "/referrals", `"referee_id":"` + bela.referee.id, `"referee_id":"` + asha}, "referring oneself"},
	} {
		t.Run(name, func(t *testing.T) {
			used := 0
			api := newREST(Options{BaseURL: tampering(t, test.edit, &used), Token: token, Clock: clock.System()}, "tampered")
			defer api.close()
			tampered, err := take(testkit.Context(t), api, s.program, s.cast)
			if err != nil {
				t.Fatal(err)
			}
			if used == 0 {
				t.Fatalf("nothing was edited: no answer of %s has %s", test.edit.path, test.edit.old)
			}
			if failed := failures(check(s, tampered)); !strings.Contains(failed, test.claim) {
				t.Errorf("%q does not fail; these do: %q", test.claim, failed)
			}
		})
	}
}

func TestClaims_FailWhenTheStoryWentAnotherWay(t *testing.T) {
	s, after := played(t)
	seen := s.seen
	for name, test := range map[string]struct {
		change func(*observed)
		claim  string
	}{
		"a repetition was executed":  {func(o *observed) { o.replays-- }, "sent twice"},
		"nothing was repeated":       {func(o *observed) { o.repeats, o.replays = 0, 0 }, "sent twice"},
		"two clicks made two codes":  {func(o *observed) { o.oneCode = false }, "sent twice"},
		"self-referral was accepted": {func(o *observed) { o.selfReferral = "" }, "referring oneself"},
		"the event was accepted":     {func(o *observed) { o.reusedEvent = "" }, "referring oneself"},
		"nothing was held":           {func(o *observed) { o.held = 0 }, "a shared device held"},
		"paid before the decision":   {func(o *observed) { o.unpaid-- }, "a shared device held"},
		"no stage was inferred":      {func(o *observed) { o.inferred = 0 }, "arrives first"},
		"a late event moved it":      {func(o *observed) { o.kept = false }, "arrives first"},
	} {
		t.Run(name, func(t *testing.T) {
			s.seen = seen
			test.change(&s.seen)
			if failed := failures(check(s, after)); !strings.Contains(failed, test.claim) || strings.Contains(failed, "\n") {
				t.Errorf("not exactly %q fails: %q", test.claim, failed)
			}
		})
	}
}
