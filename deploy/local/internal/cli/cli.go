// Package cli is the command line of the all-in-one binary.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/alecthomas/kong"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/service"
)

// commands are those of the binary; kong makes the help text of them.
type commands struct {
	Up        upCommand        `cmd:"" help:"Run the whole suite in this process. Everything is in memory unless MONGODB_URI and REDIS_URL name real stores."`
	Demo      demoCommand      `cmd:"" help:"Play a short story of referrals through REST, print it with tables, and check every claim it makes."`
	Replay    replayCommand    `cmd:"" help:"Play a file of invitations as referrals driven to completion, then reconcile and report."`
	Reconcile reconcileCommand `cmd:"" help:"Walk the ledger and all chains of a running suite and report every fault."`
	Verify    verifyCommand    `cmd:"" help:"Walk the ledger in the database at MONGODB_URI without any service, and print its totals, its digests and every fault. Ends with 0 when it is whole, 1 when it is not, 2 when it could not be read."`
	Token     tokenCommand     `cmd:"" help:"Print a development token."`
	Init      initCommand      `cmd:"" help:"Make the keys of a deployment and initiate the replica set; running it again changes nothing."`
	Version   versionCommand   `cmd:"" help:"Print the version."`
}

// environment is what every command may use.
type environment struct {
	stdout, stderr io.Writer
	clock          clock.Clock
	version        string
}

// gcPercent trades memory for time: the suite makes much short-lived garbage per request. GOGC overrides it.
const gcPercent = 250

// Run executes the command line and returns the exit status.
func Run(ctx context.Context, version string, args []string, stdout, stderr io.Writer) int {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	var root commands
	exit := -1
	parser, err := kong.New(&root,
		kong.Name("refersuite"),
		kong.Description("A self-hosted referral platform: referrals, wallet, tiers, fraud and leaderboards behind one edge."),
		kong.UsageOnError(),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exit = code }),
		kong.Vars{"keyfile": defaultKeyFile(), "devissuer": service.DevIssuerName},
	)
	if err != nil {
		fmt.Fprintln(stderr, "refersuite:", err)
		return 1
	}
	command, err := parser.Parse(args)
	if exit >= 0 {
		return exit
	}
	if err != nil {
		parser.FatalIfErrorf(err)
		return 2
	}
	command.BindTo(ctx, (*context.Context)(nil))
	if err := command.Run(&environment{stdout: stdout, stderr: stderr, clock: clock.System(), version: version}); err != nil {
		fmt.Fprintln(stderr, "refersuite:", err)
		var status *statusError
		if errors.As(err, &status) {
			return status.status
		}
		return 1
	}
	return 0
}

// statusError is an error that decides the exit status.
type statusError struct {
	error
	status int
}

// Unwrap returns the error itself.
func (e *statusError) Unwrap() error { return e.error }

// defaultKeyFile is where the development key of this user is kept.
func defaultKeyFile() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "refersuite", "dev-key.json")
}
