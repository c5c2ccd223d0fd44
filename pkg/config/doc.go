// Package config reads the settings of a binary from the environment into one struct and reports everything that is
// wrong with them at once, before anything is dialled.
//
// A setting is a field with an `env` tag (github.com/caarlos0/env). Further tags:
//
//	envDefault:"10s"   value when the variable is unset or empty
//	doc:"..."          meaning, for the README table; say the unit and the limits
//	secret:"true"      never logged; NAME_FILE may name a file that holds the value
//	secret:"url"       like true, but logged with only the user and password of the address removed
//
// Structs nest, embedded or by an `envPrefix` tag. A struct that has limits to check implements
//
//	func (c Config) Validate() error
//
// and returns errors made by Invalid, joined with errors.Join. Load calls it on every nested struct.
package config
