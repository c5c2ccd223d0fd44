package idempotency

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/refersuite/refersuite/gateway/internal/apierror"
	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/grpcx"
)

const (
	// Header names a request, so that repeating it is safe.
	Header = "Idempotency-Key"
	// ReplayedHeader is true on an answer that was given before.
	ReplayedHeader = "Idempotency-Replayed"
	// maxKey bounds the length of a key.
	maxKey = 255
)

// Options tune the middleware.
type Options struct {
	// TTL is how long an answer is kept.
	TTL time.Duration
	// Lease is how long a request may take. When its process dies, repetitions are served again after it.
	Lease func(*http.Request) time.Duration
	// MaxBody bounds the answers that are kept, in bytes.
	MaxBody int
	// StoreTimeout bounds what each use of a slow store may cost a request.
	StoreTimeout time.Duration
	// Logger hears of a store that fails.
	Logger *slog.Logger
}

// Keys serves a POST with an Idempotency-Key once per caller, path and key. It needs the caller, so it comes after
// authentication, and a body that is read already.
type Keys struct {
	store Store
	opts  Options
}

// New returns the middleware's state.
func New(store Store, opts Options) *Keys { return &Keys{store: store, opts: opts} }

// Wrap is the middleware.
func (k *Keys) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller, known := access.FromContext(r.Context())
		values := r.Header.Values(Header)
		// Nobody else's answers are at stake without a caller, and then no POST is served anyway.
		if r.Method != http.MethodPost || len(values) == 0 || !known {
			next.ServeHTTP(w, r)
			return
		}
		if len(values) > 1 || !sane(values[0]) {
			st := apierror.New(codes.InvalidArgument, apierror.ReasonKeyInvalid,
				"the header Idempotency-Key must be sent once and hold 1 to %d visible ASCII characters", maxKey)
			apierror.Write(w, apierror.WithField(st, Header, "must hold 1 to 255 visible ASCII characters"))
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			apierror.Write(w, apierror.New(codes.InvalidArgument, apierror.ReasonBodyInvalid, "the request body could not be read"))
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		claim := claim{
			key:   digest(caller.Subject, r.Method, r.URL.EscapedPath(), values[0]),
			first: record{Request: sum(r.URL.RawQuery, string(body)), Holder: grpcx.RequestID(r.Context())},
		}
		k.serve(w, r, next, claim)
	})
}

// claim is a key and the request that uses it now.
type claim struct {
	key   string
	first record
}

func (k *Keys) serve(w http.ResponseWriter, r *http.Request, next http.Handler, c claim) {
	ctx, cancel := context.WithTimeout(r.Context(), k.opts.StoreTimeout)
	present, reserved, err := k.store.Reserve(ctx, c.key, c.first.encode(), k.opts.Lease(r))
	cancel()
	if err != nil {
		// The RPCs are idempotent by themselves; refusing to serve would help nobody.
		k.opts.Logger.WarnContext(r.Context(), "idempotency keys are not kept: their store fails", "error", err)
		next.ServeHTTP(w, r)
		return
	}
	if !reserved {
		k.repeat(w, r, c, present)
		return
	}
	k.first(w, r, next, c)
}

// repeat answers a request whose key was used before.
func (k *Keys) repeat(w http.ResponseWriter, r *http.Request, c claim, present []byte) {
	known, err := decode(present)
	switch {
	case err != nil:
		k.opts.Logger.ErrorContext(r.Context(), "idempotency record is not readable", "error", err)
		apierror.Write(w, apierror.New(codes.Internal, apierror.ReasonInternal, "internal error"))
	case !bytes.Equal(known.Request, c.first.Request):
		apierror.Write(w, apierror.New(codes.InvalidArgument, apierror.ReasonKeyReused,
			"this Idempotency-Key was used for another request: use a new key, or send the same request"))
	case known.Status == 0:
		w.Header().Set("Retry-After", "1")
		apierror.Write(w, apierror.New(codes.Aborted, apierror.ReasonKeyInProgress,
			"a request with this Idempotency-Key is being served: send it again in a moment"))
	default:
		w.Header().Set(ReplayedHeader, "true")
		w.Header().Set("Content-Type", known.ContentType)
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(known.Status)
		_, _ = w.Write(known.Body) // whoever hung up does not want to hear about it
	}
}

// first serves a request and keeps its answer before it is sent: whoever got an answer gets the same one again.
func (k *Keys) first(w http.ResponseWriter, r *http.Request, next http.Handler, c claim) {
	held := &buffer{ResponseWriter: w, status: http.StatusOK}
	settled := false
	// Also when the handler panics, or the caller has gone.
	ctx := context.WithoutCancel(r.Context())
	defer func() {
		if !settled {
			k.forget(ctx, c)
		}
	}()
	next.ServeHTTP(held, r)
	if apierror.IsDefinite(held.status) && held.body.Len() <= k.opts.MaxBody {
		settled = k.keep(ctx, c, held)
	}
	held.flush()
}

func (k *Keys) keep(ctx context.Context, c claim, held *buffer) bool {
	ctx, cancel := context.WithTimeout(ctx, k.opts.StoreTimeout)
	defer cancel()
	answer := c.first
	answer.Status, answer.Body = held.status, held.body.Bytes()
	answer.ContentType = held.Header().Get("Content-Type")
	if err := k.store.Replace(ctx, c.key, c.first.encode(), answer.encode(), k.opts.TTL); err != nil {
		k.opts.Logger.WarnContext(ctx, "the answer to an idempotency key is not kept: its store fails", "error", err)
		return false
	}
	return true
}

func (k *Keys) forget(ctx context.Context, c claim) {
	ctx, cancel := context.WithTimeout(ctx, k.opts.StoreTimeout)
	defer cancel()
	if err := k.store.Remove(ctx, c.key, c.first.encode()); err != nil {
		k.opts.Logger.WarnContext(ctx, "an idempotency key stays reserved until its lease ends: its store fails", "error", err)
	}
}

// buffer holds an answer back.
type buffer struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (b *buffer) WriteHeader(status int) { b.status = status }

func (b *buffer) Write(data []byte) (int, error) { return b.body.Write(data) }

func (b *buffer) flush() {
	b.ResponseWriter.WriteHeader(b.status)
	_, _ = b.ResponseWriter.Write(b.body.Bytes()) // whoever hung up does not want to hear about it
}

func sane(key string) bool {
	if key == "" || len(key) > maxKey {
		return false
	}
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return false
		}
	}
	return true
}

// sum hashes parts, each after its length, so that no two lists look alike.
func sum(parts ...string) []byte {
	hash := sha256.New()
	for _, part := range parts {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		hash.Write(length[:])
		hash.Write([]byte(part))
	}
	return hash.Sum(nil)
}

func digest(parts ...string) string { return hex.EncodeToString(sum(parts...)) }
