package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/services/leaderboard/internal/domain"
)

// ProjectorOptions tune a Projector. The zero value is good for tests: it waits for nothing.
type ProjectorOptions struct {
	// Pace is the least time between two batches. The first change after a rest is projected at once; under load a longer
	// pace makes larger, and so fewer, batches.
	Pace time.Duration
	// MaxPending bounds the changes that wait; 0 means 50,000. What does not fit is left to a rebuild.
	MaxPending int
	// Logger hears of lost boards; nil discards.
	Logger *slog.Logger
}

// Projector brings boards up to date with the chains: in batches, in the background, each change once. When the boards are
// lost it forgets what waits, and has everything rebuilt once they are back.
type Projector struct {
	log       Log
	boards    Boards
	rebuilder *Rebuilder
	clock     clock.Clock
	opts      ProjectorOptions
	wake      chan struct{}

	mu       sync.Mutex
	pending  *batch
	inFlight *batch // nil while nothing is being projected
	lost     bool   // true from the failure of the boards until they answer again
}

// batch is what is projected at once.
type batch struct {
	programs map[string]*programBatch
	size     int
	done     chan struct{} // closed when the batch has been projected, or left to a rebuild
}

type programBatch struct {
	zone  string
	users map[string][]step
}

// step is one entry of a person's chain.
type step struct {
	seq   int64
	score domain.Score
}

func newBatch() *batch {
	return &batch{programs: map[string]*programBatch{}, done: make(chan struct{})}
}

// NewProjector returns a projector. Nothing is projected until it runs.
func NewProjector(log Log, boards Boards, rebuilder *Rebuilder, clk clock.Clock, opts ProjectorOptions) *Projector {
	if opts.MaxPending <= 0 {
		opts.MaxPending = 50_000
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	return &Projector{
		log: log, boards: boards, rebuilder: rebuilder, clock: clk, opts: opts,
		wake: make(chan struct{}, 1), pending: newBatch(),
	}
}

// Offer takes an entry of a chain. It never blocks and never fails: what cannot be taken is found in the chain by a rebuild.
// Entries may be offered again and in any order.
func (p *Projector) Offer(e chain.Entry[domain.Line]) {
	program, user, ok := domain.ParseScoreKey(e.Key)
	if !ok || e.Body.Score == nil {
		return
	}
	if !p.take(program, user, step{e.Seq, *e.Body.Score}) {
		p.rebuilder.Request(program)
		return
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// take reports false when there is no room.
func (p *Projector) take(program, user string, s step) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lost {
		return true
	}
	if p.pending.size >= p.opts.MaxPending {
		return false
	}
	b := p.pending.programs[program]
	if b == nil {
		b = &programBatch{users: map[string][]step{}}
		p.pending.programs[program] = b
	}
	if s.score.Delta > 0 {
		b.zone = s.score.TimeZone
	}
	b.users[user] = append(b.users[user], s)
	p.pending.size++
	return true
}

// Pending counts the changes that wait.
func (p *Projector) Pending() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pending.size
}

// Projected returns a channel that is closed when everything offered so far for a person is on the boards, or left to a
// rebuild; when nothing waits, it is closed already. No person at all means everybody.
func (p *Projector) Projected(programID, userID string) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.pending.concerns(programID, userID):
		return p.pending.done
	case p.inFlight != nil && p.inFlight.concerns(programID, userID):
		return p.inFlight.done
	}
	return settled
}

// settled is the channel for those who have nothing to wait for.
var settled = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

func (b *batch) concerns(programID, userID string) bool {
	if userID == "" {
		return b.size > 0
	}
	one := b.programs[programID]
	return one != nil && one.users[userID] != nil
}

// Run projects until ctx ends, and then once more what waits.
func (p *Projector) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
			p.projectPending(last)
			cancel()
			return
		case <-p.wake:
		}
		for p.projectPending(ctx) {
			if clock.Wait(ctx, p.clock, p.opts.Pace) != nil {
				break
			}
		}
	}
}

// projectPending projects what waits and reports whether there was anything.
func (p *Projector) projectPending(ctx context.Context) bool {
	p.mu.Lock()
	b := p.pending
	if b.size == 0 {
		p.mu.Unlock()
		return false
	}
	p.pending, p.inFlight = newBatch(), b
	p.mu.Unlock()

	if err := p.project(ctx, b); err != nil {
		p.outlast(ctx, err)
	}
	p.mu.Lock()
	p.inFlight = nil
	p.mu.Unlock()
	close(b.done)
	return true
}

// outlast waits until the boards answer again. Everything recorded until then is left to a rebuild of all programmes.
func (p *Projector) outlast(ctx context.Context, cause error) {
	p.opts.Logger.WarnContext(ctx, "boards are lost, scores go on", "error", cause)
	p.mu.Lock()
	p.lost = true
	close(p.pending.done)
	p.pending = newBatch()
	p.mu.Unlock()
	for pause := firstPause; p.boards.Ping(ctx) != nil; pause = min(2*pause, longestPause) {
		if clock.Wait(ctx, p.clock, pause) != nil {
			break
		}
	}
	p.mu.Lock()
	p.lost = false
	p.mu.Unlock()
	// What was offered while the boards were lost is in the chains already, so a rebuild that begins now finds it.
	p.rebuilder.RequestAll()
}
