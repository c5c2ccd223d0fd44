// Package reconcile asks a running suite to prove its books: the ledger of the wallet and the chains of every service. It
// only reads.
package reconcile

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

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
	// Kind such as HASH_MISMATCH, GAP, WRONG_BALANCE, NON_ZERO_SUM or BUDGET_DRIFT.
	Kind string `json:"kind"`
	// Key of the chain or account.
	Key string `json:"key"`
	// Seq is the position in it, from 1; 0 when the fault is not in one entry.
	Seq int64 `json:"seq,omitempty"`
	// Detail tells what was expected and what was found.
	Detail string `json:"detail,omitempty"`
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
	Currency  string `json:"currency"`
	Issued    int64  `json:"issued_minor"`
	Reversed  int64  `json:"reversed_minor"`
	Held      int64  `json:"held_minor"`
	Available int64  `json:"available_minor"`
	Budgets   int64  `json:"budgets_minor"`
}

// Report is the state of the books.
type Report struct {
	Services []ServiceReport `json:"services"`
	Totals   []Totals        `json:"totals"`
	Accounts int64           `json:"accounts"`
	Postings int64           `json:"postings"`
	ZeroSum  bool            `json:"zero_sum"`
	Verified bool            `json:"verified"`
	Findings []Finding       `json:"findings,omitempty"`
}

// Sound reports whether nothing is wrong.
func (r Report) Sound() bool { return r.ZeroSum && r.Verified && len(r.Findings) == 0 }

// Run reconciles over a connection that reaches every service: the gRPC edge.
func Run(ctx context.Context, conn grpc.ClientConnInterface) (Report, error) {
	report := Report{Verified: true}
	operations := commonv1.NewOperationsServiceClient(conn)
	for _, service := range Services {
		if err := report.askService(ctx, operations, service); err != nil {
			return report, fmt.Errorf("%s: %w", service, err)
		}
	}
	ledger, err := walletv1.NewWalletServiceClient(conn).Reconcile(ctx, &walletv1.ReconcileRequest{})
	if err != nil {
		return report, fmt.Errorf("reconcile the ledger: %w", err)
	}
	report.addLedger(ledger)
	return report, nil
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
	for _, fault := range chains.GetFaults() {
		r.Findings = append(r.Findings, Finding{Service: service, Kind: fault.GetKind(), Key: fault.GetKey(), Seq: fault.GetSeq()})
	}
	return nil
}

func (r *Report) addLedger(ledger *walletv1.ReconcileResponse) {
	r.Accounts, r.Postings, r.ZeroSum = ledger.GetAccounts(), ledger.GetPostings(), ledger.GetZeroSum()
	r.Verified = r.Verified && ledger.GetVerified()
	for _, t := range ledger.GetCurrencies() {
		r.Totals = append(r.Totals, Totals{
			Currency: t.GetCurrency(), Issued: t.GetReferrerRewardsMinor() + t.GetRefereeRewardsMinor() + t.GetBonusesMinor(),
			Reversed: t.GetReversalsMinor(), Held: t.GetHeldMinor(), Available: t.GetAvailableMinor(), Budgets: t.GetBudgetsMinor(),
		})
	}
	for _, f := range ledger.GetFindings() {
		r.Findings = append(r.Findings, Finding{Service: "wallet", Kind: f.GetKind(), Key: f.GetAccount(), Seq: f.GetSeq(), Detail: f.GetDetail()})
	}
}

// WriteText writes the report for people.
func (r Report) WriteText(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SERVICE\tCHAINS\tENTRIES\tPENDING\tPARKED")
	for _, s := range r.Services {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\n", s.Service, s.Chains, s.Entries, s.PendingCommands, s.ParkedCommands)
	}
	fmt.Fprintln(table, "\nCURRENCY\tISSUED\tREVERSED\tHELD\tAVAILABLE\tBUDGETS\t(minor units)")
	for _, t := range r.Totals {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\n", t.Currency, t.Issued, t.Reversed, t.Held, t.Available, t.Budgets)
	}
	fmt.Fprintf(table, "\n%d accounts, %d postings, zero sum %t, verified %t\n", r.Accounts, r.Postings, r.ZeroSum, r.Verified)
	for _, f := range r.Findings {
		fmt.Fprintf(table, "FAULT\t%s\t%s\t%s\t%d\t%s\n", f.Service, f.Kind, f.Key, f.Seq, f.Detail)
	}
	return table.Flush()
}
