package ops_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/audit"
	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/ops"
	"github.com/refersuite/refersuite/pkg/outbox"
	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// trail is an audit trail of n entries, newest first.
type trail int

func (n trail) List(_ context.Context, query audit.Query) ([]audit.Entry, error) {
	var entries []audit.Entry
	for i := int(n); i > 0 && len(entries) < query.Limit; i-- {
		id := fmt.Sprintf("%03d", i)
		if query.Before == "" || id < query.Before {
			entries = append(entries, audit.Entry{Intent: audit.Intent{ID: id, StartedAt: now}})
		}
	}
	return entries, nil
}

// box is an outbox with one parked message.
type box struct{ redriven string }

func (b *box) Backlog(context.Context, time.Time) (outbox.Backlog, error) {
	return outbox.Backlog{Pending: 2, Scheduled: 3, Parked: 1, Oldest: now.Add(-time.Minute)}, nil
}

func (b *box) Parked(context.Context, int) ([]outbox.Parked, error) {
	return []outbox.Parked{{AggregateID: "r1", Message: outbox.Message{ID: "reward/1", Kind: "wallet.issue_reward", Attempts: 9, CreatedAt: now}}}, nil
}

func (b *box) Redrive(_ context.Context, aggregate, message string, _ time.Time) (bool, error) {
	if aggregate != "r1" || message != "reward/1" {
		return false, nil
	}
	b.redriven = message
	return true, nil
}

func TestAuditTrailIsReadPageByPage(t *testing.T) {
	server := ops.NewServer(ops.Parts{Service: "wallet", Audit: trail(5)})
	request := &commonv1.ListAuditEntriesRequest{Service: "wallet", PageSize: 2}
	var got []string
	for range 4 {
		answer, err := server.ListAuditEntries(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range answer.GetEntries() {
			got = append(got, entry.GetEntryId())
			if entry.GetFinishedAt() != nil {
				t.Error("an outcome that is not known must be absent")
			}
		}
		if request.PageToken = answer.GetNextPageToken(); request.GetPageToken() == "" {
			break
		}
	}
	if fmt.Sprint(got) != "[005 004 003 002 001]" {
		t.Fatalf("got %v", got)
	}
}

func TestPageTokenOfAnotherQueryIsRefused(t *testing.T) {
	server := ops.NewServer(ops.Parts{Service: "wallet", Audit: trail(5)})
	answer, err := server.ListAuditEntries(t.Context(), &commonv1.ListAuditEntriesRequest{Service: "wallet", PageSize: 2})
	if err != nil {
		t.Fatal(err)
	}
	_, err = server.ListAuditEntries(t.Context(), &commonv1.ListAuditEntriesRequest{
		Service: "wallet", Subject: "ann", PageToken: answer.GetNextPageToken(),
	})
	if errs.Reason(err) != "PAGE_TOKEN_INVALID" {
		t.Fatalf("got %v", err)
	}
}

func TestBacklogAndParkedCommands(t *testing.T) {
	server := ops.NewServer(ops.Parts{Service: "referral", Outbox: &box{}, Clock: clock.NewFake(now)})
	backlog, err := server.GetBacklog(t.Context(), &commonv1.GetBacklogRequest{Service: "referral"})
	if err != nil || backlog.GetPending() != 2 || backlog.GetScheduled() != 3 || backlog.GetParked() != 1 ||
		!backlog.GetOldestPendingAt().AsTime().Equal(now.Add(-time.Minute)) {
		t.Fatalf("got %v, %v", backlog, err)
	}
	parked, err := server.ListParkedCommands(t.Context(), &commonv1.ListParkedCommandsRequest{Service: "referral"})
	if err != nil || len(parked.GetCommands()) != 1 || parked.GetCommands()[0].GetCommandId() != "reward/1" {
		t.Fatalf("got %v, %v", parked, err)
	}
}

func TestRedriveTellsWhetherTheCommandWasParked(t *testing.T) {
	queue := &box{}
	server := ops.NewServer(ops.Parts{Service: "referral", Outbox: queue})
	for id, want := range map[string]bool{"reward/1": true, "reward/2": false} {
		answer, err := server.RedriveCommand(t.Context(), &commonv1.RedriveCommandRequest{Service: "referral", AggregateId: "r1", CommandId: id})
		if err != nil || answer.GetRedriven() != want {
			t.Errorf("%s: got %v, %v", id, answer, err)
		}
	}
	if queue.redriven != "reward/1" {
		t.Errorf("redriven %q", queue.redriven)
	}
}

func TestVerificationAddsUpAllChains(t *testing.T) {
	broken := chain.Report{Chains: 1, Entries: 200, FaultCount: 150}
	for i := range 150 {
		broken.Faults = append(broken.Faults, chain.Fault{Key: "k", Seq: int64(i + 1), Kind: chain.Kind("GAP")})
	}
	report := func(r chain.Report) ops.VerifyFunc {
		return func(context.Context) (chain.Report, error) { return r, nil }
	}
	good := report(chain.Report{Chains: 2, Entries: 10})
	for _, test := range []struct {
		chains   []ops.VerifyFunc
		verified bool
		entries  int64
		faults   int
	}{
		{[]ops.VerifyFunc{good, good}, true, 20, 0},
		{[]ops.VerifyFunc{good, report(broken)}, false, 210, 100},
		{nil, true, 0, 0},
	} {
		server := ops.NewServer(ops.Parts{Service: "wallet", Chains: test.chains})
		answer, err := server.VerifyChains(t.Context(), &commonv1.VerifyChainsRequest{Service: "wallet"})
		if err != nil || answer.GetVerified() != test.verified || answer.GetEntries() != test.entries || len(answer.GetFaults()) != test.faults {
			t.Errorf("want %+v, got verified %v entries %d faults %d, %v", test, answer.GetVerified(), answer.GetEntries(), len(answer.GetFaults()), err)
		}
	}
}

func TestVerificationThatCannotReadIsAnError(t *testing.T) {
	down := errors.New("store down")
	server := ops.NewServer(ops.Parts{Service: "wallet", Chains: []ops.VerifyFunc{
		func(context.Context) (chain.Report, error) { return chain.Report{}, down },
	}})
	if _, err := server.VerifyChains(t.Context(), &commonv1.VerifyChainsRequest{Service: "wallet"}); !errors.Is(err, down) {
		t.Fatalf("got %v", err)
	}
}

func TestAbsentPartsAnswerEmpty(t *testing.T) {
	server := ops.NewServer(ops.Parts{Service: "tier"})
	if answer, err := server.GetBacklog(t.Context(), &commonv1.GetBacklogRequest{Service: "tier"}); err != nil || answer.GetPending() != 0 {
		t.Errorf("backlog: %v, %v", answer, err)
	}
	if answer, err := server.ListAuditEntries(t.Context(), &commonv1.ListAuditEntriesRequest{Service: "tier"}); err != nil || len(answer.GetEntries()) != 0 {
		t.Errorf("audit: %v, %v", answer, err)
	}
	_, err := server.RedriveCommand(t.Context(), &commonv1.RedriveCommandRequest{Service: "tier", AggregateId: "a", CommandId: "c"})
	if errs.Reason(err) != ops.ReasonCommandNotFound {
		t.Errorf("redrive: %v", err)
	}
}

func TestRequestForAnotherServiceIsRefused(t *testing.T) {
	server := ops.NewServer(ops.Parts{Service: "tier"})
	if _, err := server.GetBacklog(t.Context(), &commonv1.GetBacklogRequest{Service: "wallet"}); errs.Reason(err) != ops.ReasonServiceMismatch {
		t.Fatalf("got %v", err)
	}
}
