package iam

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// This file is BigQuery's part: the access list of a data set.
// https://cloud.google.com/bigquery/docs/reference/rest/v2/datasets

// datasetMark is how a version below 3 shows an entry under a condition, in the example of the
// reference.
const datasetMark = "_with_conditionalbinding_"

// legacy are the roles that have another name in access lists. A list may be written with
// either, and comes back with these.
var legacy = map[string]string{
	"roles/bigquery.dataOwner": "OWNER", "roles/bigquery.dataEditor": "WRITER", "roles/bigquery.dataViewer": "READER",
}

// access is one entry of an access list: a role to one account, or a view, routine or data set
// that may read here.
type access struct {
	Role         string          `json:"role,omitempty"`
	UserByEmail  string          `json:"userByEmail,omitempty"`
	GroupByEmail string          `json:"groupByEmail,omitempty"`
	Domain       string          `json:"domain,omitempty"`
	SpecialGroup string          `json:"specialGroup,omitempty"`
	IamMember    string          `json:"iamMember,omitempty"`
	View         json.RawMessage `json:"view,omitempty"`
	Routine      json.RawMessage `json:"routine,omitempty"`
	Dataset      json.RawMessage `json:"dataset,omitempty"`
	Condition    *Condition      `json:"condition,omitempty"`
}

// dataset is a data set as it travels, as far as the simulator knows one.
type dataset struct {
	Kind      string            `json:"kind,omitempty"`
	Etag      string            `json:"etag,omitempty"`
	ID        string            `json:"id,omitempty"`
	Reference *datasetReference `json:"datasetReference,omitempty"`
	Access    *[]access         `json:"access,omitempty"`
}

type datasetReference struct {
	Project string `json:"projectId"`
	Dataset string `json:"datasetId"`
}

// special are the members that access lists write as special groups.
var special = []string{"allAuthenticatedUsers", "allUsers"}

func toAccess(b Binding) access {
	if b.opaque != nil {
		var a access
		_ = json.Unmarshal(b.opaque, &a) // it was made by json.Marshal
		return a
	}
	a := access{Role: b.Role, Condition: b.Condition}
	if old, ok := legacy[b.Role]; ok {
		a.Role = old
	}
	member := b.Members[0]
	kind, name, _ := strings.Cut(member, ":")
	switch {
	case slices.Contains(special, member):
		a.SpecialGroup = member
	case strings.HasPrefix(kind, "project"):
		a.SpecialGroup = kind + "s"
	case kind == "user", kind == "serviceAccount":
		a.UserByEmail = name
	case kind == "group":
		a.GroupByEmail = name
	case kind == "domain":
		a.Domain = name
	default:
		a.IamMember = member
	}
	return a
}

// fromAccess reads an entry. A version below 3 that is written without an etag is read as what
// IAM makes of it.
func (a access) binding(project string) (Binding, error) {
	var members []string
	add := func(member, name string) {
		if name != "" {
			members = append(members, canonical(member+name))
		}
	}
	if strings.HasSuffix(a.UserByEmail, ".gserviceaccount.com") {
		add("serviceAccount:", a.UserByEmail)
	} else {
		add("user:", a.UserByEmail)
	}
	add("group:", a.GroupByEmail)
	add("domain:", a.Domain)
	add("", a.IamMember)
	if slices.Contains(special, a.SpecialGroup) {
		add("", a.SpecialGroup)
	} else if kind, ok := strings.CutSuffix(a.SpecialGroup, "s"); ok {
		add(kind+":", project)
	}
	opaque := 0
	for _, raw := range []json.RawMessage{a.View, a.Routine, a.Dataset} {
		if len(raw) > 0 {
			opaque++
		}
	}
	if len(members)+opaque != 1 {
		return Binding{}, invalid("Each access entry must have exactly one of userByEmail, groupByEmail, domain, specialGroup, iamMember, view, routine and dataset.")
	}
	if opaque == 1 {
		raw, err := json.Marshal(a)
		return Binding{opaque: raw}, err
	}
	role := a.Role
	for name, old := range legacy {
		if role == old {
			role = name
		}
	}
	return Binding{Role: role, Members: members, Condition: a.Condition}, nil
}

// set finds the data set of the path.
func (c *call) set(permissions ...string) (*resource, error) {
	r := c.s.resources["datasets/"+c.args[0]+"."+c.args[1]]
	if r == nil {
		e := notFound(fmt.Sprintf("Not found: Dataset %s:%s", c.args[0], c.args[1]))
		return nil, e
	}
	for _, p := range permissions {
		if !c.may(p, r) {
			return nil, &apiError{
				code: http.StatusForbidden, status: "PERMISSION_DENIED", reason: "accessDenied",
				message: fmt.Sprintf("Access Denied: Dataset %s:%s: Permission %s denied on dataset %s:%s (or it may not exist).", c.args[0], c.args[1], p, c.args[0], c.args[1]),
			}
		}
	}
	return r, nil
}

func (c *call) showSet(p *policy, version int) dataset {
	list := []access{}
	for _, b := range p.in(version, datasetMark) {
		list = append(list, toAccess(b))
	}
	return dataset{
		Kind: "bigquery#dataset", Etag: p.etag, ID: c.args[0] + ":" + c.args[1],
		Reference: &datasetReference{c.args[0], c.args[1]}, Access: &list,
	}
}

func getDataset(c *call) (any, error) {
	version, err := c.versionParameter("accessPolicyVersion")
	if err != nil {
		return nil, err
	}
	r, err := c.set("bigquery.datasets.get")
	if err != nil {
		return nil, err
	}
	return c.showSet(r.at(c.now.Add(-c.s.lag.Read)), version), nil
}

// patchDataset replaces the access list. Of the rest of a data set nothing can be changed here.
// Whoever sends the header If-Match loses a race with 412.
func patchDataset(c *call) (any, error) {
	version, err := c.versionParameter("accessPolicyVersion")
	if err != nil {
		return nil, err
	}
	var in dataset
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	r, err := c.set("bigquery.datasets.update", "bigquery.datasets.setIamPolicy")
	if err != nil {
		return nil, err
	}
	now := r.current()
	if match := c.r.Header.Get("If-Match"); match != "" && match != "*" && match != now.etag {
		return nil, conditionNotMet("Precondition check failed.")
	}
	if in.Access == nil {
		return c.showSet(now, 3), nil
	}
	next := &policy{}
	for _, a := range *in.Access {
		b, err := a.binding(c.args[0])
		if err != nil {
			return nil, err
		}
		if b.Condition != nil && version < 3 {
			return nil, invalid("Conditional access entries need accessPolicyVersion 3.")
		}
		next.bindings = append(next.bindings, b)
	}
	// Unlike the other APIs, this one refuses a lower version also without an etag.
	if version < 3 && now.conditional() {
		return nil, invalid("The dataset has conditional access entries: accessPolicyVersion 3 is needed to change them.")
	}
	if err := c.s.check(r, next); err != nil {
		return nil, err
	}
	c.s.put(r, next, c.now)
	return c.showSet(next, 3), nil
}
