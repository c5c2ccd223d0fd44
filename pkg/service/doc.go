// Package service is what every service of the suite shares around its own code: settings, telemetry, stores, tokens, the
// gRPC server, the operations listener, signals and an ordered stop. A service brings three things.
//
// Settings. Its Config embeds this package's Config and adds its own fields (see package config for the tags):
//
//	type Config struct {
//		service.Config
//		TierAddr string `env:"TIER_ADDR" envDefault:"localhost:9093" doc:"gRPC address of the tier service."`
//	}
//
// A constructor in its root package, which picks the adapters and wires the use cases. Runtime carries everything it may
// need; a nil Mongo means the in-memory adapters:
//
//	func New(ctx context.Context, cfg Config, rt *service.Runtime) (*Service, error)
//
// And a value that implements Service: Register puts its gRPC services on the server (its own and, through package ops,
// the OperationsService), Run does its background work (relays, sweeps, projectors) until ctx ends and then waits for
// every goroutine it began. It does not listen: Serve does.
//
// Its main then is:
//
//	func main() {
//		service.Main("wallet", version, func(ctx context.Context, cfg wallet.Config, rt *service.Runtime) (service.Service, error) {
//			return wallet.New(ctx, cfg, rt)
//		})
//	}
//
// A process that runs several services (the local binary) builds their runtimes from shared parts and serves each:
//
//	rt, err := service.Build(ctx, "wallet", cfg.Config, service.Parts{Redis: shared, Verifier: dev, Issuer: devIssuer})
//	svc, err := wallet.New(ctx, cfg, rt)
//	err = service.Serve(ctx, cfg.Config, rt, svc, listener)
package service
