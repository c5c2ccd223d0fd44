package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/refersuite/refersuite/pkg/mongox"
)

// config is what the flags say.
type config struct {
	only, json string
	duration   time.Duration
	pairs      int
	loaded     loads
	profiles   string
}

// group is a set of measurements that belong together. Each file of a group adds it to groups.
type group struct {
	name, about string
	run         func(ctx context.Context, e *env) error
}

// groups in the order in which they run.
var groups = []group{chainGroup, walletGroup}

// env is what a group works with.
type env struct {
	config
	out     io.Writer
	client  *mongo.Client
	db      *mongo.Database // private to the run, dropped afterwards
	uri     string          // of the document store
	stores  []int           // the processes of the stores, those that run on this machine
	busy    bool            // the machine was busy before the run
	results []result
}

func names() []string {
	list := make([]string, len(groups))
	for i, g := range groups {
		list[i] = g.name
	}
	return list
}

// selected returns the groups that the flag names, all of them when it is empty.
func selected(only string) ([]group, error) {
	if only == "" {
		return groups, nil
	}
	var list []group
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(groups, func(g group) bool { return g.name == strings.TrimSpace(name) })
		if i < 0 {
			return nil, fmt.Errorf("-only: there is no group %q, there are: %s", name, strings.Join(names(), ", "))
		}
		list = append(list, groups[i])
	}
	return list, nil
}

func run(ctx context.Context, cfg config, out io.Writer) (err error) {
	list, err := selected(cfg.only)
	if err != nil {
		return err
	}
	if cfg.pairs < 1 || cfg.duration < 10*time.Millisecond {
		return errors.New("-pairs must be at least 1 and -duration at least 10ms")
	}
	busy := busyAtStart()
	uri := os.Getenv("MONGODB_URI")
	if uri == "" {
		return errors.New("MONGODB_URI is not set. Run `make bench`, which starts stores, or `make stores` and export what it prints")
	}
	client, err := mongox.Connect(ctx, mongox.Config{URI: uri, AppName: "bench", MaxPoolSize: 128}, mongox.Deps{})
	if err != nil {
		return err
	}
	e := &env{
		config: cfg, out: out, client: client, busy: busy, uri: uri, stores: storeProcesses(uri, os.Getenv("REDIS_URL")),
		db: client.Database(fmt.Sprintf("bench_%d", os.Getpid())),
	}
	defer func() {
		cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		err = errors.Join(err, e.db.Drop(cleanup), mongox.Close(cleanup, client))
	}()
	for _, g := range list {
		fmt.Fprintf(out, "%s: %s\n", g.name, g.about)
		if err := g.run(ctx, e); err != nil {
			return fmt.Errorf("group %s: %w", g.name, err)
		}
		fmt.Fprintln(out)
	}
	return e.save()
}

// save writes the results to the file of -json.
func (e *env) save() error {
	if e.json == "" {
		return nil
	}
	text, err := json.MarshalIndent(map[string]any{"results": e.results}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(e.json, append(text, '\n'), 0o600)
}
