package contract

import "io/fs"

// LoadLooker reads the description of Looker's API 4.0.
func LoadLooker(specs fs.FS) (*OpenAPI3, error) {
	return LoadOpenAPI3(specs, OpenAPI3Options{
		Name: "looker", File: "looker/Looker.4.0.oas.json", Base: "/api/4.0", Fields: "fields",
		// The description names no security. https://docs.cloud.google.com/looker/docs/api-auth
		Schemes: []string{"Bearer", "token"}, Open: []string{"login"},
	})
}
