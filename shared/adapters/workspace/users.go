package workspace

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/idle"
)

// Users reads and suspends the accounts of the company's Workspace, as one system of accounts
// among others. It needs the scope admin.directory.user, or for reading alone
// admin.directory.user.readonly. It is safe for concurrent use.
//
// Google tells of each account when somebody last signed in with it. That moves only with a
// sign-in: a telephone or a program that stays signed in for months leaves no trace. So what
// looks unused may be in daily use, and policy reports only unless it says otherwise.
//
// It speaks HTTP itself rather than through the generated client, in which a field that is
// missing looks like one that says no.
type Users struct {
	client
	customer string
	self     string
}

// userFields is what is asked for of every account.
const userFields = "id,primaryEmail,aliases,nonEditableAliases,name/fullName,suspended,archived,isAdmin,isDelegatedAdmin,creationTime,lastLoginTime"

// Roles that accounts have here.
const (
	SuperAdmin     = "Super Admin"
	DelegatedAdmin = "Delegated Admin"
)

// NewUsers returns a client of the users of the Directory API. Self is the address of the
// administrator as whom it asks. It makes no request.
func NewUsers(_ context.Context, o Options, self string) (*Users, error) {
	c, err := o.client("directory", "https://admin.googleapis.com")
	if err != nil {
		return nil, err
	}
	if !strings.Contains(self, "@") {
		return nil, errors.New("open directory API: no address of the administrator as whom to ask")
	}
	return &Users{client: c, customer: cmp.Or(o.Customer, "my_customer"), self: group.Address(self)}, nil
}

// userAnswer is an account as the API shows it.
type userAnswer struct {
	ID               string   `json:"id"`
	Email            string   `json:"primaryEmail"`
	Aliases          []string `json:"aliases"`
	FurtherAliases   []string `json:"nonEditableAliases"`
	Suspended        *bool    `json:"suspended"`
	Archived         *bool    `json:"archived"`
	IsAdmin          *bool    `json:"isAdmin"`
	IsDelegatedAdmin *bool    `json:"isDelegatedAdmin"`
	Created          string   `json:"creationTime"`
	LastLogin        string   `json:"lastLoginTime"`
	Name             struct {
		Full string `json:"fullName"`
	} `json:"name"`
}

// Accounts lists all accounts that are not deleted, one after the other, in the order of their
// addresses, and hands each to the caller; the account is good only until the caller returns.
// An error of the caller's ends the listing and is returned as it is.
//
// What was handed out counts only if there is no error in the end. Google does not say how
// many accounts there are; so before the listing Accounts asks which one is the last, and the
// listing has to end with that one, to hold nobody twice, and to hold the administrator as whom
// it asks. Otherwise it is [ErrIncomplete].
func (u *Users) Accounts(ctx context.Context, each func(*idle.Account) error) (idle.Reading, error) {
	const op = "users.list"
	last, header, err := u.page(ctx, url.Values{"maxResults": {"1"}, "orderBy": {"email"}, "sortOrder": {"DESCENDING"}})
	if err != nil {
		return idle.Reading{}, err
	}
	reading := idle.Reading{Calls: 1, Ours: u.now()}
	reading.Theirs, _ = http.ParseTime(header.Get("Date")) // zero without one, which agrees with no clock
	if len(last.Users) != 1 {
		return idle.Reading{}, u.incomplete(op, "nobody is the last account")
	}
	there, final := false, ""
	accounts, tokens := map[string]bool{}, map[string]bool{}
	for token := ""; ; {
		page, _, err := u.page(ctx, url.Values{"maxResults": {strconv.Itoa(peoplePerPage)}, "orderBy": {"email"}, "pageToken": {token}})
		if err != nil {
			return idle.Reading{}, err
		}
		reading.Calls++
		for i := range page.Users {
			one := &page.Users[i]
			switch {
			case one.ID == "" || one.Email == "":
				return idle.Reading{}, u.incomplete(op, "an account has no id or no address")
			case accounts[one.ID]:
				return idle.Reading{}, u.incomplete(op, "an account is listed twice")
			}
			accounts[one.ID], final = true, one.ID
			reading.Accounts++
			a := u.account(one)
			there = there || a.Self
			if err := each(&a); err != nil {
				return idle.Reading{}, err
			}
		}
		token = page.Next
		switch {
		case token == "" && final != last.Users[0].ID:
			return idle.Reading{}, u.incomplete(op, "the listing does not end with the last account")
		case token == "" && !there:
			return idle.Reading{}, u.incomplete(op, "the administrator as whom it asks is not listed")
		case token == "":
			return reading, nil
		case tokens[token] || len(tokens) == maxPages:
			return idle.Reading{}, u.incomplete(op, "the pages go round in a circle, or on for ever")
		}
		tokens[token] = true
	}
}

// maxPages bounds how many pages a listing may have: half a million accounts.
const maxPages = 1000

// usersAnswer is one page of accounts.
type usersAnswer struct {
	Users []userAnswer `json:"users"`
	Next  string       `json:"nextPageToken"`
}

func (u *Users) page(ctx context.Context, query url.Values) (usersAnswer, http.Header, error) {
	query.Set("customer", u.customer)
	query.Set("projection", "basic")
	query.Set("fields", nextField+",users("+userFields+")")
	if query.Get("pageToken") == "" {
		query.Del("pageToken")
	}
	var page usersAnswer
	header, err := u.ask(ctx, "users.list", http.MethodGet, "?"+query.Encode(), nil, &page)
	return page, header, err
}

// ask makes one request about users and decodes its answer.
func (u *Users) ask(ctx context.Context, op, method, path string, body []byte, into any) (http.Header, error) {
	var header http.Header
	err := u.call(ctx, op, func(ctx context.Context) error {
		answer, got, err := u.exchange(ctx, method, u.base+"/admin/directory/v1/users"+path, body)
		if err != nil {
			return err
		}
		header = got
		return json.Unmarshal(answer, into)
	})
	if err != nil {
		return nil, err
	}
	return header, nil
}

// Account reads one account by its id, its address or an alias. Who does not exist is
// [ErrNotFound].
func (u *Users) Account(ctx context.Context, idOrEmail string) (idle.Account, error) {
	const op = "users.get"
	if idOrEmail == "" {
		return idle.Account{}, u.invalid(op, "no account")
	}
	query := url.Values{"projection": {"basic"}, "fields": {userFields}}
	var one userAnswer
	if _, err := u.ask(ctx, op, http.MethodGet, "/"+url.PathEscape(idOrEmail)+"?"+query.Encode(), nil, &one); err != nil {
		return idle.Account{}, err
	}
	if one.ID == "" || one.Email == "" {
		return idle.Account{}, u.incomplete(op, "the account has no id or no address")
	}
	return u.account(&one), nil
}

// Find reads the account that has an address, be it an alias.
func (u *Users) Find(ctx context.Context, email string) (idle.Account, error) {
	if !strings.Contains(email, "@") {
		return idle.Account{}, u.invalid("users.get", "no address")
	}
	return u.Account(ctx, strings.TrimSpace(email))
}

// Disable suspends an account, by its id. Google ends its sessions with that.
func (u *Users) Disable(ctx context.Context, id string) error { return u.suspend(ctx, id, true) }

// Enable ends the suspension of an account, by its id.
func (u *Users) Enable(ctx context.Context, id string) error { return u.suspend(ctx, id, false) }

func (u *Users) suspend(ctx context.Context, id string, suspended bool) error {
	const op = "users.update"
	if id == "" {
		return u.invalid(op, "no account")
	}
	body, err := json.Marshal(map[string]bool{"suspended": suspended})
	if err != nil {
		return u.invalid(op, "a change that cannot be encoded")
	}
	var one userAnswer
	if _, err := u.ask(ctx, op, http.MethodPut, "/"+url.PathEscape(id)+"?fields=id,suspended", body, &one); err != nil {
		return err
	}
	if one.Suspended == nil || *one.Suspended != suspended {
		return u.incomplete(op, "the answer does not show the change")
	}
	return nil
}

// account makes of an account what a decision needs. An archived one is as good as stopped.
func (u *Users) account(one *userAnswer) idle.Account {
	said := func(flag *bool) bool { return flag != nil && *flag }
	a := idle.Account{
		ID: one.ID, Email: one.Email, Name: one.Name.Full, Disabled: said(one.Suspended) || said(one.Archived), Super: said(one.IsAdmin),
	}
	addresses := slices.Concat([]string{one.Email}, one.Aliases, one.FurtherAliases)
	a.Self = slices.ContainsFunc(addresses, func(address string) bool { return group.Address(address) == u.self })
	switch {
	case said(one.IsAdmin):
		a.Roles = []string{SuperAdmin}
	case said(one.IsDelegatedAdmin):
		a.Roles = []string{DelegatedAdmin}
	}
	if one.Suspended == nil {
		a.Unreadable = append(a.Unreadable, "whether it is suspended")
	}
	if one.IsAdmin == nil || one.IsDelegatedAdmin == nil {
		a.Unreadable = append(a.Unreadable, "whether it is an administrator's")
	}
	made, ok := moment(one.Created)
	if !ok || made.IsZero() {
		a.Unreadable = append(a.Unreadable, "when it was made")
	}
	a.Created = made
	used, ok := moment(one.LastLogin)
	a.Credentials = []idle.Credential{{Kind: idle.Google, Created: made, Used: used, Unreadable: !ok}}
	return a
}

// moment reads a date of an account. Google writes the beginning of 1970 for never. The boolean
// is false where there is no date, or none that can be meant.
func moment(text string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, text)
	switch {
	case err != nil:
		return time.Time{}, false
	case t.Equal(time.Unix(0, 0)):
		return time.Time{}, true
	case t.Year() < 2000 || t.Year() > 2200:
		return time.Time{}, false
	}
	return t.UTC(), true
}
