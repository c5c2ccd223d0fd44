package httpprovider

import (
	"errors"
	"net"
	"net/url"
)

// CheckAddress returns an error unless an address may be given payouts: https, or http to this machine, or http at all when
// plaintext is allowed.
func CheckAddress(address string, plaintext bool) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return errors.New("must be an address such as https://payouts.example.com/v1/payouts")
	case u.User != nil:
		return errors.New("must not hold a user or a password: requests are signed")
	case u.Scheme == "http" && !plaintext && !loopback(u.Hostname()):
		return errors.New("must begin with https:// unless the provider runs on this machine or PAYOUT_PLAINTEXT is true")
	default:
		return nil
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
