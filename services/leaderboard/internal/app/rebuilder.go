package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/services/leaderboard/internal/domain"
)

// Rebuilder builds boards from the chains: when somebody asks, when boards are missing, and all of them at its start, since
// the process before may have died between a chain and its boards.
type Rebuilder struct {
	log    Log
	boards Boards
	clock  clock.Clock
	token  func() string
	logger *slog.Logger
	wake   chan struct{}

	mu      sync.Mutex
	all     bool
	wanted  map[string]chan struct{} // closed when boards have been built that hold everything up to the wish
	running map[string]chan struct{} // of the rebuild under way, closed when it is done
	turns   map[string]chan struct{} // holds a value while a programme is being rebuilt in this process
}

// NewRebuilder returns a rebuilder. Token makes names of editions that were never used before.
func NewRebuilder(log Log, boards Boards, clk clock.Clock, token func() string, logger *slog.Logger) *Rebuilder {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &Rebuilder{
		log: log, boards: boards, clock: clk, token: token, logger: logger, wake: make(chan struct{}, 1),
		all: true, wanted: map[string]chan struct{}{}, running: map[string]chan struct{}{}, turns: map[string]chan struct{}{},
	}
}

// Request has a programme rebuilt from what the chains hold now or later. It does not block.
func (r *Rebuilder) Request(programID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.want(programID)
}

// Await returns a channel that is closed when boards of a programme have been built: by the rebuild under way, else by one
// that it requests.
func (r *Rebuilder) Await(programID string) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if done := r.running[programID]; done != nil {
		return done
	}
	return r.want(programID)
}

// want is called under the lock.
func (r *Rebuilder) want(programID string) <-chan struct{} {
	done := r.wanted[programID]
	if done == nil {
		done = make(chan struct{})
		r.wanted[programID] = done
		r.kick()
	}
	return done
}

// RequestAll has every programme rebuilt.
func (r *Rebuilder) RequestAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = true
	r.kick()
}

func (r *Rebuilder) kick() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run rebuilds what is wanted until ctx ends, one programme after the other.
func (r *Rebuilder) Run(ctx context.Context) {
	pause := firstPause
	for ctx.Err() == nil {
		worked, err := r.next(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			r.logger.WarnContext(ctx, "boards could not be rebuilt, trying again", "pause", pause.String(), "error", err)
			if clock.Wait(ctx, r.clock, pause) != nil {
				return
			}
			pause = min(2*pause, longestPause)
		case worked:
			pause = firstPause
		default:
			select {
			case <-ctx.Done():
			case <-r.wake:
			}
		}
	}
}

// next does one piece of work, and reports false when there is none.
func (r *Rebuilder) next(ctx context.Context) (bool, error) {
	r.mu.Lock()
	all := r.all
	r.all = false
	r.mu.Unlock()
	if all {
		if err := r.wantAll(ctx); err != nil {
			r.RequestAll()
			return true, err
		}
	}
	program, done := r.begin()
	if done == nil {
		return all, nil
	}
	built, err := r.Rebuild(ctx, program)
	r.end(program, done, err)
	if err == nil {
		r.logger.InfoContext(ctx, "boards were rebuilt", "program", program, "users", built.Users, "boards", built.Boards)
	}
	return true, err
}

// wantAll requests every programme that has scores.
func (r *Rebuilder) wantAll(ctx context.Context) error {
	after := ""
	for {
		keys, err := r.log.Keys(ctx, domain.ScorePrefix(""), after, 1)
		if err != nil || len(keys) == 0 {
			return err
		}
		program, _, ok := domain.ParseScoreKey(keys[0])
		if !ok {
			after = keys[0]
			continue
		}
		r.Request(program)
		after = domain.AfterProgram(program)
	}
}

// begin takes a programme that is wanted; done is nil when none is.
func (r *Rebuilder) begin() (programID string, done chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for programID, done = range r.wanted {
		delete(r.wanted, programID)
		r.running[programID] = done
		return programID, done
	}
	return "", nil
}

// end closes the work on a programme. After a failure it is wanted again. Whoever waits looks whether there are boards now.
func (r *Rebuilder) end(programID string, done chan struct{}, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.running, programID)
	close(done)
	if err != nil {
		r.want(programID)
	}
}

// turn lets one rebuild of a programme run at a time in this process.
func (r *Rebuilder) turn(ctx context.Context, programID string) (release func(), err error) {
	r.mu.Lock()
	gate := r.turns[programID]
	if gate == nil {
		gate = make(chan struct{}, 1)
		r.turns[programID] = gate
	}
	r.mu.Unlock()
	select {
	case gate <- struct{}{}:
		return func() { <-gate }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// lease is how long the builder of an edition may be silent before another takes over.
const lease = 30 * time.Second
