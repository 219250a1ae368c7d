package org

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Company is everything that the simulators need to know before a world begins. It is plain
// data: nothing changes it after it was parsed, generated or merged.
type Company struct {
	// Domain is the primary domain of the Workspace account.
	Domain string
	// People and Groups are sorted by address.
	People []Person
	Groups []Group

	Looker       Looker
	Organization Organization
	Folders      []Folder
	Projects     []Project
	Fivetran     Fivetran
	OpenMetadata OpenMetadata
}

// Person is somebody with an account in the company's Workspace directory.
type Person struct {
	Email   string
	Name    string   // as people write it; made from the address where absent
	Manager string   // the manager's address, or empty
	Locale  string   // a BCP 47 tag such as ja or en; en where absent
	Aliases []string // further addresses of the same account
	// Slack says whether the person has a Slack account. True where the file does not say.
	Slack     bool
	Suspended bool // the Workspace account is suspended
	Admin     bool // a Workspace super administrator
	// Created is when the account was made, LastLogin when it was last signed in to; zero when
	// the file does not say. NeverLoggedIn says that nobody ever has.
	Created, LastLogin time.Time
	NeverLoggedIn      bool

	// implied marks a person who is known only as a member of a group.
	implied bool
}

// Group is a Google Group. An address is in at most one of the three lists.
type Group struct {
	Email       string   `yaml:"email"`
	Name        string   `yaml:"name"` // made from the address where absent
	Description string   `yaml:"description"`
	Owners      []string `yaml:"owners"`
	Managers    []string `yaml:"managers"`
	Members     []string `yaml:"members"`
	// Settings holds the Groups Settings that differ from Google's defaults, under their API
	// names (whoCanViewGroup).
	Settings map[string]string `yaml:"settings"`
}

// Merge adds other to c. What both name (a group, a declared person, a Looker user, a project
// …) is replaced by what other says of it, so that a later file restates an earlier one. Who
// was taken for a person because an address is a member of a group, and turns out to be a
// group or the alias of somebody in the other company, is no longer a person.
func (c *Company) Merge(other *Company) {
	c.Domain = cmp.Or(c.Domain, other.Domain)
	c.People = mergePeople(c.People, other.People)
	c.Groups = merge(c.Groups, other.Groups, func(g Group) string { return g.Email })
	c.Looker.merge(other.Looker)
	c.Organization.ID = cmp.Or(other.Organization.ID, c.Organization.ID)
	c.Organization.Bindings = append(slices.Clip(c.Organization.Bindings), other.Organization.Bindings...)
	c.Folders = merge(c.Folders, other.Folders, func(f Folder) string { return f.ID })
	c.Projects = merge(c.Projects, other.Projects, func(p Project) string { return p.ID })
	c.Fivetran.merge(other.Fivetran)
	c.OpenMetadata.merge(other.OpenMetadata)
	c.settle()
}

// merge returns the items of both lists; of two with the same key the second one stays, in
// the place of the first.
func merge[T any](first, second []T, key func(T) string) []T {
	out := slices.Clone(first)
	at := make(map[string]int, len(first))
	for i, item := range first {
		at[key(item)] = i
	}
	for _, item := range second {
		if i, ok := at[key(item)]; ok {
			out[i] = item
			continue
		}
		at[key(item)] = len(out)
		out = append(out, item)
	}
	return out
}

// mergePeople is merge, except that somebody who is only implied never replaces somebody who
// was declared.
func mergePeople(first, second []Person) []Person {
	declared := map[string]bool{}
	for _, p := range first {
		if !p.implied {
			declared[p.Email] = true
		}
	}
	second = slices.DeleteFunc(slices.Clone(second), func(p Person) bool {
		return p.implied && declared[p.Email]
	})
	return merge(first, second, func(p Person) string { return p.Email })
}

// settle drops implied people who are groups or aliases, makes people of the members in the
// company's own domain whom nobody declared, and sorts.
func (c *Company) settle() {
	known := map[string]bool{}
	for _, g := range c.Groups {
		known[g.Email] = true
	}
	for _, p := range c.People {
		for _, a := range p.Aliases {
			known[a] = true
		}
	}
	c.People = slices.DeleteFunc(c.People, func(p Person) bool { return p.implied && known[p.Email] })
	for _, p := range c.People {
		known[p.Email] = true
	}
	own := "@" + c.Domain
	for _, g := range c.Groups {
		for _, list := range [][]string{g.Owners, g.Managers, g.Members} {
			for _, m := range list {
				if !known[m] && strings.HasSuffix(m, own) {
					known[m] = true
					c.People = append(c.People, impliedPerson(m))
				}
			}
		}
	}
	slices.SortFunc(c.People, func(a, b Person) int { return cmp.Compare(a.Email, b.Email) })
	slices.SortFunc(c.Groups, func(a, b Group) int { return cmp.Compare(a.Email, b.Email) })
	slices.SortFunc(c.Looker.Users, func(a, b LookerUser) int { return cmp.Compare(a.Email, b.Email) })
}

func impliedPerson(email string) Person {
	return Person{Email: email, Name: nameFrom(email), Locale: "en", Slack: true, implied: true}
}

// nameFrom makes a display name of an address: pat.lee@example.com is Pat Lee.
func nameFrom(email string) string {
	local, _, _ := strings.Cut(email, "@")
	words := strings.FieldsFunc(local, func(r rune) bool { return strings.ContainsRune("._-+", r) })
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	return cmp.Or(strings.Join(words, " "), local)
}

// IsServiceAccount reports whether an address belongs to a Google Cloud service account,
// which can be a member of groups but is nobody's directory account.
func IsServiceAccount(email string) bool {
	return strings.HasSuffix(email, ".gserviceaccount.com")
}
