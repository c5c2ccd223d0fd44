// Command probe asks a database of the MongoDB protocol whether it answers, makes a replica set of a single node, and
// writes and finds the document by which a test knows that a crash lost nothing.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// alreadyInitialized is the server's code for a replica set that exists.
const alreadyInitialized = 23

// errUsage says how the program is called.
var errUsage = errors.New("usage: probe ping|initiate|insert|find|drop URI [NAME]; PROBE_TIMEOUT=30s bounds the wait")

// action is one thing that the probe can do; name is the third argument.
type action func(ctx context.Context, client *mongo.Client, name string) error

// main runs one action within PROBE_TIMEOUT.
func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(1)
	}
}

// run connects and runs the action that the first argument names. The driver waits for a server until the deadline, so
// that ping also serves to wait for one that is starting.
func run(args []string) error {
	actions := map[string]action{"ping": ping, "initiate": initiate, "insert": insert, "find": find, "drop": drop}
	if len(args) < 2 || actions[args[0]] == nil {
		return errUsage
	}
	timeout, err := time.ParseDuration(os.Getenv("PROBE_TIMEOUT"))
	if err != nil {
		timeout = 30 * time.Second
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	client, err := mongo.Connect(options.Client().ApplyURI(args[1]).SetServerSelectionTimeout(timeout))
	if err != nil {
		return fmt.Errorf("the URI is not usable: %w", err)
	}
	err = actions[args[0]](ctx, client, append(args, "")[2])
	return errors.Join(err, client.Disconnect(context.WithoutCancel(ctx)))
}

// ping reads, because a gateway answers the ping command without its database.
func ping(ctx context.Context, client *mongo.Client, _ string) error {
	return ignoreMissing(documents(client).FindOne(ctx, bson.D{{Key: "_id", Value: "ping"}}).Err())
}

// initiate makes the node the only member of a replica set; name is its host:port as clients see it.
func initiate(ctx context.Context, client *mongo.Client, name string) error {
	err := client.Database("admin").RunCommand(ctx, bson.D{{Key: "replSetInitiate", Value: singleNode(name)}}).Err()
	var refused mongo.CommandError
	if errors.As(err, &refused) && refused.Code == alreadyInitialized {
		return rename(ctx, client, name)
	}
	return err
}

// rename gives the only member of an existing set its present host:port, which the data may know differently.
func rename(ctx context.Context, client *mongo.Client, name string) error {
	var current struct {
		Config struct {
			Version int32
			Members []struct{ Host string }
		}
	}
	admin := client.Database("admin")
	if err := admin.RunCommand(ctx, bson.D{{Key: "replSetGetConfig", Value: 1}}).Decode(&current); err != nil {
		return fmt.Errorf("read the replica set's configuration: %w", err)
	}
	if len(current.Config.Members) == 1 && current.Config.Members[0].Host == name {
		return nil
	}
	config := append(singleNode(name), bson.E{Key: "version", Value: current.Config.Version + 1})
	return admin.RunCommand(ctx, bson.D{{Key: "replSetReconfig", Value: config}, {Key: "force", Value: true}}).Err()
}

// singleNode is the configuration of a replica set with one member.
func singleNode(host string) bson.D {
	member := bson.D{{Key: "_id", Value: 0}, {Key: "host", Value: host}}
	return bson.D{{Key: "_id", Value: "rs0"}, {Key: "members", Value: bson.A{member}}}
}

// insert writes the document of that name.
func insert(ctx context.Context, client *mongo.Client, name string) error {
	_, err := documents(client).InsertOne(ctx, bson.D{{Key: "_id", Value: name}})
	return err
}

// find fails unless the document of that name is there.
func find(ctx context.Context, client *mongo.Client, name string) error {
	return documents(client).FindOne(ctx, bson.D{{Key: "_id", Value: name}}).Err()
}

// drop removes everything that insert wrote.
func drop(ctx context.Context, client *mongo.Client, _ string) error {
	return documents(client).Drop(ctx)
}

// documents is the probe's own collection.
func documents(client *mongo.Client) *mongo.Collection {
	return client.Database("refersuite_probe").Collection("documents")
}

// ignoreMissing accepts that a query found nothing.
func ignoreMissing(err error) error {
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil
	}
	return err
}
