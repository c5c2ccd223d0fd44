package authn

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwk"

	"github.com/refersuite/refersuite/pkg/clock"
)

const (
	maxJWKSBytes        = 1 << 20
	defaultKeyAge       = 15 * time.Minute
	defaultKeyCooldown  = 30 * time.Second
	defaultFetchTimeout = 5 * time.Second
)

// RemoteOptions tunes JWKSFromURL. Zero values are good except for Clock.
type RemoteOptions struct {
	// Client fetches; nil means one with a timeout of 5 s.
	Client *http.Client
	// Clock tells the time; required.
	Clock clock.Clock
	// MaxAge is how long fetched keys are used before they are fetched again; zero means 15 minutes. While the issuer
	// does not answer, the keys at hand stay in use.
	MaxAge time.Duration
	// Cooldown is the least time between two fetches, whatever asks for them, so that tokens with made-up key ids cannot
	// make us hammer the issuer; zero means 30 s.
	Cooldown time.Duration
}

// RemoteKeys is the key source over the JWKS URL of an issuer. Keys are fetched when first needed, again when they are
// old, and once when a token names a key not seen yet, which is how a rotated key is found.
type RemoteKeys struct {
	url  string
	opts RemoteOptions

	current atomic.Pointer[fetchedKeys]

	mu      sync.Mutex // held while fetching
	triedAt time.Time
	lastErr error
}

type fetchedKeys struct {
	byID map[string]jwk.Key
	at   time.Time
}

var _ KeySource = (*RemoteKeys)(nil)

// JWKSFromURL returns the key source over a JWKS URL. Nothing is fetched yet.
func JWKSFromURL(url string, opts RemoteOptions) *RemoteKeys {
	opts.MaxAge = orDefault(opts.MaxAge, defaultKeyAge)
	opts.Cooldown = orDefault(opts.Cooldown, defaultKeyCooldown)
	if opts.Client == nil {
		opts.Client = &http.Client{Timeout: defaultFetchTimeout}
	}
	return &RemoteKeys{url: url, opts: opts}
}

// Key implements KeySource. Who needs a key that is not at hand waits for the fetch; who has an old one does not wait for
// somebody else's.
func (r *RemoteKeys) Key(ctx context.Context, id string) (jwk.Key, error) {
	now := r.opts.Clock.Now()
	key, age, known := r.lookup(id, now)
	if known && age < r.opts.MaxAge {
		return key, nil
	}
	if known {
		if !r.mu.TryLock() {
			return key, nil
		}
	} else {
		r.mu.Lock()
	}
	defer r.mu.Unlock()
	if r.triedAt.IsZero() || now.Sub(r.triedAt) >= r.opts.Cooldown {
		r.triedAt = now
		r.refresh(ctx, now)
	}
	key, _, known = r.lookup(id, now)
	switch {
	case known:
		return key, nil
	case r.lastErr != nil:
		return nil, r.lastErr
	default:
		return nil, ErrKeyUnknown
	}
}

// lookup finds a key among those at hand and says how old they are.
func (r *RemoteKeys) lookup(id string, now time.Time) (jwk.Key, time.Duration, bool) {
	fetched := r.current.Load()
	if fetched == nil {
		return nil, 0, false
	}
	key, ok := fetched.byID[id]
	return key, now.Sub(fetched.at), ok
}

// refresh fetches the keys; on failure those at hand stay.
func (r *RemoteKeys) refresh(ctx context.Context, now time.Time) {
	// A caller who gives up must not fail the fetch for everybody who waits for it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), defaultFetchTimeout)
	defer cancel()
	keys, err := r.fetch(ctx)
	r.lastErr = err
	if err == nil {
		r.current.Store(&fetchedKeys{byID: keys, at: now})
	}
}

func (r *RemoteKeys) fetch(ctx context.Context) (map[string]jwk.Key, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url, nil)
	if err != nil {
		return nil, fmt.Errorf("fetch JWKS: %w", err)
	}
	resp, err := r.opts.Client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("fetch JWKS: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch JWKS: the issuer answered %s", resp.Status)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxJWKSBytes+1))
	if err != nil {
		return nil, fmt.Errorf("fetch JWKS: %w", err)
	}
	if len(data) > maxJWKSBytes {
		return nil, fmt.Errorf("fetch JWKS: longer than %d bytes", maxJWKSBytes)
	}
	set, err := jwk.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("parse JWKS: %w", err)
	}
	return publicKeys(set)
}
