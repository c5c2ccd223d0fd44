// Package ops serves what the people who run the suite need from every service: the OperationsService over gRPC (audit
// trail, undelivered and parked commands, verification of chains) and, over HTTP, metrics, liveness and readiness.
package ops
