package config

import (
	"reflect"
)

// field is one setting: a struct field with an env tag, and where it sits.
type field struct {
	name   string // variable, prefix included
	prefix string
	decl   reflect.StructField
	value  reflect.Value
}

func (f field) secret() bool { return f.decl.Tag.Get("secret") != "" }

// fields lists the settings of a struct in the order of their declaration, those of nested structs in place.
func fields(v reflect.Value, prefix string) []field {
	var list []field
	for i := range v.NumField() {
		decl := v.Type().Field(i)
		if !decl.IsExported() {
			continue
		}
		if name := variable(decl); name != "" {
			list = append(list, field{name: prefix + name, prefix: prefix, decl: decl, value: v.Field(i)})
			continue
		}
		if decl.Type.Kind() == reflect.Struct {
			list = append(list, fields(v.Field(i), prefix+decl.Tag.Get("envPrefix"))...)
		}
	}
	return list
}

// variable is the name in an env tag without its options; empty when the field is not a setting.
func variable(decl reflect.StructField) string {
	tag := decl.Tag.Get("env")
	for i, r := range tag {
		if r == ',' {
			return tag[:i]
		}
	}
	return tag
}

// structs visits a struct and every struct nested in it, the outermost last.
func structs(v reflect.Value, visit func(reflect.Value)) {
	for i := range v.NumField() {
		decl := v.Type().Field(i)
		if decl.IsExported() && decl.Type.Kind() == reflect.Struct && variable(decl) == "" {
			structs(v.Field(i), visit)
		}
	}
	visit(v)
}
