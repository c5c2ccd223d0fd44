// Package apidocs serves the description of the REST API and a page to read and try it with. The page is our own and
// loads nothing from elsewhere, so that it works offline.
package apidocs

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"

	"github.com/refersuite/refersuite/proto"
)

//go:embed page
var page embed.FS

// policy lets the page run its own script and call the API of its own origin, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Pages returns /openapi.json, /docs with its files, and a redirect from / to /docs, by path.
func Pages() (map[string]http.Handler, error) {
	files, err := fs.Sub(page, "page")
	if err != nil {
		return nil, fmt.Errorf("documentation page: %w", err)
	}
	pages := map[string]http.Handler{
		"/":             http.RedirectHandler("/docs", http.StatusFound),
		"/docs/":        http.RedirectHandler("/docs", http.StatusMovedPermanently),
		"/openapi.json": static("application/json", proto.OpenAPI),
	}
	for path, file := range map[string]string{
		"/docs": "index.html", "/docs/app.js": "app.js", "/docs/style.css": "style.css", "/docs/icon.svg": "icon.svg",
	} {
		content, err := fs.ReadFile(files, file)
		if err != nil {
			return nil, fmt.Errorf("documentation page: %w", err)
		}
		pages[path] = static(contentType(file), content)
	}
	return pages, nil
}

func contentType(file string) string {
	switch file {
	case "app.js":
		return "text/javascript; charset=utf-8"
	case "style.css":
		return "text/css; charset=utf-8"
	case "icon.svg":
		return "image/svg+xml"
	default:
		return "text/html; charset=utf-8"
	}
}

// static serves one file; browsers ask again whether it changed.
func static(kind string, content []byte) http.Handler {
	sum := sha256.Sum256(content)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Type", kind)
		header.Set("Content-Security-Policy", policy)
		header.Set("Cache-Control", "no-cache")
		header.Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write(content) // whoever hung up does not want to hear about it
	})
}
