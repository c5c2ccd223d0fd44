package mongox_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/refersuite/refersuite/pkg/mongox"
)

func TestIsUnknownOutcome_TellsRefusalsFromTheRest(t *testing.T) {
	write := func(codes ...int) mongo.WriteException {
		var e mongo.WriteException
		for i, code := range codes {
			e.WriteErrors = append(e.WriteErrors, mongo.WriteError{Index: i, Code: code})
		}
		return e
	}
	bulk := func(codes ...int) mongo.BulkWriteException {
		var e mongo.BulkWriteException
		for i, code := range codes {
			e.WriteErrors = append(e.WriteErrors, mongo.BulkWriteError{WriteError: mongo.WriteError{Index: i, Code: code}})
		}
		return e
	}
	unconfirmed := write(11000)
	unconfirmed.WriteConcernError = &mongo.WriteConcernError{Code: 64}
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"None":                  {nil, false},
		"NotFound":              {mongo.ErrNoDocuments, false},
		"Duplicate":             {write(11000), false},
		"Validation":            {write(121), false},
		"BulkDuplicates":        {bulk(11000, 11000), false},
		"WrappedDuplicate":      {fmt.Errorf("insert: %w", write(11000)), false},
		"NilDocument":           {mongo.ErrNilDocument, false},
		"NotEncodable":          {mongo.MarshalError{Err: errors.New("x")}, false},
		"Unauthorized":          {mongo.CommandError{Code: 13}, false},
		"Deadlock":              {write(mongox.CodeDeadlock), true},
		"DeadlockAmongOthers":   {bulk(11000, mongox.CodeDeadlock), true},
		"UnconfirmedByMajority": {unconfirmed, true},
		"InternalError":         {mongo.CommandError{Code: 1}, true},
		"NotWritablePrimary":    {mongo.CommandError{Code: 10107}, true},
		"Network":               {mongo.CommandError{Labels: []string{"NetworkError"}}, true},
		"Deadline":              {context.DeadlineExceeded, true},
		"Canceled":              {fmt.Errorf("insert: %w", context.Canceled), true},
		"Disconnected":          {mongo.ErrClientDisconnected, true},
		"Anything":              {errors.New("EOF"), true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := mongox.IsUnknownOutcome(c.err); got != c.want {
				t.Errorf("IsUnknownOutcome(%v) = %v", c.err, got)
			}
		})
	}
}

func TestRedact_LeavesNoCredentials(t *testing.T) {
	uri := "mongodb://app:s3cr%40t@db.example:27017/?x=1"
	err := mongox.Redact(uri, fmt.Errorf("dial %s: bad password s3cr%%40t or s3cr@t for app:s3cr%%40t: %w", uri, context.Canceled))
	for _, secret := range []string{"s3cr%40t", "s3cr@t", uri} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q shows %q", err, secret)
		}
	}
	if !errors.Is(err, context.Canceled) {
		t.Error("the cause is lost")
	}
}
