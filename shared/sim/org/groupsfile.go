package org

import (
	"cmp"
	"slices"
	"strings"
)

// groupsFile is the form of groups.yaml in which several open-source foundations keep their
// groups in public.
type groupsFile struct {
	Groups []struct {
		EmailID     string            `yaml:"email-id"`
		Name        string            `yaml:"name"`
		Description string            `yaml:"description"`
		Settings    map[string]string `yaml:"settings"` // keys begin with a capital letter
		Owners      []string          `yaml:"owners"`
		Managers    []string          `yaml:"managers"`
		Members     []string          `yaml:"members"`
	} `yaml:"groups"`
}

// reconcileMembers stands among the settings but is an option of the tool that reads the
// public files.
const reconcileMembers = "ReconcileMembers"

// readGroups reads a groups.yaml. Every member who is neither a group of the file nor a
// service account becomes a person of the company, whatever the domain.
func (f *file) readGroups() *Company {
	var in groupsFile
	if !f.decode(&in) {
		return nil
	}
	c := &Company{}
	isGroup := map[string]bool{}
	domains := map[string]int{}
	for i, g := range in.Groups {
		here := place{"groups", i}
		email := f.address(here.at("email-id"), g.EmailID)
		if isGroup[email] {
			f.problem(here, "%s is in the file twice; write each group once", email)
		}
		isGroup[email] = true
		_, domain, _ := strings.Cut(email, "@")
		domains[domain]++
		group := Group{Email: email, Name: cmp.Or(g.Name, nameFrom(email)), Description: g.Description}
		f.memberships(here, &group, g.Owners, g.Managers, g.Members)
		for _, key := range sortedKeys(g.Settings) {
			if key == reconcileMembers {
				continue
			}
			f.settle(&group, here.at("settings", key), key, g.Settings[key])
		}
		c.Groups = append(c.Groups, group)
	}
	c.Domain = mostFrequent(domains)
	known := map[string]bool{}
	for _, g := range c.Groups {
		for _, m := range slices.Concat(g.Owners, g.Managers, g.Members) {
			if !known[m] && !isGroup[m] && !IsServiceAccount(m) {
				known[m] = true
				c.People = append(c.People, impliedPerson(m))
			}
		}
	}
	return c
}

// apiName turns a setting's name in the public form into its API name. Google spells one of
// them in snake case.
func apiName(key string) string {
	if key == "DefaultSender" {
		return "default_sender"
	}
	return strings.ToLower(key[:min(1, len(key))]) + key[min(1, len(key)):]
}

func mostFrequent(counts map[string]int) string {
	best := ""
	for _, s := range sortedKeys(counts) {
		if best == "" || counts[s] > counts[best] {
			best = s
		}
	}
	return best
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
