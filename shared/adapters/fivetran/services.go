package fivetran

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/connection"
)

// Fields reads the settings of a service, sorted by name. A service that Fivetran does not have
// is [ErrNotFound].
func (c *Client) Fields(ctx context.Context, service string) ([]connection.Field, error) {
	type schema struct {
		Type     string `json:"type"`
		Format   string `json:"format"`
		Enum     []any  `json:"enum"`
		Readonly bool   `json:"readonly"`
	}
	r := request{op: "metadata_connector_config", method: http.MethodGet, path: "metadata/connector-types/" + url.PathEscape(service)}
	var a struct {
		ID     string `json:"id"`
		Config *struct {
			Properties map[string]schema `json:"properties"`
			Required   []string          `json:"required"`
		} `json:"config"`
	}
	if err := c.call(ctx, r, &a); err != nil {
		return nil, err
	}
	if a.ID != service || a.Config == nil {
		return nil, c.incomplete(r, "the service has no settings, or is another one")
	}
	var out []connection.Field
	for name, s := range a.Config.Properties {
		if s.Readonly {
			continue
		}
		f := connection.Field{Name: name, Type: s.Type, Secret: s.Format == "password", Required: slices.Contains(a.Config.Required, name)}
		for _, choice := range s.Enum {
			if text, ok := choice.(string); ok {
				f.Choices = append(f.Choices, text)
			}
		}
		if len(f.Choices) > 0 {
			f.Type = "string" // Fivetran's documents call these objects
		}
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b connection.Field) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}
