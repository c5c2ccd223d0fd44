package app

import (
	"context"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// openCommand is the first command of a programme's chain.
const openCommand = "open"

// currencyOf returns the currency that all rewards of a programme have. The first reward or budget of a programme fixes it,
// in the first entry of its chain, whose command can be executed once.
func (l *Ledger) currencyOf(ctx context.Context, programID, wanted string) (string, error) {
	if currency, ok := l.currencies.get(programID); ok {
		return currency, nil
	}
	state, found, err := l.program(ctx, programID)
	if err != nil {
		return "", err
	}
	if found {
		l.remember(programID, state)
		return state.Currency, nil
	}
	key := domain.ProgramKey(programID)
	currency := wanted
	_, err = l.log.Append(ctx, chain.Append[domain.Line]{
		Key:     key,
		Command: command.New(openCommand, "wallet.open_program.v1", command.String("currency", wanted)),
		Step: func(*chain.Entry[domain.Line]) (domain.Line, error) {
			return domain.Line{Program: &domain.Program{Currency: wanted}}, nil
		},
	})
	if errs.Reason(err) == command.ReasonReused {
		currency, err = l.openedWith(ctx, key)
	}
	if err != nil {
		return "", err
	}
	l.currencies.put(programID, currency)
	return currency, nil
}

// remember keeps what a process needs to know of a programme.
func (l *Ledger) remember(programID string, state domain.Program) {
	l.currencies.put(programID, state.Currency)
	if state.Rules != nil {
		l.rules.put(programID, state.Rules)
	}
}

// openedWith returns the currency in a programme's chain.
func (l *Ledger) openedWith(ctx context.Context, key string) (string, error) {
	entry, ok, err := l.log.Find(ctx, key, openCommand)
	if err != nil {
		return "", err
	}
	if !ok || entry.Body.Program == nil {
		return "", errs.New(errs.Internal, "LEDGER_CORRUPT", "chain %s does not say the currency of its programme", key)
	}
	return entry.Body.Program.Currency, nil
}
