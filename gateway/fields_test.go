package gateway_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestBodyMayNotContradictThePath(t *testing.T) {
	s := newSuite(t, nil)
	const path = "/v1/programs/d1/codes"
	for name, test := range map[string]struct {
		path, body string
		field      string
	}{
		"another value":               {path, `{"program_id":"other","owner_id":"asha"}`, "program_id"},
		"another value, camel case":   {path, `{"programId":"other","owner_id":"asha"}`, "program_id"},
		"the same value":              {path, `{"program_id":"d1","owner_id":"asha"}`, ""},
		"no value":                    {path, `{"program_id":"","owner_id":"asha"}`, ""},
		"left out":                    {path, `{"owner_id":"asha"}`, ""},
		"the same, escaped":           {"/v1/programs/d%7C1/codes", `{"program_id":"d|1","owner_id":"asha"}`, ""},
		"another, escaped":            {"/v1/programs/d%7C1/codes", `{"program_id":"d%7C1","owner_id":"asha"}`, "program_id"},
		"a path with a custom verb":   {"/v1/referrals/r1:review", `{"referral_id":"r2"}`, "referral_id"},
		"an operation of any service": {"/v1/operations/wallet/parked-commands:redrive", `{"service":"tier"}`, "service"},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.do("POST", test.path, test.body, s.admin())
			if test.field == "" {
				if got.status != http.StatusOK {
					t.Fatalf("got %d %s", got.status, got.raw)
				}
				return
			}
			field, description := got.violation()
			if got.status != http.StatusBadRequest || got.reason() != "PATH_INVALID" || field != test.field || description == "" {
				t.Fatalf("got %d %s", got.status, got.raw)
			}
		})
	}
}

func TestQueryFaultsNameTheParameterAndWhatItTakes(t *testing.T) {
	s := newSuite(t, nil)
	const board = "/v1/programs/p1/leaderboard"
	for query, want := range map[string]struct{ field, says string }{
		"period=NOPE":        {"period", "PERIOD_ALL_TIME, PERIOD_MONTH, PERIOD_WEEK, PERIOD_DAY"},
		"limit=9999999999":   {"limit", "from 0 to 500"},
		"limit=ten":          {"limit", "from 0 to 500"},
		"at=yesterday":       {"at", "2026-01-31T12:00:00Z"},
		"foo=1":              {"foo", "use at, limit, period"},
		"at.nonsense=1":      {"at.nonsense", "use at, limit, period"},
		"limit=1&limit=2":    {"limit", "2 times"},
		"program_id=p2":      {"program_id", "part of the path"},
		"a%22%20b=1":         {`a" b`, "not a parameter of this operation"},
		"limit=%zz":          {"", ""},
		"period=1;limit=2":   {"", ""},
		"at.seconds=1&foo=1": {"foo", "use at, limit, period"},
	} {
		t.Run(query, func(t *testing.T) {
			got := s.do("GET", board+"?"+query, "", s.admin())
			field, description := got.violation()
			if got.status != http.StatusBadRequest || got.reason() != "PARAMETER_INVALID" || field != want.field || !strings.Contains(description, want.says) {
				t.Fatalf("want %q %q, got %d %s", want.field, want.says, got.status, got.raw)
			}
			for _, internal := range []string{"strconv", "parsing", "parse", "escape \\", "proto:"} {
				if strings.Contains(got.raw, internal) {
					t.Errorf("shows %q: %s", internal, got.raw)
				}
			}
		})
	}
}
