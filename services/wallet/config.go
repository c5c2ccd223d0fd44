package wallet

import "github.com/refersuite/refersuite/pkg/service"

// Config is the settings of the wallet.
type Config struct {
	service.Config
	Reconcile  ReconcileConfig
	Redemption Redemption
}
