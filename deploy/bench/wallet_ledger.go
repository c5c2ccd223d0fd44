package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet"
)

const (
	// ledgerCollection is where the wallet keeps its lines.
	ledgerCollection = "ledger"
	// rawPrefix is where the raw side puts its documents instead of user/: as long, but no chain of the wallet.
	rawPrefix, rawEnd = "@raw/", "@raw0"
)

// ledger is a database with postings in it, and a wallet that serves it.
type ledger struct {
	bench   *walletBench
	loaded  int64
	db      *mongo.Database
	service *servedWallet
	client  walletv1.WalletServiceClient
}

// open makes a database with n postings and serves it.
func (w *walletBench) open(ctx context.Context, n int64) (_ *ledger, err error) {
	w.made++
	l := &ledger{bench: w, loaded: n, db: w.client.Database(fmt.Sprintf("%s_%s_%d", w.db.Name(), wallet.Name, w.made))}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.close())
		}
	}()
	if err := seedWallet(ctx, w.client, l.db.Name(), n); err != nil {
		return nil, fmt.Errorf("load %d postings: %w", n, err)
	}
	if l.service, err = w.serve(ctx, l.db.Name()); err != nil {
		return nil, err
	}
	l.client = walletv1.NewWalletServiceClient(l.service.conn)
	return l, nil
}

// contest returns the two sides of a scenario on the ledger, the wallet having seen all of the accounts.
func (l *ledger) contest(ctx context.Context, s scenario, series string) (contest, error) {
	if err := l.limit(ctx, s); err != nil {
		return contest{}, err
	}
	ours := &side{meter: l.usage, op: func(ctx context.Context, n int64) error {
		account, program := s.pick(n)
		_, err := l.client.IssueReward(ctx, rewardRequest(series, n, account, program))
		return err
	}}
	for ours.done.Load() < walletAccounts {
		if _, err := ours.loop(ctx, 64, 100*time.Millisecond); err != nil {
			return contest{}, fmt.Errorf("first rewards of %s: %w", s.name, err)
		}
	}
	raw, err := l.rawInsert(ctx, s, series)
	return contest{loaded: l.loaded, ours: ours, raw: &side{meter: l.usage, op: raw}}, err
}

// limit sets the limits of a scenario, if it has any.
func (l *ledger) limit(ctx context.Context, s scenario) error {
	if len(s.limits) == 0 {
		return nil
	}
	_, program := s.pick(0)
	_, err := l.client.SetBudget(ctx, &walletv1.SetBudgetRequest{ProgramId: programID(program), Currency: "INR", Limits: s.limits})
	if err != nil {
		return fmt.Errorf("set the limits of %s: %w", s.name, err)
	}
	return nil
}

// rawInsert returns the raw driver's insert of a document like those that the wallet writes.
func (l *ledger) rawInsert(ctx context.Context, s scenario, series string) (operation, error) {
	coll := l.db.Collection(ledgerCollection)
	key := func(account int64) string { return "user/" + accountID(account) + "/INR" }
	stored, err := coll.FindOne(ctx, bson.D{{Key: "k", Value: key(0)}}).Raw()
	if err != nil {
		return nil, fmt.Errorf("read a posting of the wallet: %w", err)
	}
	elements, err := stored.Elements()
	if err != nil {
		return nil, fmt.Errorf("read a posting of the wallet: %w", err)
	}
	return func(ctx context.Context, n int64) error {
		account, program := s.pick(n)
		k := rawPrefix + key(account)[len(rawPrefix):]
		replaced := map[string]any{
			"_id": fmt.Sprintf("%s#%s%08d", k, series, n), "k": k, "s": n, "c": rewardRequest(series, n, account, program).GetCommandId(),
		}
		doc := make(bson.D, 0, len(elements))
		for _, element := range elements {
			value, ok := replaced[element.Key()]
			if !ok {
				value = element.Value()
			}
			doc = append(doc, bson.E{Key: element.Key(), Value: value})
		}
		_, err := coll.InsertOne(ctx, doc)
		return err
	}, nil
}

// usage reads what the wallet and the stores have used.
func (l *ledger) usage() usage {
	u := l.bench.storesUsage()
	if p, ok := readProcess(l.service.pid()); ok {
		u.service = p.used
	}
	return u
}

// check takes the documents of the raw side away and lets the wallet prove the rest.
func (l *ledger) check(ctx context.Context) error {
	raw := bson.D{{Key: "_id", Value: bson.D{{Key: "$gte", Value: rawPrefix}, {Key: "$lt", Value: rawEnd}}}}
	if err := l.deleteAll(ctx, raw); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	state, err := l.client.Reconcile(ctx, &walletv1.ReconcileRequest{})
	switch {
	case err != nil:
		return fmt.Errorf("reconcile the ledger after the run: %w", err)
	case !state.GetVerified() || !state.GetZeroSum() || len(state.GetFindings()) > 0 || state.GetPostings() < l.loaded:
		return fmt.Errorf("the ledger is not whole after the run: %v", state)
	}
	return nil
}

func (l *ledger) deleteAll(ctx context.Context, filter bson.D) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	if _, err := l.db.Collection(ledgerCollection).DeleteMany(ctx, filter); err != nil {
		return fmt.Errorf("take away the documents of the raw driver: %w", err)
	}
	return nil
}

// close ends the wallet and drops the database.
func (l *ledger) close() error {
	var err error
	if l.service != nil {
		err = l.service.close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return errors.Join(err, l.db.Drop(ctx))
}
