// Package proto holds the contract of the suite: the .proto sources, the stubs generated from them (gen/go) and the
// description of the REST API.
package proto

import _ "embed" // for OpenAPI

// OpenAPI is the OpenAPI 2.0 (Swagger) document of the REST API, in JSON. It must not be changed.
//
//go:embed gen/openapi/refersuite.swagger.json
var OpenAPI []byte
