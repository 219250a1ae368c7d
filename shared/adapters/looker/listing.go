package looker

import (
	"cmp"
	"context"
	"hash/fnv"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/sekisho/sekisho/shared/domain/idle"
)

// maxPages bounds a listing, so that a server which never ends ends somewhere. With pages of the
// usual length it allows for a million users.
const maxPages = 2_010

// Accounts lists all users, one after the other, in the order of their ids, and hands each to
// the caller; the account is good only until the caller returns. An error of the caller's ends
// the listing and is returned as it is.
//
// What was handed out counts only if there is no error in the end: until then nobody knows
// whether it was everybody. Looker does not say how many users there are, so the listing is
// taken for whole only if all of this is so, and is [ErrIncomplete] otherwise:
//
//   - All pages but the last are equally long. That may be shorter than was asked for, but not
//     shorter than twenty.
//   - Each page begins with the last user of the one before, and after the last page that user
//     comes alone; after a page of fewer than twenty comes an empty one. Whoever is deleted
//     meanwhile moves everybody after them up, so that the page begins with somebody else.
//   - Reading the last ten users once more gives these ten and nobody else.
//   - No user is listed twice, and the account that asks is among them.
//
// If the API key's account sees names only, it is [ErrForbidden].
//
// It makes a request for each page, two for the end, one for the roles and one for our own
// account, besides signing in.
func (c *Client) Accounts(ctx context.Context, each func(*idle.Account) error) (idle.Reading, error) {
	self, me, err := c.whoAmI(ctx)
	if err != nil {
		return idle.Reading{}, err
	}
	roles, err := c.readRoles(ctx)
	if err != nil {
		return idle.Reading{}, err
	}
	l := &listing{client: c, self: self, roles: roles, each: each, seen: map[uint64]struct{}{}}
	if err := l.read(ctx); err != nil {
		return idle.Reading{}, err
	}
	return idle.Reading{Accounts: l.listed, Calls: l.calls + 2, Ours: me.ours, Theirs: me.theirs}, nil
}

// listing is a listing while it is read.
type listing struct {
	client *Client
	self   string
	roles  map[string]string
	each   func(*idle.Account) error

	listed int
	calls  int
	there  bool                // we are listed ourselves
	seen   map[uint64]struct{} // hashes of ids, which take less room than ids
	last   string              // the id of the last user
	full   int                 // how long a full page is
	short  bool                // a page was shorter than that
}

const opAllUsers = "all_users"

const (
	// overlap is how many users are read once more at the end.
	overlap = 10
	// shortest is how long pages are at least, where there are several. It is more than what
	// overlaps, so that reading these again would show whoever comes after them.
	shortest = 2 * overlap
)

func (l *listing) read(ctx context.Context) error {
	for range maxPages {
		known := 0
		if l.listed >= shortest { // after fewer comes nobody, or the listing is not taken
			known = 1
		}
		page, err := l.page(ctx, l.listed-known)
		if err != nil {
			return err
		}
		if known > 0 && (len(page) == 0 || page[0].ID.or("") != l.last) {
			return incomplete(opAllUsers, "the users have moved between two pages")
		}
		fresh := page[known:]
		if len(fresh) == 0 {
			return l.end(ctx)
		}
		few := l.listed > 0 && l.full < shortest
		switch {
		case l.short || few:
			return incomplete(opAllUsers, "a page that is too short is not the last")
		case l.full == 0:
			l.full = min(len(page), l.client.pageSize)
		}
		if l.short = len(page) < l.full; len(page) > l.full {
			return incomplete(opAllUsers, "a page is longer than the others, or than was asked for")
		}
		for i := range fresh {
			if err := l.take(&fresh[i]); err != nil {
				return err
			}
		}
	}
	return incomplete(opAllUsers, "there are more pages than an instance can have")
}

func (l *listing) page(ctx context.Context, offset int) ([]user, error) {
	var page []user
	l.calls++
	_, err := l.client.into(ctx, request{op: opAllUsers, method: http.MethodGet, path: "/users", query: url.Values{
		"fields": {fields}, "sorts": {"id"}, "limit": {strconv.Itoa(l.client.pageSize)}, "offset": {strconv.Itoa(offset)},
	}}, &page)
	return page, err
}

// take hands one user on.
func (l *listing) take(u *user) error {
	l.last = u.ID.or("")
	if l.last == "" {
		return incomplete(opAllUsers, "a user has no id")
	}
	if !u.Disabled.there && !u.WithEmail.there && !u.Sessions.there {
		return &Error{API: api, Op: opAllUsers, Code: http.StatusOK, Message: "the API key's account sees names only: make it an administrator", Kind: ErrForbidden, Final: true}
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(l.last)) // a hash takes everything
	if _, twice := l.seen[h.Sum64()]; twice {
		return incomplete(opAllUsers, "a user is listed twice")
	}
	l.seen[h.Sum64()] = struct{}{}
	l.listed++
	a := u.account(l.self, l.roles)
	l.there = l.there || a.Self
	return l.each(&a)
}

// end makes sure that a page with nobody new was the end.
func (l *listing) end(ctx context.Context) error {
	if !l.there {
		return incomplete(opAllUsers, "the account that asks is not listed itself")
	}
	again := min(l.listed, overlap)
	page, err := l.page(ctx, l.listed-again)
	if err != nil {
		return err
	}
	if len(page) != again || page[again-1].ID.or("") != l.last {
		return incomplete(opAllUsers, "the last users are others when they are read again")
	}
	return nil
}

// whoAmI returns the id of the account that the API key belongs to, asking each time: the
// answer also tells the time.
func (c *Client) whoAmI(ctx context.Context) (string, answer, error) {
	const op = "me"
	var u user
	got, err := c.into(ctx, request{op: op, method: http.MethodGet, path: "/user", query: url.Values{"fields": {"id"}}}, &u)
	if err != nil {
		return "", answer{}, err
	}
	id := u.ID.or("")
	if id == "" {
		return "", answer{}, incomplete(op, "our own account has no id")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.self = id
	return id, got, nil
}

// ourselves returns the id of our own account, asking only if it is not known.
func (c *Client) ourselves(ctx context.Context) (string, error) {
	c.mu.Lock()
	id := c.self
	c.mu.Unlock()
	if id != "" {
		return id, nil
	}
	id, _, err := c.whoAmI(ctx)
	return id, err
}

// role is a role as the API shows it.
type role struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// readRoles returns the names of all roles by their ids, and remembers them.
func (c *Client) readRoles(ctx context.Context) (map[string]string, error) {
	const op = "all_roles"
	var list []role
	if _, err := c.into(ctx, request{op: op, method: http.MethodGet, path: "/roles", query: url.Values{"fields": {"id,name"}}}, &list); err != nil {
		return nil, err
	}
	roles := make(map[string]string, len(list))
	for _, r := range list {
		if r.ID == "" || r.Name == "" {
			return nil, incomplete(op, "a role has no id or no name")
		}
		roles[r.ID] = r.Name
	}
	if len(roles) == 0 {
		return nil, incomplete(op, "there is no role")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.roles, c.read = roles, c.now()
	return roles, nil
}

// roleLife is how long the names of roles are good for. A role that is not among them is asked
// for at once.
const roleLife = time.Hour

// knownRoles returns the names of roles by their ids, with all the given ones among them if
// there are such roles.
func (c *Client) knownRoles(ctx context.Context, ids []string) (map[string]string, error) {
	c.mu.Lock()
	roles, read := c.roles, c.read
	c.mu.Unlock()
	unknown := slices.ContainsFunc(ids, func(id string) bool { _, ok := roles[id]; return !ok })
	if roles != nil && !unknown && c.now().Sub(read) < roleLife {
		return roles, nil
	}
	return c.readRoles(ctx)
}

// Roles lists all roles, sorted by their names. Accounts that are read within [roleLife] after that have their roles
// by these names.
func (c *Client) Roles(ctx context.Context) ([]idle.Role, error) {
	roles, err := c.readRoles(ctx)
	if err != nil {
		return nil, err
	}
	var out []idle.Role
	for id, name := range roles {
		out = append(out, idle.Role{ID: id, Name: name})
	}
	slices.SortFunc(out, func(x, y idle.Role) int { return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.ID, y.ID)) })
	return out, nil
}
