package iam

import (
	"fmt"
	"slices"
	"strings"
)

// This file is the Resource Manager's part. https://cloud.google.com/resource-manager/reference/rest/v3

// wirePolicy is a policy as it travels.
type wirePolicy struct {
	Version  int           `json:"version,omitempty"`
	Bindings []Binding     `json:"bindings,omitempty"`
	Audit    []auditConfig `json:"auditConfigs,omitempty"`
	Etag     string        `json:"etag,omitempty"`
}

// checkVersion refuses what is no version of a policy.
func checkVersion(version int) error {
	if !slices.Contains([]int{0, 1, 3}, version) {
		return invalid(fmt.Sprintf("Invalid policy version %d: valid values are 0, 1 and 3.", version))
	}
	return nil
}

// permitted finds the resource of the path, for a caller who may do something to it. To one who
// may not, a resource that does not exist looks the same.
func (c *call) permitted(name, permission string) (*resource, error) {
	r := c.s.resources[name]
	if r == nil || !c.may(permission, r) {
		return nil, forbidden("The caller does not have permission",
			newErrorInfo("IAM_PERMISSION_DENIED", "iam.googleapis.com", map[string]string{"permission": permission, "resource": name}))
	}
	return r, nil
}

// managed finds the project, folder or organisation of the path.
func (c *call) managed(verb string) (*resource, error) {
	return c.permitted(c.args[0]+"/"+c.args[1], "resourcemanager."+c.args[0]+"."+verb)
}

func getPolicy(c *call) (any, error) {
	var in struct {
		Options struct {
			Version int `json:"requestedPolicyVersion"`
		} `json:"options"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := checkVersion(in.Options.Version); err != nil {
		return nil, err
	}
	r, err := c.managed("getIamPolicy")
	if err != nil {
		return nil, err
	}
	return show(r.at(c.now.Add(-c.s.lag.Read)), in.Options.Version), nil
}

// show is a policy in a version. The answer may have a lower one than was asked for, where there
// are no conditions.
func show(p *policy, version int) wirePolicy {
	return wirePolicy{Version: min(max(version, 1), p.version()), Bindings: p.in(version, withcond), Audit: p.audit, Etag: p.etag}
}

// maskPaths are what an update mask may name.
var maskPaths = []string{"bindings", "etag", "auditConfigs", "audit_configs", "version"}

func setPolicy(c *call) (any, error) {
	var in struct {
		Policy *wirePolicy `json:"policy"`
		Mask   string      `json:"updateMask"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.Policy == nil {
		return nil, invalid("Policy must be set.")
	}
	mask := []string{"bindings", "etag"} // the documented default
	if in.Mask != "" {
		mask = strings.Split(in.Mask, ",")
	}
	for _, path := range mask {
		if !slices.Contains(maskPaths, path) {
			return nil, invalid("Invalid field mask: " + path)
		}
	}
	r, err := c.managed("setIamPolicy")
	if err != nil {
		return nil, err
	}
	next := *in.Policy
	if !slices.Contains(mask, "etag") {
		next.Etag = ""
	}
	if !slices.Contains(mask, "bindings") {
		next.Bindings = r.current().in(next.Version, withcond)
	}
	next.Audit = r.current().audit
	if slices.Contains(mask, "auditConfigs") || slices.Contains(mask, "audit_configs") {
		next.Audit = in.Policy.Audit
	}
	p, err := c.s.replace(r, next, lostRace)
	if err != nil {
		return nil, err
	}
	c.s.put(r, p, c.now)
	return show(p, 3), nil
}

// replace checks what is to stand in the place of a resource's policy, by the rules of versions
// and etags:
//
//   - An etag that is not the current one is a lost race. Without an etag whoever writes last
//     wins, and the version is not compared with what stands.
//   - Only version 3 may hold conditions.
//   - With an etag, a version below 3 is refused where there are conditions now. Without one it is
//     accepted, and all conditions are lost: whoever had access for a time has it for ever.
//
// https://cloud.google.com/iam/docs/allow-policies#versions
func (s *Server) replace(r *resource, next wirePolicy, race func() *apiError) (*policy, error) {
	now := r.current()
	if err := checkVersion(next.Version); err != nil {
		return nil, err
	}
	if next.Etag != "" && next.Etag != now.etag {
		return nil, race()
	}
	bindings := cloneAll(next.Bindings)
	if next.Version < 3 {
		for i, b := range bindings {
			if b.Condition != nil {
				return nil, invalid("Policies with conditions must specify version 3.")
			}
			if next.Etag == "" {
				bindings[i].Role = withoutMark(b.Role)
			}
		}
		if next.Etag != "" && now.conditional() {
			return nil, invalid("The policy contains conditional role bindings: specify policy version 3 to change it.")
		}
	}
	p := &policy{bindings: settle(bindings), audit: next.Audit}
	if err := s.check(r, p); err != nil {
		return nil, err
	}
	return p, nil
}

// testPermissions says which permissions the caller has. It speaks of nobody else.
func testPermissions(c *call) (any, error) {
	var in struct {
		Permissions []string `json:"permissions"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	return c.tested(c.args[0]+"/"+c.args[1], in.Permissions)
}

func (c *call) tested(name string, permissions []string) (any, error) {
	var out struct {
		Permissions []string `json:"permissions,omitempty"`
	}
	for _, p := range permissions {
		if strings.Contains(p, "*") || strings.Count(p, ".") < 2 {
			return nil, invalid(fmt.Sprintf("Permission %s is not valid for this resource.", p))
		}
	}
	r := c.s.resources[name]
	if r == nil {
		return nil, forbidden("The caller does not have permission")
	}
	for _, p := range permissions {
		if c.may(p, r) {
			out.Permissions = append(out.Permissions, p)
		}
	}
	return out, nil
}
