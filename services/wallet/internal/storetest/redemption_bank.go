package storetest

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/idgen"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/payout/fileprovider"
	"github.com/refersuite/refersuite/services/wallet/internal/payout/httpprovider"
)

// bank is what pays in the end.
type bank interface {
	// provider returns the provider of a new process.
	provider(clk clock.Clock) app.PayoutProvider
	// payouts returns how often it would pay a redemption.
	payouts(t testing.TB, id string) int
}

// recordingBank is a provider that answers as it is told and pays each redemption once.
type recordingBank struct {
	mu     sync.Mutex
	name   string
	answer func(p app.Payout) (app.PayoutReceipt, error)
	calls  map[string]int
	paid   map[string]int
}

func (b *recordingBank) provider(clock.Clock) app.PayoutProvider { return b }

func (b *recordingBank) payouts(_ testing.TB, id string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.paid[id]
}

// Name implements app.PayoutProvider.
func (b *recordingBank) Name() string {
	if b.name != "" {
		return b.name
	}
	return "bank"
}

// Submit implements app.PayoutProvider.
func (b *recordingBank) Submit(_ context.Context, p app.Payout) (app.PayoutReceipt, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.calls == nil {
		b.calls, b.paid = map[string]int{}, map[string]int{}
	}
	b.calls[p.ID]++
	receipt := app.PayoutReceipt{Reference: "ref-" + p.ID}
	if b.answer != nil {
		var err error
		if receipt, err = b.answer(p); err != nil {
			return app.PayoutReceipt{}, err
		}
	}
	b.paid[p.ID] = 1
	return receipt, nil
}

// fileBank pays what stands in payout files.
type fileBank struct {
	dir string
	ids idgen.Source
}

func (b *fileBank) provider(clk clock.Clock) app.PayoutProvider {
	return fileprovider.New(fileprovider.Directory(b.dir), b.ids.NewID(), clk)
}

func (b *fileBank) payouts(t testing.TB, id string) int {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(b.dir, "*.csv"))
	must(t, err)
	found := 0
	for _, path := range paths {
		file, err := os.Open(path)
		must(t, err)
		rows, err := csv.NewReader(file).ReadAll()
		must(t, err)
		must(t, file.Close())
		for _, row := range rows {
			if row[0] == id {
				found++
			}
		}
	}
	return found
}

// httpBank is a provider behind HTTP that honours idempotency keys.
type httpBank struct {
	server *httptest.Server
	mu     sync.Mutex
	paid   map[string]string // body by idempotency key
	broken string            // what a request had wrong
}

func newHTTPBank(t testing.TB) *httpBank {
	t.Helper()
	b := &httpBank{paid: map[string]string{}}
	b.server = httptest.NewServer(b)
	t.Cleanup(b.server.Close)
	return b
}

func (b *httpBank) provider(clk clock.Clock) app.PayoutProvider {
	return httpprovider.New(b.server.URL, secret, 10*time.Second, clk, b.server.Client().Transport)
}

func (b *httpBank) payouts(t testing.TB, id string) int {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken != "" {
		t.Error(b.broken)
	}
	if _, paid := b.paid[id]; paid {
		return 1
	}
	return 0
}

// ServeHTTP accepts a payout once.
func (b *httpBank) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	key := r.Header.Get(httpprovider.HeaderKey)
	b.mu.Lock()
	defer b.mu.Unlock()
	if before, known := b.paid[key]; err != nil || known && before != string(body) {
		b.broken = "a key returned with another body: " + key
	}
	b.paid[key] = string(body)
	if err := json.NewEncoder(w).Encode(map[string]string{"reference": "bank-" + key, "status": "ACCEPTED"}); err != nil {
		b.broken = err.Error()
	}
}
