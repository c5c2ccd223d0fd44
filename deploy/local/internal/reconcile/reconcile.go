// Package reconcile asks a running suite to prove its books: the ledger of the wallet and the chains of every service. It
// only reads.
package reconcile

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"

	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
)

// Services are those that are asked, in the order of the report.
var Services = []string{"referral", "wallet", "tier", "fraud", "leaderboard"}

// Finding is one fault.
type Finding struct {
	// Service that reports it.
	Service string `json:"service"`
	// Kind such as HASH_MISMATCH, GAP, WRONG_BALANCE, NON_ZERO_SUM, BUDGET_DRIFT or UNMATCHED_COMMAND.
	Kind string `json:"kind"`
	// Key of the chain or account.
	Key string `json:"key"`
	// Seq is the position in it, from 1; 0 when the fault is not in one entry.
	Seq int64 `json:"seq,omitempty"`
	// Detail tells what was expected and what was found.
	Detail string `json:"detail,omitempty"`
	// Documents are the ids of the stored documents involved.
	Documents []string `json:"documents,omitempty"`
}

// ServiceReport is what one service answered.
type ServiceReport struct {
	Service         string `json:"service"`
	Chains          int64  `json:"chains"`
	Entries         int64  `json:"entries"`
	PendingCommands int64  `json:"pending_commands"`
	ParkedCommands  int64  `json:"parked_commands"`
}

// Totals are the sums of one currency, in minor units.
type Totals struct {
	Currency    string `json:"currency"`
	Issued      int64  `json:"issued_minor"`
	Reversed    int64  `json:"reversed_minor"`
	Held        int64  `json:"held_minor"`
	Available   int64  `json:"available_minor"`
	Pending     int64  `json:"pending_minor"`
	Owed        int64  `json:"owed_minor"`
	Budgets     int64  `json:"budgets_minor"`
	Payouts     int64  `json:"payouts_minor"`
	Adjustments int64  `json:"adjustments_minor"`
	// Digest tells whether two ledgers of the currency are the same.
	Digest string `json:"digest"`
}

// Report is the state of the books.
type Report struct {
	Services    []ServiceReport `json:"services,omitempty"`
	Totals      []Totals        `json:"totals"`
	Accounts    int64           `json:"accounts"`
	Postings    int64           `json:"postings"`
	Redemptions int64           `json:"redemptions"`
	ZeroSum     bool            `json:"zero_sum"`
	Verified    bool            `json:"verified"`
	// StartedAt and FinishedAt are when the walk over the ledger began and ended.
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at"`
	Findings   []Finding `json:"findings,omitempty"`
	// FindingCounts counts all faults by their kind, also those that are not listed.
	FindingCounts map[string]int64 `json:"finding_counts,omitempty"`
}

// Sound reports whether nothing is wrong.
func (r Report) Sound() bool { return r.ZeroSum && r.Verified && r.Faults() == 0 }

// Faults returns how many faults there are, also those that are not listed.
func (r Report) Faults() int64 {
	var n int64
	for _, count := range r.FindingCounts {
		n += count
	}
	return n
}

// Stages is how many times Run calls its progress.
func Stages() int { return len(Services) + 1 }

// Run reconciles over a connection that reaches every service: the gRPC edge. It calls done after each service and after the
// ledger.
func Run(ctx context.Context, conn grpc.ClientConnInterface, done func()) (Report, error) {
	report := Report{Verified: true}
	operations := commonv1.NewOperationsServiceClient(conn)
	for _, service := range Services {
		if err := report.askService(ctx, operations, service); err != nil {
			return report, fmt.Errorf("%s: %w", service, err)
		}
		done()
	}
	ledger, err := walletv1.NewWalletServiceClient(conn).Reconcile(ctx, &walletv1.ReconcileRequest{})
	if err != nil {
		return report, fmt.Errorf("reconcile the ledger: %w", err)
	}
	report.addLedger(ledger)
	done()
	return report, nil
}

// OfLedger returns the report of the ledger alone.
func OfLedger(ledger *walletv1.ReconcileResponse) Report {
	report := Report{Verified: true}
	report.addLedger(ledger)
	return report
}

func (r *Report) askService(ctx context.Context, operations commonv1.OperationsServiceClient, service string) error {
	chains, err := operations.VerifyChains(ctx, &commonv1.VerifyChainsRequest{Service: service})
	if err != nil {
		return fmt.Errorf("verify the chains: %w", err)
	}
	backlog, err := operations.GetBacklog(ctx, &commonv1.GetBacklogRequest{Service: service})
	if err != nil {
		return fmt.Errorf("count the commands: %w", err)
	}
	r.Services = append(r.Services, ServiceReport{
		Service: service, Chains: chains.GetChains(), Entries: chains.GetEntries(),
		PendingCommands: backlog.GetPending(), ParkedCommands: backlog.GetParked(),
	})
	r.Verified = r.Verified && chains.GetVerified()
	if service == "wallet" {
		return nil // the reconciliation of the ledger finds the same faults, and tells more
	}
	for _, fault := range chains.GetFaults() {
		r.count(fault.GetKind(), 1)
		r.Findings = append(r.Findings, Finding{Service: service, Kind: fault.GetKind(), Key: fault.GetKey(), Seq: fault.GetSeq()})
	}
	return nil
}

func (r *Report) count(kind string, n int64) {
	if r.FindingCounts == nil {
		r.FindingCounts = map[string]int64{}
	}
	r.FindingCounts[kind] += n
}

func (r *Report) addLedger(ledger *walletv1.ReconcileResponse) {
	r.Accounts, r.Postings, r.Redemptions = ledger.GetAccounts(), ledger.GetPostings(), ledger.GetRedemptions()
	r.ZeroSum, r.Verified = ledger.GetZeroSum(), r.Verified && ledger.GetVerified()
	r.StartedAt, r.FinishedAt = ledger.GetStartedAt().AsTime(), ledger.GetFinishedAt().AsTime()
	for _, t := range ledger.GetCurrencies() {
		r.Totals = append(r.Totals, Totals{
			Currency: t.GetCurrency(), Issued: t.GetReferrerRewardsMinor() + t.GetRefereeRewardsMinor() + t.GetBonusesMinor(),
			Reversed: t.GetReversalsMinor(), Held: t.GetHeldMinor(), Available: t.GetAvailableMinor(), Pending: t.GetPendingMinor(),
			Owed: t.GetOwedMinor(), Budgets: t.GetBudgetsMinor(), Payouts: t.GetPayoutsMinor(),
			Adjustments: t.GetAdjustmentsMinor(), Digest: t.GetDigest(),
		})
	}
	for _, f := range ledger.GetFindings() {
		r.Findings = append(r.Findings, Finding{
			Service: "wallet", Kind: f.GetKind(), Key: f.GetAccount(), Seq: f.GetSeq(), Detail: f.GetDetail(), Documents: f.GetDocuments(),
		})
	}
	for kind, n := range ledger.GetFindingCounts() {
		r.count(kind, n)
	}
}
