// Command bench measures the suite on real stores and prints, beside each figure, what the raw driver does in the same run.
// Absolute times vary between machines; the ratios are what counts.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	if os.Getenv(serveVariable) != "" {
		serveWallet()
		return
	}
	cfg := config{loaded: loads{1000, 1_000_000}}
	flag.StringVar(&cfg.only, "only", "", "run these groups only, separated by commas: "+strings.Join(names(), ", "))
	flag.StringVar(&cfg.json, "json", "", "write the figures to this file as JSON")
	flag.DurationVar(&cfg.duration, "duration", time.Second, "length of one run")
	flag.IntVar(&cfg.pairs, "pairs", 5, "runs of each side; they alternate, the figures are medians")
	flag.Var(&cfg.loaded, "loaded", "postings in the ledger before the group wallet measures, separated by commas")
	flag.StringVar(&cfg.profiles, "profiles", "", "write processor profiles of the services under test to this directory")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, cfg, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}
