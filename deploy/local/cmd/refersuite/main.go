// Refersuite runs the whole suite in one process and carries the tools around it.
package main

import (
	"context"
	"os"

	"github.com/refersuite/refersuite/deploy/local/internal/cli"
)

// version is set when a release is linked.
var version = "dev"

func main() {
	os.Exit(cli.Run(context.Background(), version, os.Args[1:], os.Stdout, os.Stderr))
}
