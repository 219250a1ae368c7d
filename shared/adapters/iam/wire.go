package iam

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/grant"
)

// This file turns policies as they travel into those of the domain, and back.

// wirePolicy is what there is of a policy in an answer. Of a data set there is Access in the
// place of Bindings.
type wirePolicy struct {
	Etag     string             `json:"etag"`
	Bindings []json.RawMessage  `json:"bindings"`
	Access   *[]json.RawMessage `json:"access"`
	Audit    []struct {
		Logs []struct {
			Exempted []string `json:"exemptedMembers"`
		} `json:"auditLogConfigs"`
	} `json:"auditConfigs"`
}

// hidden are how roles look of which the condition was left out. A policy in that form is never
// asked for; if one came all the same, writing it would lose every condition.
var hidden = []string{"_withcond_", "_with_conditionalbinding_"}

// decode reads an answer that holds a policy.
func decode(scope grant.Scope, q request, answer []byte) (etag string, p grant.Policy, err error) {
	var in wirePolicy
	if err := json.Unmarshal(answer, &in); err != nil {
		return "", grant.Policy{}, incomplete(q.api, q.op, "the answer holds no policy")
	}
	entries, read := in.Bindings, readBinding
	if scope.Kind == grant.Dataset {
		if in.Access == nil {
			return "", grant.Policy{}, incomplete(q.api, q.op, "the data set has no access list")
		}
		entries, read = *in.Access, readAccess
	}
	if in.Etag == "" {
		return "", grant.Policy{}, incomplete(q.api, q.op, "the policy has no etag")
	}
	for _, raw := range entries {
		b, err := read(raw)
		if err != nil {
			return "", grant.Policy{}, incomplete(q.api, q.op, "the policy has an entry that cannot be read")
		}
		if slices.ContainsFunc(hidden, func(mark string) bool { return strings.Contains(b.Role, mark) }) {
			return "", grant.Policy{}, incomplete(q.api, q.op, "the policy came without its conditions")
		}
		p.Bindings = append(p.Bindings, b)
	}
	for _, a := range in.Audit {
		for _, l := range a.Logs {
			p.Exempted = append(p.Exempted, l.Exempted...)
		}
	}
	return in.Etag, p, nil
}

func readBinding(raw json.RawMessage) (grant.Binding, error) {
	var b grant.Binding
	if err := json.Unmarshal(raw, &b); err != nil {
		return grant.Binding{}, err
	}
	b.Raw = raw
	return b, nil
}

// encode writes the entries of a policy with commas between: those that were read, as they were
// read.
func encode(scope grant.Scope, p grant.Policy) ([]byte, error) {
	var out bytes.Buffer
	for i, b := range p.Bindings {
		if i > 0 {
			out.WriteByte(',')
		}
		if b.Raw != nil {
			out.Write(b.Raw)
			continue
		}
		var entry any = b
		if scope.Kind == grant.Dataset {
			a, err := toAccess(b)
			if err != nil {
				return nil, err
			}
			entry = a
		}
		text, err := marshal(entry)
		if err != nil {
			return nil, fmt.Errorf("write a binding of %s: %w", b.Role, err)
		}
		out.Write(text)
	}
	return out.Bytes(), nil
}

// marshal writes a value as JSON in which the signs of a condition stay readable.
func marshal(v any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// wrap puts an etag and entries into the text of a body.
func wrap(before, etag, between string, entries []byte, after string) []byte {
	quoted, err := json.Marshal(etag)
	if err != nil { // a text can always be written
		quoted = []byte(`""`)
	}
	return slices.Concat([]byte(before), quoted, []byte(between), entries, []byte(after))
}

// access is one entry of a data set's access list, as far as it names an account.
type access struct {
	Role         string           `json:"role,omitempty"`
	UserByEmail  string           `json:"userByEmail,omitempty"`
	GroupByEmail string           `json:"groupByEmail,omitempty"`
	Domain       string           `json:"domain,omitempty"`
	SpecialGroup string           `json:"specialGroup,omitempty"`
	IamMember    string           `json:"iamMember,omitempty"`
	Condition    *grant.Condition `json:"condition,omitempty"`
}

// legacy are the names that roles have in access lists. BigQuery takes either and answers with
// these. https://cloud.google.com/bigquery/docs/reference/rest/v2/datasets#resource:-dataset
var legacy = map[string]string{
	"OWNER": "roles/bigquery.dataOwner", "WRITER": "roles/bigquery.dataEditor", "READER": "roles/bigquery.dataViewer",
}

// readAccess reads an entry. One that names no account, but a view, a routine or a data set, has
// no members: it is carried along.
func readAccess(raw json.RawMessage) (grant.Binding, error) {
	var a access
	if err := json.Unmarshal(raw, &a); err != nil {
		return grant.Binding{}, err
	}
	b := grant.Binding{Role: a.Role, Condition: a.Condition, Raw: raw}
	if name, ok := legacy[a.Role]; ok {
		b.Role = name
	}
	switch {
	case a.UserByEmail != "":
		b.Members = []string{grant.Member(a.UserByEmail)}
	case a.GroupByEmail != "":
		b.Members = []string{"group:" + a.GroupByEmail}
	case a.Domain != "":
		b.Members = []string{"domain:" + a.Domain}
	case a.SpecialGroup != "":
		b.Members = []string{a.SpecialGroup}
	case a.IamMember != "":
		b.Members = []string{a.IamMember}
	}
	return b, nil
}

// toAccess writes an entry that was made here.
func toAccess(b grant.Binding) (access, error) {
	if len(b.Members) != 1 {
		return access{}, invalid("bigquery", "datasets.patch", fmt.Sprintf("an entry of an access list is for one member, not for %d", len(b.Members)))
	}
	a := access{Role: b.Role, Condition: b.Condition}
	kind, name, _ := strings.Cut(b.Members[0], ":")
	switch kind {
	case "user", "serviceAccount":
		a.UserByEmail = name
	case "group":
		a.GroupByEmail = name
	case "domain":
		a.Domain = name
	default:
		a.IamMember = b.Members[0]
	}
	return a, nil
}
