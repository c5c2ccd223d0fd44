package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/refersuite/refersuite/pkg/access"
)

func TestEveryErrorIsAStatusWithAReason(t *testing.T) {
	s := newSuite(t, nil)
	user := s.as("ann", access.RoleUser)
	const create = "/v1/referrals"
	body := func(referee string) string { return `{"code":"ABCD","referee_id":"` + referee + `"}` }
	for name, test := range map[string]struct {
		method, path, body string
		options            []option
		status             int
		code               float64
		reason             string
		says               string
		header, value      string
	}{
		"unknown path": {
			method: "GET", path: "/v2/everything", status: 404, code: 5, reason: "ROUTE_NOT_FOUND", says: "/docs",
		},
		"wrong method": {
			method: "DELETE", path: create, status: 405, code: 12, reason: "METHOD_NOT_ALLOWED", says: "POST",
			header: "Allow", value: "POST",
		},
		"a POST is no GET in disguise": {
			method: "POST", path: "/v1/programs/p1", options: []option{header("Content-Type", "application/x-www-form-urlencoded"), header("X-HTTP-Method-Override", "GET")},
			status: 405, code: 12, reason: "METHOD_NOT_ALLOWED", header: "Allow", value: "GET",
		},
		"writing to a page": {
			method: "POST", path: "/docs", status: 405, code: 12, reason: "METHOD_NOT_ALLOWED", header: "Allow", value: "GET, HEAD",
		},
		"no token": {
			method: "GET", path: "/v1/programs/p1", status: 401, code: 16, reason: "TOKEN_MISSING",
			header: "Www-Authenticate", value: `Bearer realm="refersuite"`,
		},
		"bad token": {
			method: "GET", path: "/v1/programs/p1", options: []option{header("Authorization", "Bearer a.b.c")},
			status: 401, code: 16, reason: "TOKEN_INVALID", header: "Www-Authenticate", value: `Bearer realm="refersuite", error="invalid_token"`,
		},
		"another scheme": {
			method: "GET", path: "/v1/programs/p1", options: []option{header("Authorization", "Basic abc")},
			status: 401, code: 16, reason: "TOKEN_INVALID", says: "Bearer <token>",
		},
		"role": {
			method: "GET", path: "/v1/programs", options: []option{user}, status: 403, code: 7, reason: "ROLE_REQUIRED", says: "ADMIN",
		},
		"somebody else's data": {
			method: "POST", path: create, body: body("bob"), options: []option{user}, status: 403, code: 7, reason: "SUBJECT_MISMATCH",
		},
		"broken JSON": {
			method: "POST", path: create, body: `{"code":`, options: []option{user}, status: 400, code: 3, reason: "BODY_INVALID",
		},
		"two JSON values": {
			method: "POST", path: create, body: body("ann") + "{}", options: []option{user}, status: 400, code: 3, reason: "BODY_INVALID",
		},
		"unknown field": {
			method: "POST", path: create, body: `{"refereeId":"ann","refree":1}`, options: []option{user},
			status: 400, code: 3, reason: "FIELD_UNKNOWN", says: `"refree"`,
		},
		"wrong type": {
			method: "POST", path: create, body: `{"referee_id":7}`, options: []option{user}, status: 400, code: 3, reason: "BODY_INVALID", says: "referee_id",
		},
		"bad field": {
			method: "POST", path: create, body: body("a/b"), options: []option{s.admin()}, status: 400, code: 3, says: "referee_id",
			reason: "VALIDATION_FAILED",
		},
		"unknown query parameter": {
			method: "GET", path: "/v1/programs?pagesize=3", options: []option{s.admin()}, status: 400, code: 3, reason: "PARAMETER_INVALID", says: "pagesize",
		},
		"query parameter of another type": {
			method: "GET", path: "/v1/programs?page_size=many", options: []option{s.admin()}, status: 400, code: 3, reason: "PARAMETER_INVALID", says: "page_size",
		},
		"query parameter given twice": {
			method: "GET", path: "/v1/programs?page_size=1&page_size=2", options: []option{s.admin()}, status: 400, code: 3, reason: "PARAMETER_INVALID", says: "once",
		},
		"query parameter of the path": {
			method: "GET", path: "/v1/programs/p1?program_id=p2", options: []option{s.admin()}, status: 400, code: 3, reason: "PARAMETER_INVALID", says: "program_id",
		},
		"too large": {
			method: "POST", path: create, body: strings.Repeat(" ", 1<<20+1), options: []option{user}, status: 413, code: 3, reason: "BODY_TOO_LARGE", says: "1048576",
		},
		"not found": {
			method: "GET", path: "/v1/programs/missing", options: []option{user}, status: 404, code: 5, reason: "PROGRAM_NOT_FOUND",
		},
		"conflict": {
			method: "POST", path: create, body: body("known"), options: []option{s.admin()}, status: 409, code: 6, reason: "REFEREE_ALREADY_REFERRED",
		},
		"precondition": {
			method: "POST", path: create, body: body("cycle"), options: []option{s.admin()}, status: 400, code: 9, reason: "REFERRAL_CYCLE",
		},
		"over a limit": {
			method: "POST", path: create, body: body("busy"), options: []option{s.admin()}, status: 429, code: 8, reason: "TOO_MANY",
			header: "Retry-After", value: "3",
		},
		"a dependency away": {
			method: "POST", path: create, body: body("away"), options: []option{s.admin()}, status: 503, code: 14, reason: "STORE_AWAY",
			header: "Retry-After", value: "1",
		},
		"a defect": {
			method: "POST", path: create, body: body("crash"), options: []option{s.admin()}, status: 500, code: 13, reason: "INTERNAL", says: "internal error",
		},
		"a service that does not exist": {
			method: "GET", path: "/v1/operations/shipping/backlog", options: []option{s.admin()}, status: 400, code: 3, reason: "SERVICE_UNKNOWN", says: "shipping",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.do(test.method, test.path, test.body, test.options...)
			if got.status != test.status || got.body["code"] != test.code || got.reason() != test.reason {
				t.Fatalf("want %d %v %s, got %d %s", test.status, test.code, test.reason, got.status, got.raw)
			}
			if id := got.requestID(); id == "" || id != got.header.Get("X-Request-Id") {
				t.Errorf("request %q is named %q by %s", got.header.Get("X-Request-Id"), id, got.raw)
			}
			message, _ := got.body["message"].(string)
			if message == "" || !strings.Contains(got.raw, strings.ReplaceAll(test.says, `"`, `\"`)) {
				t.Errorf("want %q in %s", test.says, got.raw)
			}
			if test.header != "" && got.header.Get(test.header) != test.value {
				t.Errorf("%s: want %q, got %q", test.header, test.value, got.header.Get(test.header))
			}
			if strings.Contains(got.raw, "secret") {
				t.Errorf("a defect shows what it was: %s", got.raw)
			}
		})
	}
}

func TestServiceThatIsAwayIsNamedByReasonNotByAddress(t *testing.T) {
	s := newSuite(t, map[string]string{"REQUEST_TIMEOUT": "2s"})
	s.stop["wallet"]()
	got := s.do("GET", "/v1/users/ann/balance", "", s.as("ann", access.RoleUser))
	if got.status != http.StatusServiceUnavailable || got.reason() != "BACKEND_UNAVAILABLE" || strings.Contains(got.raw, "127.0.0.1") {
		t.Fatalf("got %d %s", got.status, got.raw)
	}
}

func TestRequestThatTakesTooLongEnds(t *testing.T) {
	s := newSuite(t, map[string]string{"REQUEST_TIMEOUT": "1s"})
	got := s.do("POST", "/v1/referrals", `{"code":"A","referee_id":"slow"}`, s.admin())
	if got.status != http.StatusGatewayTimeout || got.reason() != "DEADLINE_EXCEEDED" {
		t.Fatalf("got %d %s", got.status, got.raw)
	}
}
