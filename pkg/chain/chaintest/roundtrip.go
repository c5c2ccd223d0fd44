package chaintest

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/refersuite/refersuite/pkg/chain"
)

// RoundTrip fails the test unless the body comes back from JSON and from BSON as it was, with the same hash. A service
// calls it with a body whose every field is set, and with a zero body.
func RoundTrip[B any](t testing.TB, body B) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatalf("write the body as JSON: %v", err)
	}
	var fromJSON B
	if err := json.Unmarshal(text, &fromJSON); err != nil {
		t.Fatalf("read the body from JSON: %v", err)
	}
	var buf bytes.Buffer
	enc := bson.NewEncoder(bson.NewDocumentWriter(&buf))
	enc.UseJSONStructTags()
	if err := enc.Encode(body); err != nil {
		t.Fatalf("write the body as BSON: %v", err)
	}
	var fromBSON B
	dec := bson.NewDecoder(bson.NewDocumentReader(&buf))
	dec.UseJSONStructTags()
	if err := dec.Decode(&fromBSON); err != nil {
		t.Fatalf("read the body from BSON: %v", err)
	}
	want, err := (&chain.Entry[B]{Body: body}).Sum()
	if err != nil {
		t.Fatal(err)
	}
	for format, got := range map[string]B{"JSON": fromJSON, "BSON": fromBSON} {
		if diff := cmp.Diff(body, got, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
			t.Errorf("the body changes on its way through %s (-before +after):\n%s", format, diff)
		}
		sum, err := (&chain.Entry[B]{Body: got}).Sum()
		if err != nil || sum != want {
			t.Errorf("the hash changes on its way through %s (%v)", format, err)
		}
	}
}
