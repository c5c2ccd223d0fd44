// Package mongoxtest proves in tests that queries are served by indexes.
package mongoxtest

import (
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// RequireIndex fails the test unless the store would serve the query by an index and never by a scan of the collection.
// sort is the sort of the query in order; none means unsorted. It reads the plans of MongoDB and of PostgreSQL with
// DocumentDB. The planner decides by what it knows, so the collection should hold some documents.
func RequireIndex(t testing.TB, coll *mongo.Collection, filter any, sort ...bson.E) {
	t.Helper()
	if used := explain(t, coll, filter, sort); len(used) == 0 {
		t.Errorf("the query on %s by %v uses no index", coll.Name(), filter)
	}
}

// RequireIndexNamed is RequireIndex with the name of the index that must be among those used.
func RequireIndexNamed(t testing.TB, coll *mongo.Collection, name string, filter any, sort ...bson.E) {
	t.Helper()
	if used := explain(t, coll, filter, sort); !slices.Contains(used, name) {
		t.Errorf("the query on %s by %v uses the indexes %q, want %s", coll.Name(), filter, used, name)
	}
}

// explain returns the indexes that the plan of a query uses; none when it scans.
func explain(t testing.TB, coll *mongo.Collection, filter any, sort []bson.E) []string {
	t.Helper()
	find := bson.D{{Key: "find", Value: coll.Name()}, {Key: "filter", Value: filter}}
	if len(sort) > 0 {
		find = append(find, bson.E{Key: "sort", Value: bson.D(sort)})
	}
	var reply bson.M
	command := bson.D{{Key: "explain", Value: append(find, bson.E{Key: "limit", Value: 10})}, {Key: "verbosity", Value: "queryPlanner"}}
	if err := coll.Database().RunCommand(t.Context(), command).Decode(&reply); err != nil {
		t.Fatalf("explain a query on %s: %v", coll.Name(), err)
	}
	plan, ok := reply["queryPlanner"]
	if !ok {
		plan = reply
	}
	p := &planReader{}
	p.read(plan)
	if p.scans {
		t.Logf("plan of the query on %s by %v: %v", coll.Name(), filter, plan)
		return nil
	}
	return p.indexes
}

// planReader collects what a plan says, whatever its shape.
type planReader struct {
	indexes []string
	scans   bool
}

// read visits a node and those below it.
func (p *planReader) read(node any) {
	switch v := node.(type) {
	case bson.M:
		p.node(v)
	case bson.D:
		m := make(bson.M, len(v))
		for _, e := range v {
			m[e.Key] = e.Value
		}
		p.node(m)
	case bson.A:
		for _, value := range v {
			p.read(value)
		}
	}
}

// node reads one node. What the planner considered and did not choose is left out.
func (p *planReader) node(node bson.M) {
	switch text(node["stage"]) { // MongoDB
	case "COLLSCAN":
		p.scans = true
	case "IDHACK", "EXPRESS_IXSCAN", "EXPRESS_CLUSTERED_IXSCAN", "CLUSTERED_IXSCAN":
		p.indexes = append(p.indexes, "_id_")
	case "IXSCAN":
		p.indexes = append(p.indexes, text(node["indexName"]))
	}
	if kind := text(node["Node Type"]); strings.HasSuffix(kind, "Seq Scan") { // PostgreSQL
		p.scans = true
	} else if name := text(node["Index Name"]); name != "" {
		// Reading all of a collection looks like a search of _id without a condition on it.
		if name == "_id_" && !strings.Contains(text(node["Index Cond"]), "object_id") {
			p.scans = true
		}
		p.indexes = append(p.indexes, name)
	}
	for key, value := range node {
		if key != "rejectedPlans" && key != "IndexCosts" && key != "IndexDetails" {
			p.read(value)
		}
	}
}

func text(value any) string {
	s, _ := value.(string)
	return s
}
