// Package mongox holds everything the services share about the document store: one way to connect (majority, journaled
// writes, timeouts, pool sizes, spans, latency histograms, slow command warnings), one way to tell a definite answer
// from an unknown outcome, and two group-committing writers, Inserter and Replacer.
//
// Documents are plain Go structs with json tags: the client reads and writes them under their json names. An optional
// field needs omitempty (omitzero alone is a word of encoding/json only; say both for times and structs), and an
// embedded struct needs the bson tag ",inline". Times come back in UTC and keep milliseconds.
package mongox

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

// Connect dials the store and waits until it answers, so that a wrong address is found at the start. Every write of the
// client is acknowledged by a majority and journaled, whatever the URI says. The caller closes it with Close.
func Connect(ctx context.Context, cfg Config, deps Deps) (*mongo.Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg, deps = cfg.withDefaults(), deps.withDefaults()
	opts, err := clientOptions(cfg, deps)
	if err != nil {
		return nil, err
	}
	client, err := mongo.Connect(opts)
	if err != nil {
		return nil, redact(cfg.URI, fmt.Errorf("connect to the document store, check MONGODB_URI: %w", err))
	}
	pingCtx, cancel := context.WithTimeout(ctx, cfg.ServerSelectionTimeout)
	defer cancel()
	if err := client.Ping(pingCtx, nil); err != nil {
		closeErr := client.Disconnect(context.WithoutCancel(ctx))
		return nil, redact(cfg.URI, fmt.Errorf("no document store answered within %s, check MONGODB_URI and that the server is up: %w",
			cfg.ServerSelectionTimeout, errors.Join(err, closeErr)))
	}
	return client, nil
}

// Close waits for the operations in flight until ctx ends, then closes the connections.
func Close(ctx context.Context, client *mongo.Client) error {
	if err := client.Disconnect(ctx); err != nil && !errors.Is(err, mongo.ErrClientDisconnected) {
		return fmt.Errorf("close the document store: %w", err)
	}
	return nil
}

func clientOptions(cfg Config, deps Deps) (*options.ClientOptions, error) {
	journaled := true
	opts := options.Client().ApplyURI(cfg.URI).
		SetMaxPoolSize(cfg.MaxPoolSize).
		SetMinPoolSize(cfg.MinPoolSize).
		SetMaxConnecting(8).
		SetConnectTimeout(cfg.ConnectTimeout).
		SetServerSelectionTimeout(cfg.ServerSelectionTimeout).
		SetTimeout(cfg.OperationTimeout).
		SetRetryWrites(true).
		SetRetryReads(true).
		SetWriteConcern(&writeconcern.WriteConcern{W: writeconcern.WCMajority, Journal: &journaled}).
		SetBSONOptions(BSONOptions())
	if cfg.AppName != "" {
		opts.SetAppName(cfg.AppName)
	}
	monitor, err := newMonitor(cfg, deps)
	if err != nil {
		return nil, err
	}
	opts.SetMonitor(monitor.commandMonitor())
	if err := opts.Validate(); err != nil {
		return nil, redact(cfg.URI, fmt.Errorf("MONGODB_URI is not usable: %w", err))
	}
	return opts, nil
}

// BSONOptions are the options every client is made with; tests that encode documents by hand use the same.
func BSONOptions() *options.BSONOptions {
	return &options.BSONOptions{
		UseJSONStructTags:       true,
		ErrorOnInlineDuplicates: true,
		DefaultDocumentM:        true,
	}
}

// redactedError keeps a secret out of the text of an error while errors.Is and errors.As still see the cause.
type redactedError struct {
	text  string
	cause error
}

func (e *redactedError) Error() string { return e.text }
func (e *redactedError) Unwrap() error { return e.cause }

// redact removes the URI and its credentials from an error's text.
func redact(uri string, err error) error {
	text := strings.ReplaceAll(err.Error(), uri, "<MONGODB_URI>")
	_, rest, _ := strings.Cut(uri, "://")
	if at := strings.LastIndex(rest, "@"); at > 0 {
		credentials := rest[:at]
		text = strings.ReplaceAll(text, credentials, "<credentials>")
		if _, password, ok := strings.Cut(credentials, ":"); ok && password != "" {
			text = strings.ReplaceAll(text, password, "<password>")
			if plain, err := url.PathUnescape(password); err == nil && plain != "" {
				text = strings.ReplaceAll(text, plain, "<password>")
			}
		}
	}
	return &redactedError{text: text, cause: err}
}
