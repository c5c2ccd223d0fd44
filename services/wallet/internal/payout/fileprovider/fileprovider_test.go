package fileprovider

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func payout(n int) app.Payout {
	return app.Payout{RequestedAt: noon, RedemptionOrder: domain.RedemptionOrder{
		ID: fmt.Sprint("x", n), UserID: "ann", Amount: 123450, Currency: "INR", Destination: "upi:ann-7"}}
}

func start(dir, process string, at time.Time) *Provider {
	return New(Directory(dir), process, clock.NewFake(at))
}

func submit(t *testing.T, p *Provider, o app.Payout) string {
	t.Helper()
	receipt, err := p.Submit(t.Context(), o)
	if err != nil || receipt.Paid {
		t.Fatalf("got %+v, %v", receipt, err)
	}
	return receipt.Reference
}

func content(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const head = "redemption_id,amount,currency,amount_minor,destination,requested_at\n"

func rows(ids ...int) string {
	text := head
	for _, n := range ids {
		text += fmt.Sprintf("x%d,1234.50,INR,123450,upi:ann-7,2026-03-01T12:00:00Z\n", n)
	}
	return text
}

func TestFile_OneLineForEachPayout(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "when", "needed")
	p := start(dir, "a1", noon)
	for i, want := range []string{"payouts-2026-03-01-a1.csv:2", "payouts-2026-03-01-a1.csv:3", "payouts-2026-03-01-a1.csv:2"} {
		if got := submit(t, p, payout(i%2)); got != want {
			t.Errorf("payout %d is at %s, want %s", i, got, want)
		}
	}
	if got := content(t, dir, "payouts-2026-03-01-a1.csv"); got != rows(0, 1) {
		t.Errorf("got %s", got)
	}
	if strings.Contains(content(t, dir, "payouts-2026-03-01-a1.csv"), "ann,") {
		t.Error("the file tells who is paid")
	}
}

func TestFile_AnotherProcessOrDayFindsTheLine(t *testing.T) {
	dir := t.TempDir()
	want := submit(t, start(dir, "a1", noon), payout(1))
	later := start(dir, "b2", noon.Add(48*time.Hour))
	if got := submit(t, later, payout(1)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := submit(t, later, payout(2)); got != "payouts-2026-03-03-b2.csv:2" {
		t.Errorf("got %s", got)
	}
	// The file of the first day is not looked at for a payout of the third; its own payouts are found still.
	fresh := payout(3)
	fresh.RequestedAt = noon.Add(48 * time.Hour)
	submit(t, later, fresh)
	if got := submit(t, later, payout(1)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestFile_SameIDWithOtherContentsIsAnError(t *testing.T) {
	dir := t.TempDir()
	p := start(dir, "a1", noon)
	submit(t, p, payout(1))
	other := payout(1)
	other.Amount++
	_, err := p.Submit(t.Context(), other)
	var refused *app.PayoutRefusedError
	if err == nil || errors.As(err, &refused) {
		t.Fatalf("got %v", err)
	}
	if got := content(t, dir, "payouts-2026-03-01-a1.csv"); got != rows(1) {
		t.Errorf("got %s", got)
	}
}

func TestFile_EditedFilesAreReadAsFarAsTheyGo(t *testing.T) {
	dir := t.TempDir()
	p := start(dir, "a1", noon)
	submit(t, p, payout(1))
	name := "payouts-2026-03-01-a1.csv"
	if err := os.WriteFile(filepath.Join(dir, name), []byte("a note,\"with\nquotes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, foreign := range []string{"notes.txt", "payouts-soon.csv", "payouts-2026-13-99-x.csv"} {
		if err := os.WriteFile(filepath.Join(dir, foreign), []byte("x2"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := submit(t, p, payout(2)); got != name+":3" {
		t.Errorf("got %s", got)
	}
}

// dying is a file in a process that dies, or on a disk that is full, after some bytes of a write.
type dying struct {
	output
	bytes    int
	truncate error
}

var errDied = errors.New("died")

func (d dying) WriteAt(b []byte, at int64) (int, error) {
	n, err := d.output.WriteAt(b[:d.bytes], at)
	return n, errors.Join(err, errDied)
}

func (d dying) Truncate(size int64) error {
	if d.truncate != nil {
		return d.truncate
	}
	return d.output.Truncate(size)
}

// TestM7_FileCutOffAnywhereIsRepaired cuts the write of a line off after each of its bytes, in a process that dies of it and in
// one that lives on.
func TestM7_FileCutOffAnywhereIsRepaired(t *testing.T) {
	name := "payouts-2026-03-01-a1.csv"
	for _, first := range []bool{true, false} {
		line := len(rows(2)) - len(head)
		if first {
			line = len(rows(2))
		}
		for cut := range line {
			for _, dies := range []bool{true, false} {
				dir := t.TempDir()
				p := start(dir, "a1", noon)
				want := rows(2)
				if !first {
					submit(t, p, payout(1))
					want = rows(1, 2)
				}
				p.open = func(path string) (output, error) {
					file, err := openFile(path)
					d := dying{output: file, bytes: cut}
					if dies {
						d.truncate = errDied
					}
					return d, err
				}
				if _, err := p.Submit(t.Context(), payout(2)); !errors.Is(err, errDied) {
					t.Fatalf("cut at %d: got %v", cut, err)
				}
				p.open = openFile
				next := p
				if dies {
					next = start(dir, "b2", noon)
				}
				submit(t, next, payout(2))
				if dies {
					both := content(t, dir, name) + content(t, dir, "payouts-2026-03-01-b2.csv")
					if strings.Count(both, "\nx2,") != 1 || !strings.HasSuffix("\n"+both, "\n") {
						t.Fatalf("cut at %d: got\n%s", cut, both)
					}
				} else if got := content(t, dir, name); got != want {
					t.Fatalf("cut at %d: got\n%s", cut, got)
				}
			}
		}
	}
}

// unsynced is a file whose bytes are not known to be on the disk.
type unsynced struct{ output }

func (unsynced) Sync() error { return errDied }

func TestM7_FileThatIsNotOnTheDiskIsNoPayout(t *testing.T) {
	dir := t.TempDir()
	p := start(dir, "a1", noon)
	p.open = func(path string) (output, error) {
		file, err := openFile(path)
		return unsynced{file}, err
	}
	if _, err := p.Submit(t.Context(), payout(1)); !errors.Is(err, errDied) {
		t.Fatalf("got %v", err)
	}
	p.open = openFile
	submit(t, p, payout(1))
	if got := content(t, dir, "payouts-2026-03-01-a1.csv"); got != rows(1) {
		t.Errorf("got %s", got)
	}
}

func TestM7_FileWhoeverComesLateWritesNothing(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := start(dir, "a1", noon).Submit(ctx, payout(1)); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if files, err := filepath.Glob(filepath.Join(dir, "*.csv")); err != nil || len(files) != 0 {
		t.Fatalf("wrote %v, %v", files, err)
	}
}

func TestM7_FileRaceOf20ProcessesWritesOneLine(t *testing.T) {
	dir := t.TempDir()
	var wait sync.WaitGroup
	for n := range 20 {
		wait.Go(func() {
			p := start(dir, fmt.Sprint("p", n), noon)
			for i := range 5 {
				if _, err := p.Submit(t.Context(), payout(i)); err != nil {
					t.Errorf("process %d: %v", n, err)
				}
			}
		})
	}
	wait.Wait()
	files, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err != nil {
		t.Fatal(err)
	}
	all := ""
	for _, path := range files {
		all += content(t, dir, filepath.Base(path))
	}
	for i := range 5 {
		if n := strings.Count(all, fmt.Sprintf("\nx%d,", i)); n != 1 {
			t.Errorf("payout %d has %d lines", i, n)
		}
	}
}

func TestDirectory_IsChecked(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	if err := Check(dir); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Fatalf("left %v, %v", entries, err)
	}
	blocked := filepath.Join(dir, "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if Check(filepath.Join(blocked, "below")) == nil {
		t.Error("a file was taken for a directory")
	}
	if _, err := start(filepath.Join(blocked, "below"), "a1", noon).Submit(t.Context(), payout(1)); err == nil {
		t.Error("wrote below a file")
	}
}

func TestTemporary_IsGoneAtTheEnd(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	unused := &Temporary{}
	if err := unused.Remove(); err != nil {
		t.Fatal(err)
	}
	used := &Temporary{}
	submit(t, New(used.Path, "a1", clock.NewFake(noon)), payout(1))
	path, err := used.Path()
	if err != nil {
		t.Fatal(err)
	}
	if err := used.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is left: %v", path, err)
	}
}
