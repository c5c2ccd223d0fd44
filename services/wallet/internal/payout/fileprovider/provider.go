// Package fileprovider is the payout provider that writes payouts to CSV files, for a person or a bank to pay, and to confirm
// by hand. There is one file per UTC day and process, each with a header line:
//
//	redemption_id,amount,currency,amount_minor,destination,requested_at
//
// A payout has one line in all files of the directory, whatever crashes: before a line is written, the files that can hold it
// are looked through, under a lock that all processes on the directory share. A line is on the disk before it is answered.
package fileprovider

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
)

// Name is the name of the provider.
const Name = "file"

const (
	prefix, suffix = "payouts-", ".csv"
	lockName       = ".lock"
	dayFormat      = "2006-01-02"
	// skew is how far the clocks of processes may differ.
	skew = 24 * time.Hour

	dirMode, fileMode = 0o700, 0o600
)

// Provider implements app.PayoutProvider. It is safe for concurrent use, by any number of processes on one directory.
type Provider struct {
	dir     func() (string, error)
	process string
	clock   clock.Clock

	mu    sync.Mutex
	files map[string]*seenFile
	open  func(path string) (output, error)
}

// New returns a provider that writes below the directory that dir tells, which is made when it is needed first. Process
// names this process in file names: letters and digits that no other process has.
func New(dir func() (string, error), process string, clk clock.Clock) *Provider {
	return &Provider{dir: dir, process: process, clock: clk, files: map[string]*seenFile{}, open: openFile}
}

// Name returns "file".
func (p *Provider) Name() string { return Name }

// Submit writes the line of a payout unless a file has it. The reference is the name of the file and the line in it.
func (p *Provider) Submit(ctx context.Context, o app.Payout) (app.PayoutReceipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	dir, err := p.dir()
	if err != nil {
		return app.PayoutReceipt{}, fmt.Errorf("directory of payout files: %w", err)
	}
	unlock, err := lock(filepath.Join(dir, lockName))
	if err != nil {
		return app.PayoutReceipt{}, fmt.Errorf("lock the payout files: %w", err)
	}
	receipt, err := p.submit(ctx, dir, o)
	if unlockErr := unlock(); err == nil && unlockErr != nil {
		err = fmt.Errorf("unlock the payout files: %w", unlockErr)
	}
	return receipt, err
}

// submit works under the lock, so no line is being written by anybody else.
func (p *Provider) submit(ctx context.Context, dir string, o app.Payout) (app.PayoutReceipt, error) {
	if err := ctx.Err(); err != nil {
		return app.PayoutReceipt{}, err // somebody else may have taken over while this one waited
	}
	if err := p.look(dir, o.RequestedAt.Add(-skew)); err != nil {
		return app.PayoutReceipt{}, err
	}
	for name, file := range p.files {
		place, found := file.rows[o.ID]
		switch {
		case found && place.contents != contentsOf(fieldsOf(o)):
			return app.PayoutReceipt{}, fmt.Errorf("payout %s is in %s with other contents: another installation writes to the directory, or the file was edited", o.ID, name)
		case found:
			return app.PayoutReceipt{Reference: reference(name, place.line)}, nil
		}
	}
	name := prefix + p.clock.Now().UTC().Format(dayFormat) + "-" + p.process + suffix
	file := p.files[name]
	if file == nil {
		file = &seenFile{rows: map[string]place{}}
	}
	err := p.append(filepath.Join(dir, name), file, fieldsOf(o))
	delete(p.files, name) // what is on the disk decides, also after a write that failed
	if err != nil {
		return app.PayoutReceipt{}, fmt.Errorf("write payout %s: %w", o.ID, err)
	}
	p.files[name] = file
	return app.PayoutReceipt{Reference: reference(name, file.rows[o.ID].line)}, nil
}

func reference(name string, line int) string { return fmt.Sprintf("%s:%d", name, line) }

// look reads what was added to the files of the days since a time and forgets the others.
func (p *Provider) look(dir string, since time.Time) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("list the payout files: %w", err)
	}
	seen := map[string]*seenFile{}
	for _, entry := range entries {
		name := entry.Name()
		day, ok := dayOf(name)
		if !ok || day.Before(since.UTC().Truncate(24*time.Hour)) {
			continue
		}
		file := p.files[name]
		if file == nil {
			file = &seenFile{rows: map[string]place{}}
		}
		if err := file.read(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		seen[name] = file
	}
	p.files = seen
	return nil
}

// dayOf returns the day of a payout file; false for another file.
func dayOf(name string) (time.Time, bool) {
	rest, ok := strings.CutPrefix(name, prefix)
	if !ok || !strings.HasSuffix(name, suffix) || len(rest) < len(dayFormat) {
		return time.Time{}, false
	}
	day, err := time.Parse(dayFormat, rest[:len(dayFormat)])
	return day, err == nil
}
