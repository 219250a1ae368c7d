package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"time"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed assets
var assetFiles embed.FS

// templates are parsed when the program starts: they are part of it, and tests render all of
// them.
var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"moment": func(t time.Time) string { return t.UTC().Format("2 Jan, 15:04") },
	"day":    func(t time.Time) string { return t.UTC().Format("2 January 2006") },
	// A record may go on for months: each of its times has its day.
	"instant": func(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04:05") },
	"clock":   func(t time.Time) string { return t.UTC().Format("15:04:05") },
	"date":    func(t time.Time) string { return t.UTC().Format("Mon 2 Jan 2006") },
	"stamp":   func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
}).ParseFS(templateFiles, "templates/*.html"))

// render runs one template to its end, so that an error leaves no half of a page.
func render(name string, data any) ([]byte, error) {
	var out bytes.Buffer
	if err := templates.ExecuteTemplate(&out, name, data); err != nil {
		return nil, fmt.Errorf("render %s: %w", name, err)
	}
	return out.Bytes(), nil
}

// assetTypes are the assets that are served, with their types.
var assetTypes = map[string]string{
	"console.css": "text/css; charset=utf-8", "console.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml",
}

// assetVersion changes with the assets, so that browsers may keep them.
var assetVersion = func() string {
	h := sha256.New()
	for _, name := range []string{"console.css", "console.js", "icon.svg"} {
		data, err := fs.ReadFile(assetFiles, "assets/"+name)
		if err != nil {
			panic(err) // they are embedded
		}
		h.Write(data)
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}()

func serveAsset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	kind, ok := assetTypes[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	data, err := fs.ReadFile(assetFiles, "assets/"+name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(data)
}
