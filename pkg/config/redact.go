package config

import (
	"fmt"
	"log/slog"
	"reflect"
	"regexp"
	"strings"
)

const hidden = "(secret)"

// userInfo is the user and password of an address. MongoDB addresses may name several hosts, which net/url refuses.
var userInfo = regexp.MustCompile(`//[^/@]*@`)

// Redacted lists every setting and its value for the log entry written at start. A secret shows only whether it is set;
// of an address that carries a password, only the password is hidden.
func Redacted(cfg any) []slog.Attr {
	var attrs []slog.Attr
	for _, f := range fields(structOf(cfg), "") {
		attrs = append(attrs, slog.String(f.name, f.mask(f.text())))
	}
	return attrs
}

func (f field) text() string {
	if f.value.Kind() == reflect.Slice && f.value.Type().Elem().Kind() == reflect.String {
		items := make([]string, f.value.Len())
		for i := range items {
			items[i] = f.value.Index(i).String()
		}
		return strings.Join(items, ",")
	}
	return fmt.Sprint(f.value.Interface())
}

// mask hides what must not be seen of a value.
func (f field) mask(value string) string {
	switch {
	case value == "" || !f.secret():
		return value
	case f.decl.Tag.Get("secret") == "url":
		return userInfo.ReplaceAllString(value, "//"+hidden+"@")
	default:
		return hidden
	}
}

// redact hides the value of a secret in an error, wherever it appears.
func (f field) redact(err *InvalidError) error {
	if f.secret() && err.Value != "" {
		value := err.Value
		err.Value = f.mask(value)
		err.Limit = strings.ReplaceAll(err.Limit, value, hidden)
	}
	return err
}

// structOf accepts a struct or a pointer to one.
func structOf(cfg any) reflect.Value {
	v := reflect.ValueOf(cfg)
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	return v
}
