package setup

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// defaultSet is the name of the replica set when the address gives none.
const defaultSet = "rs0"

// address is what an address of MongoDB says about a replica set of one node.
type address struct {
	// direct reaches the node itself, before it belongs to a set. Empty when the address names several nodes.
	direct string
	// host is the name under which the node will be known to its clients.
	host string
	// set is the name of the replica set.
	set string
}

// parseAddress takes an address apart. Its errors do not quote it, since it may hold a password.
func parseAddress(uri string) (address, error) {
	if strings.HasPrefix(uri, "mongodb+srv://") {
		return address{}, nil
	}
	rest, ok := strings.CutPrefix(uri, "mongodb://")
	if !ok {
		return address{}, errors.New("MONGODB_URI must begin with mongodb:// or mongodb+srv://")
	}
	main, query, _ := strings.Cut(rest, "?")
	authority, database, _ := strings.Cut(main, "/")
	hosts := authority[strings.LastIndex(authority, "@")+1:]
	if hosts == "" {
		return address{}, errors.New("MONGODB_URI names no host")
	}
	options, err := url.ParseQuery(query)
	if err != nil {
		return address{}, fmt.Errorf("the options of MONGODB_URI cannot be read: %w", errors.Unwrap(err))
	}
	if strings.Contains(hosts, ",") {
		return address{}, nil
	}
	found := address{host: withPort(hosts), set: defaultSet}
	for name, values := range options {
		switch strings.ToLower(name) {
		case "replicaset":
			if values[0] != "" {
				found.set = values[0]
			}
			options.Del(name)
		case "directconnection":
			options.Del(name)
		default:
		}
	}
	options.Set("directConnection", "true")
	found.direct = "mongodb://" + authority + "/" + database + "?" + options.Encode()
	return found, nil
}

func withPort(host string) string {
	if strings.LastIndex(host, ":") > strings.LastIndex(host, "]") {
		return host
	}
	return host + ":27017"
}
