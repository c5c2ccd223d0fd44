package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/signal"
	"syscall"
	"time"

	"github.com/refersuite/refersuite/deploy/local/internal/replay"
	"github.com/refersuite/refersuite/deploy/local/internal/suite"
)

type replayCommand struct {
	File           string        `required:"" type:"existingfile" help:"CSV file with the columns inviter and invitee."`
	Report         string        `default:"text" enum:"text,json" help:"Form of the report, the last thing printed: text or json."`
	Program        string        `default:"replay" help:"Programme to publish and use."`
	Workers        int           `default:"64" help:"Referrals played at a time, 1 to 1024."`
	Duplicate      float64       `default:"0" help:"Share of the requests that are sent twice, 0 to 1."`
	ShuffleEvents  bool          `help:"Deliver the events of each referral out of order."`
	Seed           uint64        `default:"1" help:"Makes duplicates and orders repeatable."`
	RefereeReward  int64         `default:"0" help:"Reward of each referee at completion, in minor units."`
	Limit          int           `default:"0" help:"Play only the first lines; 0 means all."`
	GiveUpAfter    time.Duration `default:"5m" help:"How long a request is repeated while the suite does not answer."`
	DatabasePrefix string        `default:"refersuite_replay" help:"Beginning of the names of the databases, with MONGODB_URI."`
	CPUProfile     string        `name:"cpu-profile" type:"path" help:"Write a CPU profile of the process to this file."`
	Quiet          bool          `short:"q" help:"No progress bar."`
}

// Run plays the file against a suite of its own and prints the report.
func (c replayCommand) Run(ctx context.Context, env *environment) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	invitations, err := c.read()
	if err != nil {
		return err
	}
	environ := suite.Environ()
	if environ["METRICS"] == "" {
		environ["METRICS"] = "false" // nobody knows where to scrape them
	}
	started, err := suite.Start(ctx, suite.Options{
		Environ: environ, DatabasePrefix: c.DatabasePrefix, Version: env.version, Log: env.stderr,
		KeyFile: defaultKeyFile(),
	})
	if err != nil {
		return err
	}
	stopProfile, err := profile(c.CPUProfile)
	if err != nil {
		return errors.Join(err, started.Stop(ctx))
	}
	report, err := c.play(ctx, env, started, invitations)
	if err = errors.Join(err, stopProfile(), started.Stop(context.WithoutCancel(ctx))); err != nil {
		return err
	}
	if err := c.print(env, report); err != nil {
		return err
	}
	if !report.Sound(len(invitations)) {
		return errors.New("the replay did not end as it must: see the report")
	}
	return nil
}

func (c replayCommand) read() ([]replay.Invitation, error) {
	if c.Workers < 1 || c.Workers > 1024 {
		return nil, fmt.Errorf("--workers is %d: it must be 1 to 1024", c.Workers)
	}
	if c.Duplicate < 0 || c.Duplicate > 1 {
		return nil, fmt.Errorf("--duplicate is %g: it must be 0 to 1", c.Duplicate)
	}
	if c.RefereeReward < 0 {
		return nil, fmt.Errorf("--referee-reward is %d: it must not be negative", c.RefereeReward)
	}
	invitations, err := replay.ReadFile(c.File)
	if err != nil {
		return nil, err
	}
	if c.Limit > 0 && c.Limit < len(invitations) {
		invitations = invitations[:c.Limit]
	}
	return invitations, nil
}

func (c replayCommand) play(ctx context.Context, env *environment, started *suite.Suite, invitations []replay.Invitation) (replay.Report, error) {
	target, closeTarget, err := started.Clients("replay")
	if err != nil {
		return replay.Report{}, err
	}
	bar := newProgress(env.stderr, "replay", len(invitations), c.Quiet)
	run := replay.Run{
		Suite: replay.Suite(target), Clock: env.clock, Invitations: invitations, Played: bar.add,
		Options: replay.Options{
			ProgramID: c.Program, Workers: c.Workers, Duplicate: c.Duplicate, ShuffleEvents: c.ShuffleEvents, Seed: c.Seed,
			RefereeReward: c.RefereeReward, GiveUpAfter: c.GiveUpAfter,
		},
	}
	report, err := run.Do(ctx)
	return report, errors.Join(err, bar.finish(), closeTarget())
}

func (c replayCommand) print(env *environment, report replay.Report) error {
	if c.Report == "json" {
		encoder := json.NewEncoder(env.stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(report)
	}
	return report.WriteText(env.stdout)
}
