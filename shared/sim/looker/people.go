package looker

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What people do, in the browser. What they do shows in the API after [Options].Lag.

// providers are the kinds of credential that a first sign-in makes by itself: the identity
// provider vouches for the address.
var providers = []string{"google", "ldap", "oidc", "saml", "workforce"}

// Login signs a person in with one kind of credential, and begins a session. The credential of
// an identity provider is made where the user does not have it yet, any other must be there. A
// second factor and an API key are no way to sign in. It is [ErrNotFound] if there is no such
// user or credential, and [ErrDisabled] if the user is disabled.
func (s *Server) Login(email, kind string) error {
	return s.person("sign in", email, func(now time.Time, a *account) error {
		if a.disabled {
			return ErrDisabled
		}
		if kind == "totp" || kind == "api3" {
			return fmt.Errorf("%w: nobody signs in by %s", ErrInvalid, kind)
		}
		held := a.credential(kind)
		if held == nil && !slices.Contains(providers, kind) {
			return fmt.Errorf("%w: credential %s", ErrNotFound, kind)
		}
		if held == nil {
			a.credentials = append(a.credentials, credential{kind: kind, created: now})
			held = a.credential(kind)
		}
		held.used = now
		if kind == "email" {
			a.setup = "" // whoever has a password has set the account up
		}
		a.sessions = append(a.sessions, s.session(now, kind))
		return nil
	})
}

// Work prolongs the newest session of a person, as using Looker does. It is [ErrNotFound] if
// the person is not signed in.
func (s *Server) Work(email string) error {
	return s.person("work", email, func(now time.Time, a *account) error {
		for i := len(a.sessions) - 1; i >= 0; i-- {
			one := &a.sessions[i]
			if one.sudo == "" && now.Before(one.ends) {
				one.extended, one.ends = now, now.Add(sessionLife)
				one.extensions++
				return nil
			}
		}
		return fmt.Errorf("%w: session", ErrNotFound)
	})
}

// Sudo has an administrator look at Looker as somebody else does.
func (s *Server) Sudo(by, email string) error {
	s.mu.Lock()
	admin := s.byEmail(by)
	s.mu.Unlock()
	if admin == nil {
		return fmt.Errorf("sudo as %s by %s: %w", email, by, ErrNotFound)
	}
	return s.person("sudo as", email, func(now time.Time, a *account) error {
		one := s.session(now, "email")
		one.sudo = admin.truth().id
		a.sessions = append(a.sessions, one)
		return nil
	})
}

// SetDisabled has an administrator disable or enable a user in the browser.
func (s *Server) SetDisabled(email string, disabled bool) error {
	return s.person("disable or enable", email, func(_ time.Time, a *account) error {
		a.disabled = disabled
		return nil
	})
}

// Delete has an administrator delete a user in the browser.
func (s *Server) Delete(email string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.byEmail(email)
	if u == nil {
		return fmt.Errorf("delete %s: %w", email, ErrNotFound)
	}
	u.current, u.past = nil, nil // its id is nobody's for ever
	return nil
}

// SetRoles has an administrator give a user these roles, by name, and no other.
func (s *Server) SetRoles(email string, roles ...string) error {
	return s.person("set the roles of", email, func(_ time.Time, a *account) error {
		a.roles = nil
		for _, name := range roles {
			a.roles = append(a.roles, s.addRole(name))
		}
		return nil
	})
}

func (s *Server) session(now time.Time, kind string) session {
	s.sessions++
	return session{id: strconv.Itoa(s.sessions), kind: kind, begun: now, ends: now.Add(sessionLife), address: "203.0.113.7"}
}

// person finds a user and changes it, or leaves it as it is if that is refused.
func (s *Server) person(what, email string, do func(time.Time, *account) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.byEmail(email)
	if u == nil {
		return fmt.Errorf("%s %s: %w", what, email, ErrNotFound)
	}
	now := s.o.Now()
	changed, past := *u.current, u.past
	var err error
	u.change(now, s.o.Lag, func(a *account) { err = do(now, a) })
	if err != nil {
		u.current, u.past = &changed, past
		return fmt.Errorf("%s %s: %w", what, email, err)
	}
	return nil
}

// User is a user as it stands, whatever the API still answers.
type User struct {
	ID, Email, Name string
	Disabled        bool
	Roles           []string // names
	// Credentials maps the kinds of credential that the user has to the latest sign-in, zero for
	// none.
	Credentials map[string]time.Time
	// Sessions counts those that are alive.
	Sessions int
}

// User returns the user with that address. The boolean is false if there is none.
func (s *Server) User(email string) (User, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.byEmail(email)
	if u == nil {
		return User{}, false
	}
	return s.tell(u.truth()), true
}

// Users returns all users, sorted by address.
func (s *Server) Users() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []User
	for _, u := range s.users {
		if a := u.truth(); a != nil {
			out = append(out, s.tell(a))
		}
	}
	slices.SortStableFunc(out, func(a, b User) int { return strings.Compare(a.Email, b.Email) })
	return out
}

func (s *Server) tell(a *account) User {
	out := User{ID: a.id, Email: a.email, Name: fullName(a), Disabled: a.disabled, Credentials: map[string]time.Time{}}
	for _, id := range a.roles {
		if r, ok := s.role(id); ok {
			out.Roles = append(out.Roles, r.name)
		}
	}
	for _, c := range a.credentials {
		out.Credentials[c.kind] = c.used
	}
	for _, one := range a.sessions {
		if s.o.Now().Before(one.ends) {
			out.Sessions++
		}
	}
	return out
}
