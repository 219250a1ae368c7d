package iam

import (
	"fmt"
	"net/http"
	"strconv"
)

// This file is Cloud Storage's part. https://cloud.google.com/storage/docs/json_api/v1/buckets

// bucketPolicy is a policy as Storage writes it. Kind and ResourceID are ignored on the way in.
type bucketPolicy struct {
	Kind       string    `json:"kind,omitempty"`
	ResourceID string    `json:"resourceId,omitempty"`
	Version    int       `json:"version,omitempty"`
	Bindings   []Binding `json:"bindings,omitempty"`
	Etag       string    `json:"etag,omitempty"`
}

// bucket finds the bucket of the path. Unlike the Resource Manager, Storage says that one does
// not exist.
func (c *call) bucket(permission string) (*resource, error) {
	name := "buckets/" + c.args[0]
	r := c.s.resources[name]
	if r == nil {
		e := notFound("The specified bucket does not exist.")
		e.status = ""
		return nil, e
	}
	if !c.may(permission, r) {
		e := forbidden(fmt.Sprintf("%s does not have %s access to the Google Cloud Storage bucket. Permission '%s' denied on resource (or it may not exist).",
			c.caller.Member, permission, permission))
		e.status = ""
		return nil, e
	}
	return r, nil
}

func getBucketPolicy(c *call) (any, error) {
	version, err := c.versionParameter("optionsRequestedPolicyVersion")
	if err != nil {
		return nil, err
	}
	r, err := c.bucket("storage.buckets.getIamPolicy")
	if err != nil {
		return nil, err
	}
	p := r.at(c.now.Add(-c.s.lag.Read))
	if version = max(version, 1); version < p.version() {
		// The reference says that the request fails, and not with which status.
		return nil, conditionNotMet(fmt.Sprintf("Requested policy version (%d) cannot be less than the existing policy version (%d).", version, p.version()))
	}
	return showBucket(r, p), nil
}

func showBucket(r *resource, p *policy) bucketPolicy {
	return bucketPolicy{
		Kind: "storage#policy", ResourceID: "projects/_/" + r.name, Version: p.version(), Bindings: cloneAll(p.bindings), Etag: p.etag,
	}
}

func setBucketPolicy(c *call) (any, error) {
	var in bucketPolicy
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.Bindings == nil { // the discovery document marks them as required
		return nil, invalid("Required parameter: bindings")
	}
	r, err := c.bucket("storage.buckets.setIamPolicy")
	if err != nil {
		return nil, err
	}
	p, err := c.s.replace(r, wirePolicy{Version: in.Version, Bindings: in.Bindings, Etag: in.Etag},
		func() *apiError { return conditionNotMet("Precondition Failed") })
	if err != nil {
		return nil, err
	}
	c.s.put(r, p, c.now)
	return showBucket(r, p), nil
}

func testBucketPermissions(c *call) (any, error) {
	out := struct {
		Kind        string   `json:"kind"`
		Permissions []string `json:"permissions,omitempty"`
	}{Kind: "storage#testIamPermissionsResponse"}
	if len(c.query["permissions"]) == 0 {
		return nil, invalid("Required parameter: permissions")
	}
	r := c.s.resources["buckets/"+c.args[0]]
	if r == nil {
		return nil, &apiError{code: http.StatusNotFound, message: "The specified bucket does not exist.", reason: "notFound"}
	}
	for _, p := range c.query["permissions"] {
		if c.may(p, r) {
			out.Permissions = append(out.Permissions, p)
		}
	}
	return out, nil
}

// versionParameter reads a policy's version from the query.
func (c *call) versionParameter(name string) (int, error) {
	text := c.query.Get(name)
	if text == "" {
		return 0, nil
	}
	version, err := strconv.Atoi(text)
	if err != nil {
		return 0, invalid(fmt.Sprintf("Invalid value for %s: %s", name, text))
	}
	return version, checkVersion(version)
}
