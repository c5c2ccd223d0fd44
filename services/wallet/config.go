package wallet

import "github.com/refersuite/refersuite/pkg/service"

// Config is the settings of the wallet: those that all services share.
type Config struct {
	service.Config
}
