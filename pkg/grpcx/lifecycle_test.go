package grpcx_test

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/grpcx"
	tierv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/tier/v1"
)

// rawConn is a connection without anything of ours.
func (w *world) rawConn(t *testing.T) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///raw", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return w.listen.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
	return conn
}

func TestHealth_NeedsNoTokenAndKnowsEveryService(t *testing.T) {
	w := newWorld(t)
	client := healthv1.NewHealthClient(w.conn)
	for _, service := range []string{"", "refersuite.tier.v1.TierService", "refersuite.referral.v1.ReferralService"} {
		resp, err := client.Check(t.Context(), &healthv1.HealthCheckRequest{Service: service})
		if err != nil || resp.GetStatus() != healthv1.HealthCheckResponse_SERVING {
			t.Errorf("%q: %v, err = %v", service, resp.GetStatus(), err)
		}
	}
}

func TestReflection_ListsTheServicesUnlessSwitchedOff(t *testing.T) {
	list := func(w *world) ([]string, error) {
		stream, err := reflectionv1.NewServerReflectionClient(w.conn).ServerReflectionInfo(t.Context())
		if err != nil {
			return nil, err
		}
		ask := &reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{}}
		// io.EOF says that the server has ended the stream already: Recv tells why.
		if err := stream.Send(ask); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		resp, err := stream.Recv()
		var names []string
		for _, s := range resp.GetListServicesResponse().GetService() {
			names = append(names, s.GetName())
		}
		return names, err
	}
	names, err := list(newWorld(t))
	if err != nil || !slices.Contains(names, "refersuite.tier.v1.TierService") {
		t.Fatalf("names = %v, err = %v", names, err)
	}
	_, err = list(newWorld(t, func(s *setup) { s.config.NoReflection = true }))
	wantError(t, err, errs.Unimplemented, grpcx.ReasonUnimplemented)
}

func TestStop_LetsCallsInFlightEndAndTellsHealthFirst(t *testing.T) {
	w := newWorld(t)
	entered, release := make(chan struct{}), make(chan struct{})
	w.tiers.getMember = func(context.Context, *tierv1.GetMemberRequest) (*tierv1.GetMemberResponse, error) {
		close(entered)
		<-release
		return &tierv1.GetMemberResponse{UserId: "asha"}, nil
	}
	watch, err := healthv1.NewHealthClient(w.rawConn(t)).Watch(t.Context(), &healthv1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := watch.Recv(); err != nil || resp.GetStatus() != healthv1.HealthCheckResponse_SERVING {
		t.Fatalf("before: %v, err = %v", resp.GetStatus(), err)
	}
	answer := make(chan error, 1)
	ctx := w.asSystem(t)
	go func() {
		_, err := tierv1.NewTierServiceClient(w.conn).GetMember(ctx, getMember("asha"))
		answer <- err
	}()
	<-entered
	w.stop()
	// The watcher is told, or cut off when the stream ends first; either way it knows.
	if resp, err := watch.Recv(); err == nil && resp.GetStatus() != healthv1.HealthCheckResponse_NOT_SERVING {
		t.Errorf("while stopping: %v", resp.GetStatus())
	}
	close(release)
	if err := <-answer; err != nil {
		t.Errorf("the call in flight: %v", err)
	}
	if err := <-w.done; err != nil {
		t.Errorf("Serve = %v", err)
	}
}

func TestStop_CutsOffWhatTakesTooLong(t *testing.T) {
	fake := clock.NewFake(clock.System().Now())
	w := newWorld(t, func(s *setup) { s.deps.Clock = fake })
	entered := make(chan struct{})
	w.tiers.getMember = func(ctx context.Context, _ *tierv1.GetMemberRequest) (*tierv1.GetMemberResponse, error) {
		close(entered)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	answer := make(chan error, 1)
	ctx := w.asSystem(t)
	go func() {
		_, err := tierv1.NewTierServiceClient(w.rawConn(t)).GetMember(ctx, getMember("asha"))
		answer <- err
	}()
	<-entered
	w.stop()
	fake.BlockUntil(1)
	fake.Advance(time.Minute)
	if err := <-answer; err == nil {
		t.Error("the call in flight was answered")
	}
	if err := <-w.done; err != nil {
		t.Errorf("Serve = %v", err)
	}
	if !strings.Contains(w.log.String(), "cut off") {
		t.Errorf("log = %s", w.log)
	}
}

func TestServe_OnlyOnce(t *testing.T) {
	w := newWorld(t)
	if err := w.call(t); err != nil {
		t.Fatal(err)
	}
	if err := w.server.Serve(t.Context(), w.listen); err == nil {
		t.Fatal("a second Serve was accepted")
	}
}
