package config

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Load reads T from the environment of the process and validates it. An optional prefix is put before every variable.
// The error lists every setting that is wrong, each with its variable, its value and what it should be.
func Load[T any](prefix ...string) (T, error) {
	return LoadFrom[T](env.ToMap(os.Environ()), prefix...)
}

// LoadFrom is Load over the variables given, as tests and the local binary need it. An empty value counts as unset.
func LoadFrom[T any](environ map[string]string, prefix ...string) (T, error) {
	var cfg T
	root := reflect.ValueOf(&cfg).Elem()
	if root.Kind() != reflect.Struct {
		return cfg, fmt.Errorf("settings must be a struct, not %s", root.Type())
	}
	list := fields(root, strings.Join(prefix, ""))
	var problems []error
	for _, f := range list {
		if err := f.load(environ); err != nil {
			problems = append(problems, err)
		}
	}
	// Limits are checked only on values that could be read, so that one mistake is reported once.
	if len(problems) == 0 {
		problems = validate(root, list)
	}
	if len(problems) > 0 {
		return cfg, &Error{Problems: problems}
	}
	return cfg, nil
}

// load parses one setting. Each is parsed by itself, so that an error names the variable and not a Go field.
func (f field) load(environ map[string]string) error {
	value, err := f.lookup(environ)
	if err != nil {
		return err
	}
	own := map[string]string{}
	if value != "" {
		own[f.name] = value
	}
	single := reflect.New(reflect.StructOf([]reflect.StructField{{Name: f.decl.Name, Type: f.decl.Type, Tag: f.decl.Tag}}))
	err = env.ParseWithOptions(single.Interface(), env.Options{Environment: own, Prefix: f.prefix})
	if err == nil {
		f.value.Set(single.Elem().Field(0))
		return nil
	}
	var unset env.VarIsNotSetError
	var empty env.EmptyVarError
	if errors.As(err, &unset) || errors.As(err, &empty) {
		return &InvalidError{Name: f.name, Limit: "must be set: " + f.meaning()}
	}
	limit := fmt.Sprintf("must be %s", kindOf(f.decl.Type))
	return f.redact(&InvalidError{Name: f.name, Value: value, Limit: limit})
}

// lookup returns the value of a setting, from the file that NAME_FILE names when it is a secret.
func (f field) lookup(environ map[string]string) (string, error) {
	value := environ[f.name]
	path := environ[f.name+"_FILE"]
	if !f.secret() || path == "" {
		return value, nil
	}
	if value != "" {
		return "", &InvalidError{Name: f.name, Limit: fmt.Sprintf("is set twice: remove either %s or %s_FILE", f.name, f.name)}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return "", &InvalidError{Name: f.name + "_FILE", Value: path, Limit: "must name a readable file: " + err.Error()}
	}
	return strings.TrimRight(string(content), "\r\n"), nil
}

func (f field) meaning() string {
	if doc := f.decl.Tag.Get("doc"); doc != "" {
		return doc
	}
	return "it has no default"
}

// kindOf names a type the way an operator would.
func kindOf(t reflect.Type) string {
	switch t.String() {
	case "time.Duration":
		return "a duration such as 250ms, 10s or 2h"
	case "slog.Level":
		return "one of debug, info, warn, error"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number of 0 or more"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a comma-separated list, each item " + kindOf(t.Elem())
	case reflect.Map:
		return "a comma-separated list of key:value"
	default:
		return "a valid " + t.String()
	}
}
