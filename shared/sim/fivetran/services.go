package fivetran

import (
	"slices"
	"strings"
)

// service is a kind of source that connections can be made to. The settings are a part of those
// in Fivetran's OpenAPI document.
type service struct {
	id, name, kind string
	fields         []field
	// naming are the settings that name the schema; the connection's own name is made of them.
	naming []string
	// certificate says that a setup test wants the source's certificate trusted.
	certificate bool
	// oauth says that the owner authorises the connection with a button.
	oauth bool
}

// field is one setting of a service.
type field struct {
	name    string
	kind    string // a JSON Schema type
	secret  bool
	choices []string
	title   string
}

func database(id, name, updateMethods string) service {
	return service{
		id: id, name: name, kind: "Database", certificate: true, naming: []string{"schema_prefix"},
		fields: []field{
			{name: "host", kind: "string", title: "Host"},
			{name: "port", kind: "integer", title: "Port"},
			{name: "database", kind: "string", title: "Database"},
			{name: "user", kind: "string", title: "User"},
			{name: "password", kind: "string", secret: true, title: "Password"},
			{name: "connection_type", kind: "string", choices: []string{"Directly", "PrivateLink", "ProxyAgent", "SshTunnel"}, title: "Connection method"},
			{name: "update_method", kind: "string", choices: strings.Fields(updateMethods), title: "Update method"},
			{name: "tunnel_host", kind: "string", title: "SSH host"},
			{name: "tunnel_port", kind: "integer", title: "SSH port"},
			{name: "tunnel_user", kind: "string", title: "SSH user"},
			{name: "always_encrypted", kind: "boolean", title: "Require TLS"},
		},
	}
}

// services are those that the account offers, sorted by id.
var services = []service{
	{
		id: "google_sheets", name: "Google Sheets", kind: "File", oauth: true, naming: []string{"schema", "table"},
		fields: []field{
			{name: "auth_type", kind: "string", choices: []string{"OAuth", "ServiceAccount"}, title: "Authentication method"},
			{name: "sheet_id", kind: "string", title: "Sheet URL"},
			{name: "named_range", kind: "string", title: "Named range"},
		},
	},
	{
		id: "klaviyo", name: "Klaviyo", kind: "Marketing", naming: []string{"schema"},
		fields: []field{
			{name: "api_key", kind: "string", secret: true, title: "API key"},
			{name: "historical_sync_limit", kind: "string", choices: []string{"ALL_TIME", "DATE_LIMIT"}, title: "Historical sync"},
			{name: "reports", kind: "array", title: "Reports"},
		},
	},
	database("mysql", "MySQL", "BINLOG TELEPORT"),
	database("postgres", "PostgreSQL", "QUERY_BASED WAL_PGOUTPUT"),
	{
		id: "s3", name: "Amazon S3", kind: "File", naming: []string{"schema", "table_group_name"},
		fields: []field{
			{name: "bucket", kind: "string", title: "Bucket"},
			{name: "prefix", kind: "string", title: "Folder"},
			{name: "role_arn", kind: "string", secret: true, title: "Role ARN"},
			{name: "access_key_id", kind: "string", title: "Access key ID"},
			{name: "access_key_secret", kind: "string", secret: true, title: "Access key secret"},
			{name: "file_type", kind: "string", choices: []string{"avro", "csv", "json", "parquet"}, title: "File type"},
		},
	},
	{
		id: "salesforce", name: "Salesforce", kind: "Sales", oauth: true, naming: []string{"schema"},
		fields: []field{
			{name: "base_url", kind: "string", title: "Instance"},
			{name: "api_usage_limit", kind: "integer", title: "API usage limit"},
			{name: "sync_formula_fields", kind: "boolean", title: "Sync formula fields"},
		},
	},
	database("sql_server_rds", "SQL Server RDS", "NATIVE_UPDATE TELEPORT"),
}

// namingTitles are what the settings that name the schema are called on a page.
var namingTitles = map[string]string{
	"schema": "Destination schema", "schema_prefix": "Destination schema prefix", "table": "Destination table", "table_group_name": "Table group",
}

func serviceNamed(id string) *service {
	i := slices.IndexFunc(services, func(s service) bool { return s.id == id })
	if i < 0 {
		return nil
	}
	return &services[i]
}

// field returns the setting of that name, those that name the schema included.
func (s *service) field(name string) (field, bool) {
	if slices.Contains(s.naming, name) {
		return field{name: name, kind: "string", title: namingTitles[name]}, true
	}
	i := slices.IndexFunc(s.fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return field{}, false
	}
	return s.fields[i], true
}

// serviceSummary is a service in a listing.
type serviceSummary struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Type        string `json:"type"`
	Description string `json:"description"`
	LinkToDocs  string `json:"link_to_docs"`
	Status      string `json:"service_status"`
}

func (s *service) summary() serviceSummary {
	return serviceSummary{
		ID: s.id, Name: s.name, Type: s.kind, Description: s.name + " as a source",
		LinkToDocs: "https://fivetran.com/docs/connectors/" + strings.ReplaceAll(s.id, "_", "-"), Status: "general_availability",
	}
}

// settingSchema describes a setting, in the way of JSON Schema.
type settingSchema struct {
	Type       string                   `json:"type"`
	Title      string                   `json:"title,omitempty"`
	Format     string                   `json:"format,omitempty"`
	Enum       []string                 `json:"enum,omitempty"`
	Properties map[string]settingSchema `json:"properties,omitempty"`
	Required   []string                 `json:"required,omitempty"`
	Readonly   bool                     `json:"readonly"`
}

func (f field) schema() settingSchema {
	out := settingSchema{Type: f.kind, Title: f.title, Enum: f.choices}
	if f.secret {
		out.Format = "password"
	}
	return out
}

func listServices(c *call) (answer, error) {
	return cut(c, services, func(s service) string { return s.id }, func(s service) any { return s.summary() })
}

func serviceDetails(c *call) (answer, error) {
	id := c.r.PathValue("id")
	s := serviceNamed(id)
	if s == nil {
		return answer{}, notFound("Service", "Connector type", id)
	}
	config := settingSchema{Type: "object", Title: s.name + " config object", Properties: map[string]settingSchema{}, Required: s.naming}
	for _, name := range s.naming {
		f, _ := s.field(name)
		config.Properties[name] = f.schema()
	}
	for _, f := range s.fields {
		config.Properties[f.name] = f.schema()
	}
	out := struct {
		serviceSummary
		Config settingSchema  `json:"config"`
		Auth   *settingSchema `json:"auth,omitempty"`
	}{serviceSummary: s.summary(), Config: config}
	if s.oauth {
		out.Auth = &settingSchema{Type: "object", Properties: map[string]settingSchema{"refresh_token": {Type: "string"}}}
	}
	return answer{data: out}, nil
}

// schemaName is how a connection is called that has these settings.
func (s *service) schemaName(config map[string]any) string {
	var parts []string
	for _, name := range s.naming {
		text, _ := config[name].(string)
		parts = append(parts, text)
	}
	return strings.Join(parts, ".")
}

// unnamed are the settings that name the schema of a connection of which only the name is known.
func (s *service) unnamed(name string) map[string]any {
	parts := strings.SplitN(name, ".", len(s.naming))
	out := map[string]any{}
	for i, setting := range s.naming {
		if i < len(parts) {
			out[setting] = parts[i]
		}
	}
	return out
}
