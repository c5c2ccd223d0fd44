package app

import (
	"errors"
	"log/slog"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// The reasons of refusals.
const (
	ReasonAccountClosed     = "ACCOUNT_CLOSED"
	ReasonAccountNotEmpty   = "ACCOUNT_NOT_EMPTY"
	ReasonAmountOverflow    = "AMOUNT_OVERFLOW"
	ReasonBudgetBusy        = "BUDGET_BUSY"
	ReasonBudgetChanged     = "BUDGET_CHANGED"
	ReasonBudgetExhausted   = "BUDGET_EXHAUSTED"
	ReasonBudgetNotFound    = "BUDGET_NOT_FOUND"
	ReasonClawbackBlocked   = "CLAWBACK_BLOCKED"
	ReasonCommandInvalid    = "COMMAND_INVALID"
	ReasonCurrencyMismatch  = "CURRENCY_MISMATCH"
	ReasonHoldNotOver       = "HOLD_NOT_OVER"
	ReasonInsufficientFunds = "INSUFFICIENT_FUNDS"
	ReasonLimitRepeated     = "LIMIT_REPEATED"
	ReasonRewardNotFound    = "REWARD_NOT_FOUND"
	ReasonRewardQueued      = "REWARD_QUEUED"
	ReasonRewardReversed    = "REWARD_REVERSED"
	ReasonTimeZoneUnknown   = "TIME_ZONE_UNKNOWN"
)

// Ledger executes the use cases of the wallet. It is safe for concurrent use, by any number of processes on one store.
type Ledger struct {
	log        Log
	clock      clock.Clock
	currencies memo[string]        // by programme; fixed for ever
	rules      memo[*domain.Rules] // by programme, as last seen
	refills    locks
	queue      Queue
	watch      BudgetWatch
	logger     *slog.Logger
	kick       chan struct{}
}

// Option adds to what a ledger works with.
type Option func(*Ledger)

// WithQueue keeps rewards that wait for budget. Without it, a programme that queues cannot be given any.
func WithQueue(queue Queue) Option { return func(l *Ledger) { l.queue = queue } }

// NewLedger returns a ledger on a log.
func NewLedger(log Log, clk clock.Clock, options ...Option) *Ledger {
	l := &Ledger{log: log, clock: clk, queue: noQueue{}, watch: noWatch{}, logger: slog.Default(), kick: make(chan struct{}, 1)}
	for _, option := range options {
		option(l)
	}
	return l
}

// Posted is a posting as the ledger keeps it.
type Posted struct {
	domain.Posting
	// Seq is the position in the account's chain, from 1.
	Seq int64
	// At is when it was posted.
	At time.Time
	// Hash covers the posting and Previous, the hash of the posting before.
	Hash, Previous [32]byte
	// Replayed says that the command had been executed before.
	Replayed bool
	// Unposted says that there is no posting: the reward waits for budget, or was taken back while it did.
	Unposted bool
}

func posted(e chain.Entry[domain.Line], replayed bool) (Posted, error) {
	if e.Body.Posting == nil {
		return Posted{}, errs.New(errs.Internal, "LEDGER_CORRUPT", "entry %d of %s carries no posting", e.Seq, e.Key)
	}
	return Posted{Posting: *e.Body.Posting, Seq: e.Seq, At: e.At, Hash: e.Hash, Previous: e.Prev, Replayed: replayed}, nil
}

// balances returns the state of an account after its head.
func balances(head *chain.Entry[domain.Line]) domain.Balances {
	if head == nil || head.Body.Posting == nil {
		return domain.Balances{}
	}
	return head.Body.Posting.After
}

// budgetHead returns the last line of a budget stripe; the zero line of an empty one.
func budgetHead(head *chain.Entry[domain.Line]) domain.BudgetLine {
	if head == nil || head.Body.Budget == nil {
		return domain.BudgetLine{}
	}
	return *head.Body.Budget
}

// postingStep makes a chain step of a rule of the domain.
func postingStep(rule func(domain.Balances) (domain.Posting, error)) chain.Step[domain.Line] {
	return func(head *chain.Entry[domain.Line]) (domain.Line, error) {
		p, err := rule(balances(head))
		if err != nil {
			return domain.Line{}, err
		}
		return domain.Line{Posting: &p}, nil
	}
}

// budgetStep makes a chain step of a rule of the domain.
func budgetStep(rule func(head domain.BudgetLine) (domain.BudgetLine, error)) chain.Step[domain.Line] {
	return func(head *chain.Entry[domain.Line]) (domain.Line, error) {
		l, err := rule(budgetHead(head))
		if err != nil {
			return domain.Line{}, err
		}
		return domain.Line{Budget: &l}, nil
	}
}

// explain gives an error of the domain its code and reason; others pass.
func explain(err error) error {
	var field *domain.FieldError
	var limit *domain.LimitError
	switch {
	case errors.As(err, &limit):
		return errs.New(errs.FailedPrecondition, ReasonBudgetExhausted, "nothing was posted: %w", err)
	case errors.Is(err, domain.ErrLimitRepeated):
		return errs.Invalid(ReasonLimitRepeated, "limits", "nothing was set: %w", err)
	case errors.Is(err, domain.ErrZone):
		return errs.Invalid(ReasonTimeZoneUnknown, "time_zone", "nothing was set: %w", err)
	case errors.As(err, &field):
		return errs.Invalid(ReasonCommandInvalid, field.Field, "%s %s", field.Field, field.Problem)
	case errors.Is(err, domain.ErrAmountOverflow):
		return errs.New(errs.InvalidArgument, ReasonAmountOverflow, "nothing was posted: %w", err)
	case errors.Is(err, domain.ErrAccountClosed):
		return errs.New(errs.FailedPrecondition, ReasonAccountClosed, "nothing was posted: %w", err)
	case errors.Is(err, domain.ErrAccountNotEmpty):
		return errs.New(errs.FailedPrecondition, ReasonAccountNotEmpty, "the account was not closed: %w", err)
	case errors.Is(err, domain.ErrInsufficientFunds):
		return errs.New(errs.FailedPrecondition, ReasonInsufficientFunds, "nothing was posted: %w", err)
	case errors.Is(err, domain.ErrClawbackBlocked):
		return errs.New(errs.FailedPrecondition, ReasonClawbackBlocked, "nothing was posted: %w", err)
	default:
		return err
	}
}

func errRewardNotFound(s domain.Settlement) error {
	return errs.New(errs.NotFound, ReasonRewardNotFound,
		"the %s account of %s has no reward %q: issue it first, or name the person and the currency it was issued to",
		s.Currency, s.Beneficiary, s.RewardID)
}

func errRewardReversed(rewardID string) error {
	return errs.New(errs.FailedPrecondition, ReasonRewardReversed, "reward %q was taken back and cannot be released", rewardID)
}
