package app

import (
	"context"
	"sync"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// openCommand is the only command that a programme's chain ever sees.
const openCommand = "open"

// currencyCacheSize bounds how many programmes' currencies a process remembers.
const currencyCacheSize = 10_000

// currencies remembers the currency of programmes. It is fixed by a programme's first reward, so what is remembered never
// becomes wrong. The zero value remembers nothing.
type currencies struct {
	mu    sync.RWMutex
	known map[string]string
}

func (c *currencies) get(program string) (string, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	currency, ok := c.known[program]
	return currency, ok
}

func (c *currencies) put(program, currency string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= currencyCacheSize {
		c.known = map[string]string{}
	}
	c.known[program] = currency
}

// currencyOf returns the currency that all rewards of a programme have. The first reward of a programme fixes it, in a
// chain of one entry whose command can be executed once.
func (l *Ledger) currencyOf(ctx context.Context, r domain.Reward) (string, error) {
	if currency, ok := l.currencies.get(r.ProgramID); ok {
		return currency, nil
	}
	key := domain.ProgramKey(r.ProgramID)
	currency := r.Currency
	_, err := l.log.Append(ctx, chain.Append[domain.Line]{
		Key:     key,
		Command: command.New(openCommand, "wallet.open_program.v1", command.String("currency", r.Currency)),
		Step: func(*chain.Entry[domain.Line]) (domain.Line, error) {
			return domain.Line{Program: &domain.Program{Currency: r.Currency}}, nil
		},
	})
	if errs.Reason(err) == command.ReasonReused {
		currency, err = l.openedWith(ctx, key)
	}
	if err != nil {
		return "", err
	}
	l.currencies.put(r.ProgramID, currency)
	return currency, nil
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
