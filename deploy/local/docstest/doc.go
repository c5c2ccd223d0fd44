// Package docstest runs the commands of the documentation, so that what it tells people to type works.
package docstest
