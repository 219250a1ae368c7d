package contract

import "io/fs"

// LoadFivetran reads the description of Fivetran's REST API.
func LoadFivetran(specs fs.FS) (*OpenAPI3, error) {
	return LoadOpenAPI3(specs, OpenAPI3Options{
		Name: "fivetran", File: "fivetran/fivetran-open-api-definition.json", Schemes: []string{"Basic"},
	})
}
