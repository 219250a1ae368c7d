package idle

import (
	"encoding/json"
	"fmt"
)

// Made is what a request for an account has come to. It is kept as the result of its change.
type Made struct {
	// Account is the account's id in its system.
	Account string `json:"account"`
	// Withheld are the roles that a stopped account had and that were not given back with it.
	Withheld []Role `json:"withheld,omitempty"`
	// Lost are the roles that it had and that there are not any more by their names.
	Lost []string `json:"lost,omitempty"`
	// Given is the role that was asked for, where a stopped account did not have it.
	Given Role `json:"given,omitzero"`
}

// Unlike reports whether a request has given a stopped account other roles than it had.
func (m Made) Unlike() bool { return len(m.Withheld) > 0 || m.Given != Role{} }

// HadBefore returns the roles that a stopped account had before a request gave it back, of one that has these now:
// what the request gave is not among them, what it withheld is, as far as there are such roles among all. What else
// people did with it since, stands. The names are those of the roles that there are not any more.
func (m Made) HadBefore(now, all []Role) (had []Role, lost []string) {
	had = RolesWithout(now, []Role{m.Given})
	withheld, lost := RolesThere(all, m.Withheld)
	return append(had, RolesWithout(withheld, had)...), lost
}

// DecodeMade reads the result of a request's change; one that has none yet has made nothing.
func DecodeMade(result json.RawMessage) (Made, error) {
	if len(result) == 0 {
		return Made{}, nil
	}
	var m Made
	if err := json.Unmarshal(result, &m); err != nil {
		return Made{}, fmt.Errorf("decode what a request for an account made: %w", err)
	}
	return m, nil
}

// Stopped is what a stop has come to, where people have to know more than that it was done. It is kept as
// the result of its change.
type Stopped struct {
	// SignedIn says that the account is disabled, and that its sessions could not be ended.
	SignedIn bool `json:"signed_in,omitempty"`
}

// DecodeStopped reads the result of a stop's change; most have none.
func DecodeStopped(result json.RawMessage) (Stopped, error) {
	if len(result) == 0 {
		return Stopped{}, nil
	}
	var s Stopped
	if err := json.Unmarshal(result, &s); err != nil {
		return Stopped{}, fmt.Errorf("decode what a stop came to: %w", err)
	}
	return s, nil
}
