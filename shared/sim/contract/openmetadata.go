package contract

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing/fstest"
)

// openMetadataFolder holds OpenMetadata's JSON schemas. OpenMetadata publishes no description of
// its paths but what a running server makes, so the paths are written down here, and the schemas
// say what is sent and answered there.
const openMetadataFolder = "openmetadata"

// LoadOpenMetadata reads OpenMetadata's schemas.
func LoadOpenMetadata(specs fs.FS) (*OpenAPI3, error) {
	schemas := map[string]any{}
	err := fs.WalkDir(specs, openMetadataFolder, func(file string, d fs.DirEntry, err error) error {
		name, isJSON := strings.CutSuffix(strings.TrimPrefix(file, openMetadataFolder+"/"), ".json")
		if err != nil || d.IsDir() || !isJSON || strings.HasPrefix(name, "defaults/") {
			return err
		}
		data, err := fs.ReadFile(specs, file)
		if err != nil {
			return err
		}
		var schema map[string]any
		if err := json.Unmarshal(data, &schema); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		definitions, _ := schema["definitions"].(map[string]any)
		delete(schema, "definitions")
		schemas[component(name, "")] = relocate(name, schema)
		for inner, definition := range definitions {
			schemas[component(name, inner)] = relocate(name, definition)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read OpenMetadata's schemas: %w", err)
	}
	for _, name := range referred(schemas) {
		if _, known := schemas[name]; !known {
			schemas[name] = map[string]any{} // a schema that is not at hand: anything goes
		}
	}
	document, err := json.Marshal(map[string]any{
		"servers": []any{map[string]any{"url": "https://catalog.example.com/api"}},
		"paths":   openMetadataPaths(), "components": map[string]any{"schemas": schemas},
	})
	if err != nil {
		return nil, fmt.Errorf("read OpenMetadata's schemas: %w", err)
	}
	const file = "openmetadata.json"
	return LoadOpenAPI3(fstest.MapFS{file: {Data: document}}, OpenAPI3Options{Name: "openmetadata", File: file, Schemes: []string{"Bearer"}})
}

// component is the name of a schema: that of its file, and of a definition in it.
func component(file, definition string) string {
	name := strings.ReplaceAll(file, "/", ".")
	if definition != "" {
		name += "." + definition
	}
	return name
}

const componentRef = "#/components/schemas/"

// relocate makes of references between files such between components.
func relocate(file string, node any) any {
	switch n := node.(type) {
	case map[string]any:
		for key, value := range n {
			ref, isText := value.(string)
			if key != "$ref" || !isText {
				n[key] = relocate(file, value)
				continue
			}
			target, fragment, _ := strings.Cut(ref, "#")
			in := file
			if target != "" {
				in = path.Join(path.Dir(file), strings.TrimSuffix(target, ".json"))
			}
			n[key] = componentRef + component(in, strings.TrimPrefix(fragment, "/definitions/"))
		}
	case []any:
		for i, item := range n {
			n[i] = relocate(file, item)
		}
	}
	return node
}

// referred lists the components that schemas refer to.
func referred(node any) []string {
	var out []string
	switch n := node.(type) {
	case map[string]any:
		for key, value := range n {
			if ref, ok := value.(string); ok && key == "$ref" {
				out = append(out, strings.TrimPrefix(ref, componentRef))
				continue
			}
			out = append(out, referred(value)...)
		}
	case []any:
		for _, item := range n {
			out = append(out, referred(item)...)
		}
	}
	return out
}

// openMetadataPaths describes the operations, after
// https://docs.open-metadata.org/latest/api-reference. Operations are named as a server does.
func openMetadataPaths() map[string]any {
	content := func(media string, schema any) map[string]any {
		return map[string]any{"content": map[string]any{media: map[string]any{"schema": schema}}}
	}
	parameter := func(in, name, kind string) map[string]any {
		return map[string]any{"in": in, "name": name, "required": in == "path", "schema": map[string]any{"type": kind}}
	}
	ref := func(name string) map[string]any { return map[string]any{"$ref": componentRef + name} }
	arrayOf := func(items any) map[string]any { return map[string]any{"type": "array", "items": items} }
	operation := func(id string, body, answer map[string]any, parameters ...any) map[string]any {
		o := map[string]any{"operationId": id, "parameters": parameters, "responses": map[string]any{"200": answer, "201": answer, "4XX": map[string]any{}, "5XX": map[string]any{}}}
		if body != nil {
			o["requestBody"] = body
		}
		return o
	}
	id, fields, include := parameter("path", "id", "string"), parameter("query", "fields", "string"), parameter("query", "include", "string")
	paths := map[string]any{}
	for _, k := range []struct{ title, plural, entity, create string }{
		{"Team", "teams", "entity.teams.team", "api.teams.createTeam"},
		{"User", "users", "entity.teams.user", "api.teams.createUser"},
		{"Role", "roles", "entity.teams.role", "api.teams.createRole"},
		{"Policy", "policies", "entity.policies.policy", "api.policies.createPolicy"},
		{"Table", "tables", "", ""},
	} {
		base, plural := "/v1/"+k.plural, strings.ToUpper(k.plural[:1])+k.plural[1:]
		schema := map[string]any{}
		if k.entity != "" {
			schema = ref(k.entity)
		}
		entity := content("application/json", schema)
		page := content("application/json", map[string]any{"type": "object", "required": []string{"data", "paging"}, "properties": map[string]any{
			"data": arrayOf(schema),
			"paging": map[string]any{"type": "object", "required": []string{"total"}, "properties": map[string]any{
				"total": map[string]any{"type": "integer"}, "after": map[string]any{"type": "string"}, "before": map[string]any{"type": "string"},
			}},
		}})
		listing := operation("list"+plural, nil, page, fields, include, parameter("query", "limit", "integer"), parameter("query", "before", "string"), parameter("query", "after", "string"))
		for _, filter := range map[string][]string{
			"teams": {"parentTeam", "isJoinable"}, "users": {"team", "isAdmin", "isBot"}, "roles": {"default"}, "policies": {"default", "policyType"}, "tables": {"database", "databaseSchema"},
		}[k.plural] {
			listing["parameters"] = append(listing["parameters"].([]any), parameter("query", filter, "string"))
		}
		collection := map[string]any{"get": listing}
		one := map[string]any{
			"get":   operation("get"+k.title+"ByID", nil, entity, id, fields, include),
			"patch": operation("patch"+k.title, content("application/json-patch+json", map[string]any{}), entity, id),
		}
		if k.create != "" {
			body := content("application/json", ref(k.create))
			body["required"] = true
			collection["post"], collection["put"] = operation("create"+k.title, body, entity), operation("createOrUpdate"+k.title, body, entity)
			one["delete"] = operation("delete"+k.title, nil, entity, id, parameter("query", "hardDelete", "boolean"), parameter("query", "recursive", "boolean"))
			paths[base+"/restore"] = map[string]any{"put": operation("restore"+k.title, content("application/json", map[string]any{
				"type": "object", "required": []string{"id"}, "properties": map[string]any{"id": ref("type.basic.uuid")},
			}), entity)}
		}
		paths[base], paths[base+"/{id}"] = collection, one
		paths[base+"/name/{name}"] = map[string]any{"get": operation("get"+k.title+"ByFQN", nil, entity, parameter("path", "name", "string"), fields, include)}
		paths[base+"/{id}/versions"] = map[string]any{"get": operation("listAll"+k.title+"Version", nil, content("application/json", ref("type.entityHistory")), id)}
		paths[base+"/{id}/versions/{version}"] = map[string]any{"get": operation("getSpecific"+k.title+"Version", nil, entity, id, parameter("path", "version", "string"))}
	}
	team := content("application/json", ref("entity.teams.team"))
	paths["/v1/teams/{id}/users"] = map[string]any{"put": operation("updateTeamUsers", content("application/json", ref("type.entityReferenceList")), team, id)}
	paths["/v1/teams/{id}/users/{userId}"] = map[string]any{"delete": operation("deleteTeamUser", nil, team, id, parameter("path", "userId", "string"))}
	return paths
}
