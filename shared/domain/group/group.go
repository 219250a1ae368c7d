// Package group is the mirror's view of Google Groups: groups, their members, people, and what
// differs between two readings.
package group

import (
	"cmp"
	"slices"
	"time"
)

// Role is a member's role in a group.
type Role string

// The roles.
const (
	Owner   Role = "OWNER"
	Manager Role = "MANAGER"
	Plain   Role = "MEMBER"
)

// Type says what a member is.
type Type string

// The types of member.
const (
	User     Type = "USER"
	Nested   Type = "GROUP"
	External Type = "EXTERNAL"
	Customer Type = "CUSTOMER" // everybody in the company
)

// Group is one Google Group. ID is immutable, Email changes with a rename.
type Group struct {
	ID          string   `json:"id"`
	Email       string   `json:"email"`
	Name        string   `json:"name,omitempty"`
	Description string   `json:"description,omitempty"`
	Aliases     []string `json:"aliases,omitempty"`
	// Count is the number of direct members that the Directory states. It counts users only.
	Count int64 `json:"count"`
}

// Equal reports whether two readings say the same of a group.
func (g Group) Equal(o Group) bool {
	return g.ID == o.ID && g.Email == o.Email && g.Name == o.Name && g.Description == o.Description &&
		g.Count == o.Count && slices.Equal(g.Aliases, o.Aliases)
}

// Member is one direct member of a group.
type Member struct {
	// ID is immutable. It is the id of a person or of a group.
	ID     string `json:"id"`
	Email  string `json:"email"`
	Role   Role   `json:"role"`
	Type   Type   `json:"type"`
	Status string `json:"status,omitempty"`
}

// Person is one account of the company's directory.
type Person struct {
	ID        string   `json:"id"`
	Email     string   `json:"email"`
	Name      string   `json:"name,omitempty"`
	Aliases   []string `json:"aliases,omitempty"`
	Suspended bool     `json:"suspended,omitempty"`
	// Admin says that the person is a super administrator of the directory.
	Admin bool `json:"admin,omitempty"`
	// Manager is the address of the person's manager, where the directory knows it.
	Manager string `json:"manager,omitempty"`
	// Language is a BCP 47 tag, where the directory knows it.
	Language string `json:"language,omitempty"`
	// Read is when the directory was asked.
	Read time.Time `json:"read,omitzero"`
}

// Equal reports whether two readings say the same of a person, whenever they were made.
func (p Person) Equal(o Person) bool {
	return p.ID == o.ID && p.Email == o.Email && p.Name == o.Name && p.Suspended == o.Suspended && p.Admin == o.Admin &&
		p.Manager == o.Manager && p.Language == o.Language && slices.Equal(p.Aliases, o.Aliases)
}

// Snapshot is one complete reading of a group. A reading that may be incomplete is not a
// snapshot: whoever reads returns an error instead.
type Snapshot struct {
	Group   Group
	Members []Member
	// Read is when the reading began.
	Read time.Time
}

// Part names what differs between two readings.
type Part string

// The parts.
const (
	Created Part = "created"
	Deleted Part = "deleted"
	Renamed Part = "renamed"
	Details Part = "details"
	Members Part = "members"
	Roles   Part = "roles"
)

// Difference is what changed between two readings of one group.
type Difference struct {
	// Parts lists what differs, each part once. Of a group that is new or gone it says only
	// that.
	Parts []Part
	// Added and Removed list members by address; of a group that is new or gone all of them.
	Added   []Member
	Removed []Member
	// Moved lists members whose role changed, as they are now.
	Moved []Member
}

// Empty reports whether nothing changed.
func (d Difference) Empty() bool { return len(d.Parts) == 0 }

// Has reports whether a part changed.
func (d Difference) Has(p Part) bool { return slices.Contains(d.Parts, p) }

// Compare returns what changed from one reading to the next. A nil old reading means that the
// group is new, a nil new one that it is gone.
func Compare(old, new *Snapshot) Difference {
	var d Difference
	switch {
	case old == nil && new == nil:
		return d
	case old == nil:
		d.Parts = []Part{Created}
		d.Added = sorted(new.Members)
		return d
	case new == nil:
		d.Parts = []Part{Deleted}
		d.Removed = sorted(old.Members)
		return d
	}
	if Address(old.Group.Email) != Address(new.Group.Email) {
		d.Parts = append(d.Parts, Renamed)
	}
	if old.Group.Name != new.Group.Name || old.Group.Description != new.Group.Description ||
		!slices.Equal(slices.Sorted(slices.Values(old.Group.Aliases)), slices.Sorted(slices.Values(new.Group.Aliases))) {
		d.Parts = append(d.Parts, Details)
	}
	before := make(map[string]Member, len(old.Members))
	for _, m := range old.Members {
		before[m.ID] = m
	}
	for _, m := range new.Members {
		was, ok := before[m.ID]
		delete(before, m.ID)
		switch {
		case !ok:
			d.Added = append(d.Added, m)
		case was.Role != m.Role:
			d.Moved = append(d.Moved, m)
		case was != m && !d.Has(Details):
			d.Parts = append(d.Parts, Details)
		}
	}
	for _, m := range before {
		d.Removed = append(d.Removed, m)
	}
	d.Added, d.Removed, d.Moved = sorted(d.Added), sorted(d.Removed), sorted(d.Moved)
	if len(d.Added)+len(d.Removed) > 0 {
		d.Parts = append(d.Parts, Members)
	}
	if len(d.Moved) > 0 {
		d.Parts = append(d.Parts, Roles)
	}
	return d
}

func sorted(members []Member) []Member {
	out := slices.Clone(members)
	slices.SortFunc(out, func(a, b Member) int { return cmp.Or(cmp.Compare(a.Email, b.Email), cmp.Compare(a.ID, b.ID)) })
	return out
}
