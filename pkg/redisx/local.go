package redisx

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/refersuite/refersuite/pkg/clock"
)

// Local starts a Redis inside this process and returns a client of it. Both end with ctx, or when the client is closed.
// What it holds is lost then, which is all right: Redis never holds truth.
func Local(ctx context.Context, deps Deps) (redis.UniversalClient, error) {
	server := miniredis.NewMiniRedis()
	if err := server.StartAddr("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("start the Redis of this process: %w", err)
	}
	client := redis.NewClient(&redis.Options{
		Addr: server.Addr(), ContextTimeoutEnabled: true, Protocol: 2, DisableIdentity: true,
		DialTimeout: dialTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, PoolTimeout: poolTimeout,
	})
	if err := instrument(client, deps); err != nil {
		server.Close()
		return nil, errors.Join(err, client.Close())
	}
	ageCtx, stop := context.WithCancel(ctx)
	local := &localClient{Client: client, server: server, stop: stop, done: make(chan struct{})}
	go local.run(ageCtx)
	return local, nil
}

// localClient is a client that owns its server.
type localClient struct {
	*redis.Client
	server *miniredis.Miniredis
	stop   context.CancelFunc
	done   chan struct{}
	err    error
}

// Close stops the server and closes the client.
func (c *localClient) Close() error {
	c.stop()
	<-c.done
	return c.err
}

// run lets keys expire, which this server does only when told that time has passed, and shuts down when ctx ends.
func (c *localClient) run(ctx context.Context) {
	defer close(c.done)
	elapsed := clock.Stopwatch()
	var aged time.Duration
	for clock.Wait(ctx, clock.System(), time.Second) == nil {
		now := elapsed()
		c.server.FastForward(now - aged)
		aged = now
	}
	c.err = c.Client.Close()
	c.server.Close()
}
