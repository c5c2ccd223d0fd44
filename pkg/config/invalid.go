package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// Error is everything that is wrong with the settings.
type Error struct {
	// Problems holds one error per setting, in the order of their declaration where that is known.
	Problems []error
}

// Error lists the problems, one a line.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString("settings are not valid:")
	for _, problem := range e.Problems {
		text.WriteString("\n  ")
		text.WriteString(problem.Error())
	}
	return text.String()
}

// Unwrap gives errors.Is and errors.As the single problems.
func (e *Error) Unwrap() []error { return e.Problems }

// InvalidError is one setting that is wrong.
type InvalidError struct {
	// Name of the variable.
	Name string
	// Value it has, redacted when it is a secret; empty when it is unset.
	Value string
	// Limit says what the value must be.
	Limit string
}

// Error names the variable, its value and the limit.
func (e *InvalidError) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("%s %s", e.Name, e.Limit)
	}
	return fmt.Sprintf("%s is %q: %s", e.Name, e.Value, e.Limit)
}

// Invalid reports a setting from a Validate method: the variable without prefix, the value it has and what it must be,
// such as Invalid("POOL_SIZE", c.PoolSize, "must be 1 to 1000"). The value of a secret is removed by Load.
func Invalid(name string, value any, limit string) error {
	return &InvalidError{Name: name, Value: fmt.Sprint(value), Limit: limit}
}

// validator is what a struct with limits implements.
type validator interface{ Validate() error }

// validate calls the hooks of a struct and all structs in it. A hook that is promoted from an embedded struct runs twice;
// what it says is kept once.
func validate(root reflect.Value, list []field) []error {
	secrets := map[string]field{}
	for _, f := range list {
		secrets[f.name] = f
		secrets[strings.TrimPrefix(f.name, f.prefix)] = f
	}
	var problems []error
	seen := map[string]bool{}
	structs(root, func(v reflect.Value) {
		hook, ok := v.Addr().Interface().(validator)
		if !ok {
			return
		}
		for _, err := range flatten(hook.Validate()) {
			var invalid *InvalidError
			if errors.As(err, &invalid) {
				if f, known := secrets[invalid.Name]; known {
					invalid.Name = f.name
					err = f.redact(invalid)
				}
			}
			if !seen[err.Error()] {
				seen[err.Error()] = true
				problems = append(problems, err)
			}
		}
	})
	return problems
}

// flatten takes errors.Join apart.
func flatten(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var list []error
	for _, one := range joined.Unwrap() {
		list = append(list, flatten(one)...)
	}
	return list
}
