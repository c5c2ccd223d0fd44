package tier

import "github.com/refersuite/refersuite/pkg/service"

// Config is the settings of the tier service: those that all services share.
type Config struct {
	service.Config
}
