package openmetadata

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

// ErrNotDescribed says that things of a type cannot be looked up here, or that there is none of the
// name.
var ErrNotDescribed = errors.New("the catalogue does not describe it")

// assets are the types of resource that the catalogue describes with owners, tags and domains, by the
// paths of their APIs, with the fields that their [parts] are in. A field has to be asked for by name for
// what is in it to come with its tags (setFields of TableRepository.java in OpenMetadata), or to come at
// all (clearFields of ContainerRepository.java and PipelineRepository.java).
var assets = map[string]struct{ path, parts string }{
	"table":              {"tables", "columns,dataModel"},
	"topic":              {"topics", "messageSchema"},
	"dashboard":          {path: "dashboards"},
	"chart":              {path: "charts"},
	"pipeline":           {"pipelines", "tasks"},
	"container":          {"containers", "dataModel"},
	"mlmodel":            {"mlmodels", "mlFeatures"},
	"storedProcedure":    {path: "storedProcedures"},
	"searchIndex":        {"searchIndexes", "fields"},
	"dashboardDataModel": {"dashboard/datamodels", "columns"},
	"apiCollection":      {path: "apiCollections"},
	"apiEndpoint":        {"apiEndpoints", "requestSchema,responseSchema"},
	"database":           {path: "databases"},
	"databaseSchema":     {path: "databaseSchemas"},
}

// tagged is something that has tags of its own.
type tagged struct {
	Tags []struct {
		FQN string `json:"tagFQN"`
	} `json:"tags"`
}

// asset is what is read of one of them.
type asset struct {
	tagged
	parts
	Owners        []reference `json:"owners"`
	Domains       []reference `json:"domains"`
	Certification struct {
		Label struct {
			FQN string `json:"tagFQN"`
		} `json:"tagLabel"`
	} `json:"certification"`
}

// parts are the things in an asset whose tags count as its own when a rule asks for them: columns,
// fields, tasks, features (getAllTags in the repositories of OpenMetadata, such as TableRepository.java).
// What is inside of a column counts for nothing there, and for nothing here.
type parts struct {
	Columns   []tagged `json:"columns"`
	DataModel struct {
		tagged
		Columns []tagged `json:"columns"`
	} `json:"dataModel"`
	Tasks    []tagged `json:"tasks"`
	Fields   []tagged `json:"fields"`
	Features []struct {
		tagged
		Sources []tagged `json:"featureSources"`
	} `json:"mlFeatures"`
	Message  schema `json:"messageSchema"`
	Request  schema `json:"requestSchema"`
	Response schema `json:"responseSchema"`
}

type schema struct {
	Fields []tagged `json:"schemaFields"`
}

// tags lists the tags of an asset and of its parts, each once.
func (a asset) tags() []string {
	all := slices.Concat([]tagged{a.tagged}, a.Columns, []tagged{a.DataModel.tagged}, a.DataModel.Columns, a.Tasks, a.Fields,
		a.Message.Fields, a.Request.Fields, a.Response.Fields)
	for _, f := range a.Features {
		all = append(append(all, f.tagged), f.Sources...)
	}
	var out []string
	for _, one := range all {
		for _, t := range one.Tags {
			if !slices.Contains(out, t.FQN) {
				out = append(out, t.FQN)
			}
		}
	}
	return out
}

// Describe reads whose one thing is and how it and its parts are tagged: one request, and one more for each owner who
// is a person. The name is its full one, as the catalogue shows it. Where there is no such thing, or
// things of the type have no owners there, the error is [ErrNotDescribed].
func (c *Client) Describe(ctx context.Context, kind, name string) (policy.Resource, error) {
	of, known := assets[kind]
	if !known || name == "" {
		return policy.Resource{}, fmt.Errorf("%s %s: %w", kind, name, ErrNotDescribed)
	}
	var found asset
	r := request{
		op: "get" + strings.ToUpper(kind[:1]) + kind[1:] + "ByFQN", method: http.MethodGet, path: of.path + "/name/" + url.PathEscape(name),
		query: url.Values{"fields": {strings.TrimSuffix("owners,tags,domains,"+of.parts, ",")}},
	}
	err := c.call(ctx, r, &found)
	if errors.Is(err, ErrNotFound) {
		return policy.Resource{}, fmt.Errorf("%s %s: %w", kind, name, ErrNotDescribed)
	}
	if err != nil {
		return policy.Resource{}, err
	}
	out := policy.Resource{Type: kind, Name: name, Certification: found.Certification.Label.FQN}
	out.Tags = found.tags()
	out.Domains = fullNames(found.Domains)
	for _, o := range found.Owners {
		owner, err := c.owner(ctx, o)
		if err != nil {
			return policy.Resource{}, err
		}
		out.Owners = append(out.Owners, owner)
	}
	return out, nil
}

// fullNames are the full names of what is referred to, also of what is inherited: the catalogue makes no
// difference when it asks who shares a domain.
func fullNames(refs []reference) []string {
	var out []string
	for _, r := range refs {
		out = append(out, cmp.Or(r.FQN, r.Name))
	}
	return out
}

// owner returns a reference to an owner as policy has it: of a person the address, of a team the name.
// Who was deleted meanwhile owns it still, and is nobody.
func (c *Client) owner(ctx context.Context, r reference) (policy.Reference, error) {
	if r.Type == teams.kind {
		return policy.Reference{Type: policy.TypeTeam, Name: r.Name}, nil
	}
	u, err := c.one(ctx, collection{kind: users.kind, path: users.path}, "getUserByID", url.PathEscape(r.ID), "all")
	if err != nil && !errors.Is(err, ErrNotFound) {
		return policy.Reference{}, err
	}
	return policy.Reference{Type: policy.TypeUser, Name: group.Address(u.Email)}, nil
}
