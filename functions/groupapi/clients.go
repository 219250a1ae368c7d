package groupapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/group"
)

// Scope is one sort of question.
type Scope string

// The scopes.
const (
	ReadGroups   Scope = "groups"   // groups themselves
	ReadMembers  Scope = "members"  // who is in a group, and why
	ReadPeople   Scope = "people"   // the groups of a person
	ReadSettings Scope = "settings" // a group's settings
	ReadChanges  Scope = "changes"  // what changed, one after the other
	Export       Scope = "export"   // everything at once
)

var scopes = []Scope{ReadGroups, ReadMembers, ReadPeople, ReadSettings, ReadChanges, Export}

// Client is one system that may ask.
type Client struct {
	// Account is the address of its service account.
	Account string `json:"account"`
	// Scopes are the sorts of questions that it may ask.
	Scopes []Scope `json:"scopes"`
	// Groups are the beginnings of the addresses of the groups that it may see. An empty one stands
	// for all groups, one that ends with @ for the groups of that name in every domain. What goes on
	// behind the @ is a whole address and stands for that group alone.
	Groups []string `json:"groups"`
}

// May reports whether the client has a scope.
func (c Client) May(s Scope) bool { return slices.Contains(c.Scopes, s) }

// Sees reports whether the client may see a group, by its address.
func (c Client) Sees(address string) bool {
	address = group.Address(address)
	return slices.ContainsFunc(c.Groups, func(beginning string) bool {
		if _, domain, _ := strings.Cut(beginning, "@"); domain != "" {
			return address == beginning
		}
		return strings.HasPrefix(address, beginning)
	})
}

// clients are all clients, by their accounts.
type clients map[string]Client

// parseClients reads the policy of clients and returns everything that is wrong with it.
func parseClients(text string) (clients, error) {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	var list []Client
	if err := d.Decode(&list); err != nil {
		return nil, fmt.Errorf("API_CLIENTS is no list of clients: %w", err)
	}
	out := clients{}
	var problems []error
	for i, c := range list {
		c.Account = group.Address(c.Account)
		switch {
		case c.Account == "" || !strings.Contains(c.Account, "@"):
			problems = append(problems, fmt.Errorf("API_CLIENTS: client %d has no account", i+1))
			continue
		case out[c.Account].Account != "":
			problems = append(problems, fmt.Errorf("API_CLIENTS names %s twice", c.Account))
		case len(c.Groups) == 0:
			problems = append(problems, fmt.Errorf(`API_CLIENTS: %s sees no group: write "groups": [""] for all`, c.Account))
		}
		for _, s := range c.Scopes {
			if !slices.Contains(scopes, s) {
				problems = append(problems, fmt.Errorf("API_CLIENTS: %s has scope %q: %v are known", c.Account, s, scopes))
			}
		}
		for k := range c.Groups {
			c.Groups[k] = group.Address(c.Groups[k])
		}
		out[c.Account] = c
	}
	return out, errors.Join(problems...)
}
