package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/chain/mongochain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/mongox"
)

var chainGroup = group{
	name:  "chain",
	about: "appends of pkg/chain beside single inserts of the same document by the raw driver, same indexes and write concern",
	run:   runChain,
}

// spreadKeys is the number of chains that appends are spread over.
const spreadKeys = 2000

// posting is a body like a wallet's.
type posting struct {
	Kind        string    `json:"kind"`
	Amount      int64     `json:"amount"`
	Currency    string    `json:"currency"`
	Source      string    `json:"source"`
	Destination string    `json:"destination"`
	Held        int64     `json:"held"`
	Available   int64     `json:"available"`
	Program     string    `json:"program"`
	Referral    string    `json:"referral"`
	ReleaseAt   time.Time `json:"release_at,omitzero"`
	Note        string    `json:"note,omitempty"`
}

// document is the stored form of an entry, as the raw side inserts it.
type document struct {
	ID          string    `bson:"_id"`
	Key         string    `bson:"k"`
	Seq         int64     `bson:"s"`
	Command     string    `bson:"c"`
	CommandHash []byte    `bson:"ch"`
	At          time.Time `bson:"t"`
	Prev        []byte    `bson:"p"`
	Hash        []byte    `bson:"h"`
	Body        posting   `bson:"b"`
}

func nextPosting(head *chain.Entry[posting]) (posting, error) {
	p := posting{
		Kind: "REWARD", Amount: 5000, Currency: "INR", Source: "budget/spring/INR/03", Destination: "user/018f3c2e/INR",
		Program: "spring", Referral: "018f3c2e-7b1a-7c3d-9e4f-5a6b7c8d9e0f", ReleaseAt: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC),
	}
	if head != nil {
		p.Held = head.Body.Held
	}
	p.Held += p.Amount
	return p, nil
}

// runChain compares spread keys, one hot key, and keys that are new each time, whose head must be read first.
func runChain(ctx context.Context, e *env) error {
	e.header()
	for _, c := range []struct {
		name string
		key  func(n int64) (string, int64) // and the sequence the raw side gives the document
	}{
		{"spread", func(n int64) (string, int64) { return fmt.Sprintf("user/%06d/INR", n%spreadKeys), n/spreadKeys + 1 }},
		{"hot", func(n int64) (string, int64) { return "budget/spring/INR/03", n + 1 }},
		{"new", func(n int64) (string, int64) { return fmt.Sprintf("user/%09d/INR", n), 1 }},
	} {
		if err := e.compareChain(ctx, c.name, c.key); err != nil {
			return err
		}
	}
	return nil
}

func (e *env) compareChain(ctx context.Context, name string, key func(int64) (string, int64)) (err error) {
	ours, raw := e.db.Collection("chain_"+name), e.db.Collection("raw_"+name)
	for _, coll := range []*mongo.Collection{ours, raw} {
		if err := mongox.EnsureIndexes(ctx, coll, mongochain.Indexes()...); err != nil {
			return err
		}
	}
	log := chain.New(mongochain.New[posting](ours), chain.Options{Name: "bench"})
	defer func() { err = errors.Join(err, log.Close(context.WithoutCancel(ctx))) }()
	appends := &side{op: func(ctx context.Context, n int64) error {
		k, _ := key(n)
		_, err := log.Append(ctx, chain.Append[posting]{Key: k, Command: benchCommand(n), Step: nextPosting})
		return err
	}}
	inserts := &side{op: func(ctx context.Context, n int64) error { return insertRaw(ctx, raw, key, n) }}
	if name == "spread" {
		if _, err := appends.loop(ctx, 64, spreadKeys*time.Millisecond); err != nil {
			return err
		}
	}
	for _, callers := range []int{1, 8, 64} {
		if err := e.compare(ctx, "chain/"+name, callers, appends, inserts); err != nil {
			return err
		}
	}
	report, err := log.VerifyAll(ctx, "", nil)
	if err == nil && report.FaultCount > 0 {
		err = fmt.Errorf("chains are broken after the run: %v", report.Faults)
	}
	return err
}

func benchCommand(n int64) command.Command {
	return command.New(fmt.Sprintf("reward/spring/%012d/completed/REFERRER", n), "bench.reward.v1", command.Int64("amount", 5000))
}

func insertRaw(ctx context.Context, coll *mongo.Collection, key func(int64) (string, int64), n int64) error {
	k, seq := key(n)
	cmd := benchCommand(n)
	body, err := nextPosting(nil)
	if err != nil {
		return err
	}
	_, err = coll.InsertOne(ctx, document{
		ID: fmt.Sprintf("%s#%012d", k, seq), Key: k, Seq: seq, Command: cmd.ID, CommandHash: cmd.Hash[:], At: clock.System().Now(),
		Prev: cmd.Hash[:], Hash: cmd.Hash[:], Body: body,
	})
	return err
}
