package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
)

var walletGroup = group{
	name: "wallet",
	about: "IssueReward of the wallet in a process of its own, through gRPC with authentication, validation, metrics and tracing (OTLP, " +
		"all calls), beside single inserts of the posting's document by the raw driver into the same collection",
	run: runWallet,
}

const (
	// walletPrograms is how many programmes pay.
	walletPrograms = 8
	// walletAccounts is how many accounts rewards are spread over.
	walletAccounts = 2000
	// largeLedger is the load from which a ledger is kept for all measurements; smaller ones are made anew for each.
	largeLedger = 20_000
)

// loads is the flag of how many postings are there before.
type loads []int64

// String lists them.
func (l *loads) String() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint([]int64(*l)), " ", ","), "[]")
}

// Set reads a list.
func (l *loads) Set(text string) error {
	*l = nil
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseInt(strings.TrimSpace(part), 10, 64)
		if err != nil || n < 0 || n > 100_000_000 {
			return fmt.Errorf("%q is not a number of postings", part)
		}
		*l = append(*l, n)
	}
	return nil
}

// scenario says who gets the nth reward, and from which programme.
type scenario struct {
	name string
	pick func(n int64) (account, program int64)
	// limits are those of the programme that pays; only a scenario that has a programme to itself may have some.
	limits []*walletv1.BudgetLimit
}

var scenarios = []scenario{
	{name: "spread", pick: func(n int64) (int64, int64) { return n % walletAccounts, n % walletPrograms }},
	{name: "hot_account", pick: func(n int64) (int64, int64) { return 0, n % walletPrograms }},
	{name: "hot_budget", pick: func(n int64) (int64, int64) { return n % walletAccounts, 0 }},
	{name: "limited_budget", pick: func(n int64) (int64, int64) { return n % walletAccounts, walletPrograms }, limits: []*walletv1.BudgetLimit{
		farLimit(walletv1.BudgetScope_BUDGET_SCOPE_PROGRAM, walletv1.BudgetPeriod_BUDGET_PERIOD_TOTAL),
		farLimit(walletv1.BudgetScope_BUDGET_SCOPE_PROGRAM, walletv1.BudgetPeriod_BUDGET_PERIOD_DAY),
		farLimit(walletv1.BudgetScope_BUDGET_SCOPE_REFERRER, walletv1.BudgetPeriod_BUDGET_PERIOD_MONTH),
	}},
}

// farLimit is one that no measurement reaches.
func farLimit(scope walletv1.BudgetScope, period walletv1.BudgetPeriod) *walletv1.BudgetLimit {
	return &walletv1.BudgetLimit{Scope: scope, Period: period, AmountMinor: 100_000_000_000}
}

func accountID(n int64) string { return fmt.Sprintf("user-%08d", n) }

func programID(n int64) string { return fmt.Sprintf("program-%02d", n) }

// rewardRequest is the nth reward of a series; series keep their ids apart.
func rewardRequest(series string, n, account, program int64) *walletv1.IssueRewardRequest {
	payer, referral := programID(program), fmt.Sprintf("018f3c2e-7b1a-%s-%012d", series, n)
	return &walletv1.IssueRewardRequest{
		CommandId: fmt.Sprintf("reward/%s/%s/completed/REFERRER", payer, referral), ProgramId: payer, ReferralId: referral,
		BeneficiaryId: accountID(account), Side: walletv1.Side_SIDE_REFERRER, Kind: walletv1.RewardKind_REWARD_KIND_REFERRAL,
		AmountMinor: 5000, Currency: "INR", HoldPeriod: durationpb.New(7 * 24 * time.Hour), Tier: "STARTER", ProgramVersion: 1,
	}
}

// runWallet compares each scenario on ledgers of each load, whose runs alternate, and checks in the end that the ledgers are
// whole.
func runWallet(ctx context.Context, e *env) (err error) {
	w, err := newWalletBench(e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	for _, n := range e.loaded {
		if n >= largeLedger {
			if err := w.keep(ctx, n); err != nil {
				return err
			}
		}
	}
	e.header()
	for i, s := range scenarios {
		for _, callers := range []int{1, 8, 64} {
			loaded := e.loaded
			if callers == 1 {
				loaded = loaded[:1] // for information
			}
			if callers == 1 && i > 0 {
				continue
			}
			if err := w.measure(ctx, s, callers, loaded); err != nil {
				return err
			}
		}
	}
	for _, l := range w.kept {
		start := time.Now()
		if err := l.check(ctx); err != nil {
			return err
		}
		fmt.Fprintf(w.out, "reconciled the ledger of %d postings and more in %s: whole\n", l.loaded, time.Since(start).Round(time.Second/10))
	}
	return nil
}

// walletBench is what the measurements share.
type walletBench struct {
	*env
	issuer *walletIssuer
	traces *traceSink
	kept   map[int64]*ledger
	made   int
	series int
}

func newWalletBench(e *env) (*walletBench, error) {
	issuer, err := newWalletIssuer()
	if err != nil {
		return nil, err
	}
	traces, err := newTraceSink()
	if err != nil {
		return nil, errors.Join(err, issuer.close())
	}
	return &walletBench{env: e, issuer: issuer, traces: traces, kept: map[int64]*ledger{}}, nil
}

// keep makes a large ledger.
func (w *walletBench) keep(ctx context.Context, n int64) error {
	start := time.Now()
	l, err := w.open(ctx, n)
	if err != nil {
		return err
	}
	w.kept[n] = l
	fmt.Fprintf(w.out, "loaded %d postings in %s\n", n, time.Since(start).Round(time.Second/10))
	return nil
}

// measure adds the results of one scenario with so many callers, one for each load.
func (w *walletBench) measure(ctx context.Context, s scenario, callers int, loaded loads) (err error) {
	w.series++
	series := fmt.Sprintf("%04x", w.series)
	var contests []contest
	var fresh []*ledger
	defer func() {
		for _, l := range fresh {
			err = errors.Join(err, l.close())
		}
	}()
	profiled := w.profile(s, callers)
	for _, n := range loaded {
		l := w.kept[n]
		if l == nil {
			if l, err = w.open(ctx, n); err != nil {
				return err
			}
			fresh = append(fresh, l)
		}
		c, err := l.contest(ctx, s, series)
		if err != nil {
			return err
		}
		contests = append(contests, c)
		profiled.watch(ctx, l, time.Duration(len(loaded)*2*w.pairs)*w.duration)
	}
	results, err := w.compareAll(ctx, "issue_reward/"+s.name, callers, contests...)
	if err = errors.Join(err, profiled.wait()); err != nil {
		return err
	}
	for _, r := range results[1:] {
		w.printGrowth(results[0], r)
	}
	for _, l := range fresh {
		if err := l.check(ctx); err != nil {
			return err
		}
	}
	return nil
}

// printGrowth tells what a call costs on a larger ledger as a multiple of what it costs on the first.
func (w *walletBench) printGrowth(small, large result) {
	cpu := func(r result) float64 { return r.CPUService + r.CPUStores }
	rawCPU := func(r result) float64 { return r.RawCPUStores }
	fmt.Fprintf(w.out, "  %d against %d loaded: p50 ×%.2f, p95 ×%.2f, cpu of service and stores ×%.2f (raw: p50 ×%.2f, p95 ×%.2f, cpu of stores ×%.2f)\n",
		large.Loaded, small.Loaded, times(large.P50, small.P50), times(large.P95, small.P95), times(cpu(large), cpu(small)),
		times(large.RawP50, small.RawP50), times(large.RawP95, small.RawP95), times(rawCPU(large), rawCPU(small)))
}

// times is a/b, or 0 when nothing was measured.
func times(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func (w *walletBench) close() error {
	var problems []error
	for _, l := range w.kept {
		problems = append(problems, l.close())
	}
	return errors.Join(append(problems, w.traces.close(), w.issuer.close())...)
}
