package cli

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"syscall"

	"github.com/refersuite/refersuite/deploy/local/internal/reconcile"
	"github.com/refersuite/refersuite/deploy/local/internal/suite"
	"github.com/refersuite/refersuite/pkg/config"
	"github.com/refersuite/refersuite/pkg/mongox"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet"
)

type verifyCommand struct {
	DatabasePrefix string `default:"refersuite" help:"Beginning of the names of the databases."`
	Database       string `env:"MONGODB_DATABASE" help:"Name of the wallet's database, when it is not the prefix and _wallet."`
	JSON           bool   `name:"json" help:"Print the report as JSON."`
	Quiet          bool   `short:"q" help:"No progress bar."`
}

// unreadable is the exit status when the ledger could not be read; 1 says that it was read and is not whole.
const unreadable = 2

// Run reads the whole ledger and writes nothing.
func (c verifyCommand) Run(ctx context.Context, env *environment) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	ledger, err := c.read(ctx, env)
	if err != nil {
		return &statusError{err, unreadable}
	}
	report := reconcile.OfLedger(ledger)
	if err := printReport(env, report, c.JSON); err != nil {
		return &statusError{err, unreadable}
	}
	if !report.Sound() {
		return fmt.Errorf("the ledger has %d faults; nothing was changed", report.Faults())
	}
	return nil
}

func (c verifyCommand) read(ctx context.Context, env *environment) (ledger *walletv1.ReconcileResponse, err error) {
	cfg, err := config.LoadFrom[mongox.Config](suite.Environ())
	if err != nil {
		return nil, err
	}
	cfg.AppName = "refersuite verify"
	client, err := mongox.Connect(ctx, cfg, mongox.Deps{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, mongox.Close(context.WithoutCancel(ctx), client)) }()
	database := c.Database
	if database == "" {
		database = c.DatabasePrefix + "_" + wallet.Name
	}
	bar := newProgress(env.stderr, "verify", 1, c.Quiet)
	ledger, err = wallet.VerifyDatabase(ctx, client.Database(database), wallet.VerifyOptions{Clock: env.clock, Progress: bar.addMany})
	return ledger, errors.Join(err, bar.finish())
}
