// Package e2e tests the whole suite from outside, over REST and gRPC, as its users see it.
package e2e
