package grpcserver

import (
	"time"

	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// The values of the domain for those of the API. What is not in a map is the unspecified value, which has a meaning.
var (
	scopes = map[walletv1.BudgetScope]domain.Scope{
		walletv1.BudgetScope_BUDGET_SCOPE_UNSPECIFIED: domain.ScopeProgram,
		walletv1.BudgetScope_BUDGET_SCOPE_PROGRAM:     domain.ScopeProgram,
		walletv1.BudgetScope_BUDGET_SCOPE_REFERRER:    domain.ScopeReferrer,
	}
	periods = map[walletv1.BudgetPeriod]domain.Period{
		walletv1.BudgetPeriod_BUDGET_PERIOD_UNSPECIFIED: domain.PeriodTotal,
		walletv1.BudgetPeriod_BUDGET_PERIOD_TOTAL:       domain.PeriodTotal,
		walletv1.BudgetPeriod_BUDGET_PERIOD_DAY:         domain.PeriodDay,
		walletv1.BudgetPeriod_BUDGET_PERIOD_WEEK:        domain.PeriodWeek,
		walletv1.BudgetPeriod_BUDGET_PERIOD_MONTH:       domain.PeriodMonth,
	}
	exhausted = map[walletv1.WhenExhausted]domain.WhenExhausted{
		walletv1.WhenExhausted_WHEN_EXHAUSTED_REJECT: domain.ExhaustedReject,
		walletv1.WhenExhausted_WHEN_EXHAUSTED_QUEUE:  domain.ExhaustedQueue,
	}
	clawbacks = map[walletv1.Clawback]domain.Clawback{
		walletv1.Clawback_CLAWBACK_BLOCK:           domain.ClawbackBlock,
		walletv1.Clawback_CLAWBACK_NET_FROM_FUTURE: domain.ClawbackNetFromFuture,
		walletv1.Clawback_CLAWBACK_ALLOW_NEGATIVE:  domain.ClawbackAllowNegative,
	}
)

// back returns the specified value of the API for one of the domain.
func back[A interface {
	comparable
	~int32
}, D comparable](values map[A]D, value D) A {
	var found A
	for a, d := range values {
		if d == value && a > found {
			found = a
		}
	}
	return found
}

func rulesFromProto(req *walletv1.SetBudgetRequest) domain.Rules {
	rules := domain.Rules{
		WhenExhausted: exhausted[req.GetWhenExhausted()], Clawback: clawbacks[req.GetClawback()], TimeZone: req.GetTimeZone(),
	}
	for _, limit := range req.GetLimits() {
		rules.Limits = append(rules.Limits, domain.Limit{
			Scope: scopes[limit.GetScope()], Period: periods[limit.GetPeriod()], Amount: limit.GetAmountMinor(),
		})
	}
	return rules
}

func budgetToProto(b app.Budget) *walletv1.Budget {
	budget := &walletv1.Budget{
		ProgramId: b.ProgramID, Currency: b.Currency, Version: b.Rules.Version,
		WhenExhausted: back(exhausted, b.Rules.WhenExhausted), Clawback: back(clawbacks, b.Rules.Clawback), TimeZone: b.Rules.TimeZone,
		SpentMinor: b.Spent, ReservedMinor: b.Reserved, QueuedMinor: b.Queued.Amount, Queued: b.Queued.Rewards,
		Limits: usesToProto(b.Limits), ReferrerLimits: usesToProto(b.ReferrerLimits), UpdatedAt: timestamp(b.Rules.SetAt),
	}
	for _, w := range b.Warnings {
		budget.Warnings = append(budget.Warnings, &walletv1.BudgetWarning{
			Limit: limitToProto(w.Limit), Percent: int32(w.Percent), At: timestamp(w.At),
		})
	}
	return budget
}

func usesToProto(uses []domain.LimitUse) []*walletv1.LimitUse {
	list := make([]*walletv1.LimitUse, 0, len(uses))
	for _, u := range uses {
		use := &walletv1.LimitUse{Limit: limitToProto(u.Limit), UsedMinor: u.Used.Amount, LeftMinor: u.Left()}
		if !u.Used.End.IsZero() {
			use.PeriodStart, use.PeriodEnd = timestamp(u.Used.Start.In(time.UTC)), timestamp(u.Used.End.In(time.UTC))
		}
		list = append(list, use)
	}
	return list
}

func limitToProto(limit domain.Limit) *walletv1.BudgetLimit {
	return &walletv1.BudgetLimit{
		Scope: back(scopes, limit.Scope), Period: back(periods, limit.Period), AmountMinor: limit.Amount,
	}
}
