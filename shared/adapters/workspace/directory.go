package workspace

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	admin "google.golang.org/api/admin/directory/v1"
	"google.golang.org/api/option"

	"github.com/sekisho/sekisho/shared/domain/group"
)

// The sizes of pages, which are the largest that Google allows
// (https://developers.google.com/workspace/admin/directory/reference/rest/v1).
const (
	groupsPerPage  = 200
	membersPerPage = 200
	peoplePerPage  = 500
)

// The parts of answers that are asked for. Each listing's mask names nextPageToken: without
// it Google leaves it out, and the first page looks like the last.
const (
	groupFields  = "id,email,name,description,aliases,nonEditableAliases,directMembersCount"
	memberFields = "id,email,role,type,status"
	personFields = "id,primaryEmail,name/fullName,aliases,nonEditableAliases,suspended,archived,isAdmin,relations,languages"
	nextField    = "nextPageToken"
)

// Directory reads groups, members and people. It needs the scopes admin.directory.group.readonly,
// admin.directory.group.member.readonly and admin.directory.user.readonly. It is safe for
// concurrent use.
type Directory struct {
	client
	service  *admin.Service
	customer string
}

// GroupPage is one page of groups.
type GroupPage struct {
	Groups []group.Group
	// Next is the token of the next page; empty on the last.
	Next string
}

// MemberPage is one page of a group's direct members.
type MemberPage struct {
	Members []group.Member
	// Next is the token of the next page; empty on the last.
	Next string
}

// PersonPage is one page of people.
type PersonPage struct {
	People []group.Person
	// Next is the token of the next page; empty on the last.
	Next string
}

// NewDirectory returns a client of the Directory API. It makes no request.
func NewDirectory(ctx context.Context, o Options) (*Directory, error) {
	c, err := o.client("directory", "https://admin.googleapis.com")
	if err != nil {
		return nil, err
	}
	service, err := admin.NewService(ctx, option.WithHTTPClient(c.http), option.WithEndpoint(c.base+"/"))
	if err != nil {
		return nil, fmt.Errorf("open directory API: %w", err)
	}
	return &Directory{client: c, service: service, customer: cmp.Or(o.Customer, "my_customer")}, nil
}

// Groups lists one page of the company's groups; an empty token asks for the first.
func (d *Directory) Groups(ctx context.Context, pageToken string) (GroupPage, error) {
	return d.groups(ctx, d.service.Groups.List().Customer(d.customer), pageToken)
}

// GroupsOf lists one page of the groups that a person or a group, by address or id, is a
// direct member of.
func (d *Directory) GroupsOf(ctx context.Context, member, pageToken string) (GroupPage, error) {
	if member == "" {
		return GroupPage{}, d.invalid("groups.list", "no member")
	}
	return d.groups(ctx, d.service.Groups.List().UserKey(member), pageToken)
}

func (d *Directory) groups(ctx context.Context, list *admin.GroupsListCall, pageToken string) (GroupPage, error) {
	const op = "groups.list"
	var page GroupPage
	err := d.call(ctx, op, func(ctx context.Context) error {
		if pageToken != "" {
			list.PageToken(pageToken)
		}
		answer, err := list.MaxResults(groupsPerPage).OrderBy("email").Fields(nextField, "groups("+groupFields+")").Context(ctx).Do()
		if err != nil {
			return err
		}
		page.Next = answer.NextPageToken
		for _, g := range answer.Groups {
			got, ok := toGroup(g)
			if !ok {
				return d.incomplete(op, "a group has no id or no address")
			}
			page.Groups = append(page.Groups, got)
		}
		return d.successor(op, pageToken, page.Next)
	})
	if err != nil {
		return GroupPage{}, err
	}
	return page, nil
}

// Group reads one group by its address, an alias or its id. A group that does not exist is
// [ErrNotFound].
func (d *Directory) Group(ctx context.Context, idOrEmail string) (group.Group, error) {
	const op = "groups.get"
	if idOrEmail == "" {
		return group.Group{}, d.invalid(op, "no group")
	}
	var got group.Group
	err := d.call(ctx, op, func(ctx context.Context) error {
		answer, err := d.service.Groups.Get(idOrEmail).Fields(groupFields).Context(ctx).Do()
		if err != nil {
			return err
		}
		var ok bool
		if got, ok = toGroup(answer); !ok {
			return d.incomplete(op, "the group has no id or no address")
		}
		return nil
	})
	if err != nil {
		return group.Group{}, err
	}
	return got, nil
}

// Members lists one page of a group's direct members, by the group's address or id. All
// roles, types and states of members are in it.
func (d *Directory) Members(ctx context.Context, groupID, pageToken string) (MemberPage, error) {
	const op = "members.list"
	if groupID == "" {
		return MemberPage{}, d.invalid(op, "no group")
	}
	var page MemberPage
	err := d.call(ctx, op, func(ctx context.Context) error {
		list := d.service.Members.List(groupID).MaxResults(membersPerPage)
		if pageToken != "" {
			list.PageToken(pageToken)
		}
		answer, err := list.Fields(nextField, "members("+memberFields+")").Context(ctx).Do()
		if err != nil {
			return err
		}
		page.Next = answer.NextPageToken
		for _, m := range answer.Members {
			got, ok := toMember(m)
			if !ok {
				return d.incomplete(op, "a member has neither id nor address")
			}
			page.Members = append(page.Members, got)
		}
		return d.successor(op, pageToken, page.Next)
	})
	if err != nil {
		return MemberPage{}, err
	}
	return page, nil
}

// Member reads one direct membership, by the group's address or id and the member's. Who is
// not a direct member is [ErrNotFound], like a group that does not exist.
func (d *Directory) Member(ctx context.Context, groupID, member string) (group.Member, error) {
	const op = "members.get"
	if groupID == "" || member == "" {
		return group.Member{}, d.invalid(op, "no group or no member")
	}
	var got group.Member
	err := d.call(ctx, op, func(ctx context.Context) error {
		answer, err := d.service.Members.Get(groupID, member).Fields(memberFields).Context(ctx).Do()
		if err != nil {
			return err
		}
		var ok bool
		if got, ok = toMember(answer); !ok {
			return d.incomplete(op, "the member has neither id nor address")
		}
		return nil
	})
	if err != nil {
		return group.Member{}, err
	}
	return got, nil
}

// People lists one page of the company's accounts by address, those that are suspended or
// archived included, those that are deleted not.
func (d *Directory) People(ctx context.Context, pageToken string) (PersonPage, error) {
	const op = "users.list"
	var page PersonPage
	err := d.call(ctx, op, func(ctx context.Context) error {
		list := d.service.Users.List().Customer(d.customer).MaxResults(peoplePerPage).OrderBy("email").Projection("full")
		if pageToken != "" {
			list.PageToken(pageToken)
		}
		answer, err := list.Fields(nextField, "users("+personFields+")").Context(ctx).Do()
		if err != nil {
			return err
		}
		page.Next = answer.NextPageToken
		for _, u := range answer.Users {
			got, ok := toPerson(u)
			if !ok {
				return d.incomplete(op, "an account has no id or no address")
			}
			page.People = append(page.People, got)
		}
		return d.successor(op, pageToken, page.Next)
	})
	if err != nil {
		return PersonPage{}, err
	}
	return page, nil
}

// Person reads one account by its id or one of its addresses.
func (d *Directory) Person(ctx context.Context, idOrEmail string) (group.Person, error) {
	const op = "users.get"
	if idOrEmail == "" {
		return group.Person{}, d.invalid(op, "no account")
	}
	var got group.Person
	err := d.call(ctx, op, func(ctx context.Context) error {
		answer, err := d.service.Users.Get(idOrEmail).Projection("full").Fields(personFields).Context(ctx).Do()
		if err != nil {
			return err
		}
		var ok bool
		if got, ok = toPerson(answer); !ok {
			return d.incomplete(op, "the account has no id or no address")
		}
		return nil
	})
	if err != nil {
		return group.Person{}, err
	}
	return got, nil
}

// successor refuses a page that names itself as the next one.
func (c client) successor(op, token, next string) error {
	if token != "" && token == next {
		return c.incomplete(op, "the page's successor is the page itself")
	}
	return nil
}

func toGroup(g *admin.Group) (group.Group, bool) {
	if g == nil || g.Id == "" || g.Email == "" {
		return group.Group{}, false
	}
	return group.Group{
		ID: g.Id, Email: g.Email, Name: g.Name, Description: g.Description,
		Aliases: aliases(g.Aliases, g.NonEditableAliases), Count: g.DirectMembersCount,
	}, true
}

func toMember(m *admin.Member) (group.Member, bool) {
	if m == nil || m.Id == "" && m.Email == "" {
		return group.Member{}, false
	}
	return group.Member{
		// Without an id the address is the best that identifies a member.
		ID: cmp.Or(m.Id, group.Address(m.Email)), Email: m.Email,
		Role: cmp.Or(group.Role(m.Role), group.Plain), Type: group.Type(m.Type), Status: m.Status,
	}, true
}

func toPerson(u *admin.User) (group.Person, bool) {
	if u == nil || u.Id == "" || u.PrimaryEmail == "" {
		return group.Person{}, false
	}
	p := group.Person{
		ID: u.Id, Email: u.PrimaryEmail, Aliases: aliases(u.Aliases, u.NonEditableAliases),
		// An archived account cannot be used either.
		Suspended: u.Suspended || u.Archived,
		Admin:     u.IsAdmin, Manager: manager(u.Relations), Language: language(u.Languages),
	}
	if u.Name != nil {
		p.Name = u.Name.FullName
	}
	return p, true
}

// aliases merges the lists of aliases in one order, so that two readings of the same group
// are equal.
func aliases(lists ...[]string) []string {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return slices.Compact(all)
}

// manager returns the address of the manager among a person's relations. The value of a
// relation is free text; what is not an address is passed over.
func manager(relations any) string {
	for _, r := range items[admin.UserRelation](relations) {
		if r.Type == "manager" && strings.Contains(r.Value, "@") {
			return group.Address(r.Value)
		}
	}
	return ""
}

// language returns the language that a person prefers, or else the first.
func language(languages any) string {
	first := ""
	for _, l := range items[admin.UserLanguage](languages) {
		if l.LanguageCode != "" && l.Preference == "preferred" {
			return l.LanguageCode
		}
		first = cmp.Or(first, l.LanguageCode)
	}
	return first
}

// items decodes a list that the generated client leaves undecoded. A list of another form
// is empty: these fields are for display and for routing, and must not hide a person.
func items[T any](undecoded any) []T {
	text, err := json.Marshal(undecoded)
	if err != nil {
		return nil
	}
	var list []T
	if json.Unmarshal(text, &list) != nil {
		return nil
	}
	return list
}
