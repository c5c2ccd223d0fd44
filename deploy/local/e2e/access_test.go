package e2e_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	referralv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
)

// access is one call, made in three ways, and the one answer all of them must give.
type access struct {
	token   string
	service string
	method  string
	path    string
	body    object
	// bad replaces body over REST, for what no stub can send.
	bad    string
	call   func(context.Context, grpc.ClientConnInterface) error
	code   codes.Code
	http   int
	reason string
	field  string
}

func unary[Q, A any](ctx context.Context, method func(context.Context, Q, ...grpc.CallOption) (A, error), request Q) error {
	_, err := method(ctx, request)
	return err
}

func balanceOf(user, currency string) func(context.Context, grpc.ClientConnInterface) error {
	return func(ctx context.Context, conn grpc.ClientConnInterface) error {
		return unary(ctx, walletv1.NewWalletServiceClient(conn).GetBalance, &walletv1.GetBalanceRequest{UserId: user, Currency: currency})
	}
}

func createProgram(id, name string) func(context.Context, grpc.ClientConnInterface) error {
	return func(ctx context.Context, conn grpc.ClientConnInterface) error {
		return unary(ctx, referralv1.NewReferralServiceClient(conn).CreateProgram, &referralv1.CreateProgramRequest{ProgramId: id, Name: name})
	}
}

func createReferral(request *referralv1.CreateReferralRequest) func(context.Context, grpc.ClientConnInterface) error {
	return func(ctx context.Context, conn grpc.ClientConnInterface) error {
		return unary(ctx, referralv1.NewReferralServiceClient(conn).CreateReferral, proto.CloneOf(request))
	}
}

func accessMatrix(t *testing.T) map[string]access {
	ann := shared.token(t, "ann", "USER")
	admin := shared.token(t, "admin", "ADMIN")
	expired := shared.tokenAt(t, time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), "ann", "USER")
	balance := "/v1/users/ann/balance?currency=INR"
	event := func(ctx context.Context, conn grpc.ClientConnInterface) error {
		return unary(ctx, referralv1.NewReferralServiceClient(conn).RecordEvent,
			&referralv1.RecordEventRequest{EventId: "e", ReferralId: "r", Type: referralv1.EventType_EVENT_TYPE_PURCHASE})
	}
	return map[string]access{
		"no token": {
			service: "wallet", method: http.MethodGet, path: balance, call: balanceOf("ann", "INR"),
			code: codes.Unauthenticated, http: http.StatusUnauthorized, reason: "TOKEN_MISSING",
		},
		"no token for a change": {
			service: "referral", method: http.MethodPost, path: "/v1/programs", body: object{"program_id": "x", "name": "X"},
			call: createProgram("x", "X"), code: codes.Unauthenticated, http: http.StatusUnauthorized, reason: "TOKEN_MISSING",
		},
		"expired token": {
			token: expired, service: "wallet", method: http.MethodGet, path: balance, call: balanceOf("ann", "INR"),
			code: codes.Unauthenticated, http: http.StatusUnauthorized, reason: "TOKEN_EXPIRED",
		},
		"forged token": {
			token: ann[:len(ann)-8] + "AAAAAAAA", service: "wallet", method: http.MethodGet, path: balance, call: balanceOf("ann", "INR"),
			code: codes.Unauthenticated, http: http.StatusUnauthorized, reason: "TOKEN_INVALID",
		},
		"user calls what is for admins": {
			token: ann, service: "referral", method: http.MethodPost, path: "/v1/programs", body: object{"program_id": "x", "name": "X"},
			call: createProgram("x", "X"), code: codes.PermissionDenied, http: http.StatusForbidden,
		},
		"user records an event": {
			token: ann, service: "referral", method: http.MethodPost, path: "/v1/events",
			body: object{"event_id": "e", "referral_id": "r", "type": "EVENT_TYPE_PURCHASE"},
			call: event, code: codes.PermissionDenied, http: http.StatusForbidden,
		},
		"somebody else's balance": {
			token: ann, service: "wallet", method: http.MethodGet, path: "/v1/users/bob/balance?currency=INR", call: balanceOf("bob", "INR"),
			code: codes.PermissionDenied, http: http.StatusForbidden,
		},
		"signing somebody else up": {
			token: ann, service: "referral", method: http.MethodPost, path: "/v1/referrals", body: object{"code": "SPRING", "referee_id": "bob"},
			call: createReferral(&referralv1.CreateReferralRequest{Code: "SPRING", RefereeId: "bob"}),
			code: codes.PermissionDenied, http: http.StatusForbidden,
		},
		"bad field in a query": {
			token: ann, service: "wallet", method: http.MethodGet, path: "/v1/users/ann/balance?currency=rupees", call: balanceOf("ann", "rupees"),
			code: codes.InvalidArgument, http: http.StatusBadRequest, field: "currency",
		},
		"bad field in a body": {
			token: admin, service: "referral", method: http.MethodPost, path: "/v1/referrals",
			body: object{"code": "SPRING", "referee_id": "ann", "ip_address": "nowhere"},
			call: createReferral(&referralv1.CreateReferralRequest{Code: "SPRING", RefereeId: "ann", IpAddress: "nowhere"}),
			code: codes.InvalidArgument, http: http.StatusBadRequest, field: "ip_address",
		},
		"missing field": {
			token: admin, service: "referral", method: http.MethodPost, path: "/v1/programs", body: object{"program_id": "x"},
			call: createProgram("x", ""), code: codes.InvalidArgument, http: http.StatusBadRequest, field: "name",
		},
		"unknown field": {
			token: admin, method: http.MethodPost, path: "/v1/programs", bad: `{"program_id":"x","title":"X"}`,
			http: http.StatusBadRequest, reason: "FIELD_UNKNOWN", field: "title",
		},
		"unknown enum value": {
			token: admin, method: http.MethodPost, path: "/v1/events", bad: `{"event_id":"e","referral_id":"r","type":"EVENT_TYPE_GIFT"}`,
			http: http.StatusBadRequest, reason: "BODY_INVALID", field: "type",
		},
		"broken body": {
			token: admin, method: http.MethodPost, path: "/v1/programs", bad: `{"program_id":`,
			http: http.StatusBadRequest, reason: "BODY_INVALID",
		},
		"what does not exist": {
			token: admin, service: "referral", method: http.MethodGet, path: "/v1/referrals/no-such",
			call: func(ctx context.Context, conn grpc.ClientConnInterface) error {
				return unary(ctx, referralv1.NewReferralServiceClient(conn).GetReferral, &referralv1.GetReferralRequest{ReferralId: "no-such"})
			},
			code: codes.NotFound, http: http.StatusNotFound, reason: "REFERRAL_NOT_FOUND",
		},
		"one's own balance": {
			token: ann, service: "wallet", method: http.MethodGet, path: balance, call: balanceOf("ann", "INR"),
			code: codes.OK, http: http.StatusOK,
		},
	}
}

func TestE2E_EveryWayInGivesTheSameAnswer(t *testing.T) {
	for name, test := range accessMatrix(t) {
		t.Run(name, func(t *testing.T) {
			var body any
			if test.body != nil {
				body = test.body
			}
			if test.bad != "" {
				body = test.bad
			}
			got := shared.rest(t, test.method, test.path, test.token, body)
			if got.status != test.http || test.reason != "" && got.reason() != test.reason || test.field != "" && got.field() != test.field {
				t.Errorf("REST: %d %s", got.status, got.text)
			}
			if test.http == http.StatusUnauthorized && got.header.Get("WWW-Authenticate") == "" {
				t.Error("REST: no WWW-Authenticate")
			}
			if test.call == nil {
				return
			}
			for way, address := range map[string]string{"edge": shared.EdgeAddr, "service": shared.Addrs[test.service]} {
				err := test.call(bearer(t, test.token), dial(t, address))
				if status.Code(err) != test.code || test.reason != "" && statusReason(err) != test.reason ||
					test.field != "" && statusField(err) != test.field {
					t.Errorf("%s: %v, reason %q, field %q", way, err, statusReason(err), statusField(err))
				}
				if test.code != codes.OK && got.reason() != statusReason(err) {
					t.Errorf("REST says %q, %s says %q", got.reason(), way, statusReason(err))
				}
			}
		})
	}
}
