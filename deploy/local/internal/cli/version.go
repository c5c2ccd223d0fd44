package cli

import (
	"fmt"
	"runtime"
)

type versionCommand struct{}

// Run prints the version of the build and of Go.
func (versionCommand) Run(env *environment) error {
	_, err := fmt.Fprintf(env.stdout, "refersuite %s (%s, %s/%s)\n", env.version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
