package workspace

import (
	"fmt"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/sim/org"
)

// What people do. The parameter by is the address of who does it: an administrator of the
// company works in the Admin console, everybody else in Google Groups. The audit log tells
// the two apart. Without an address it is an owner of the group, where the method says so, or
// an administrator. An address that nobody in the company has is somebody from outside whom the
// group lets do that, such as an owner with an account elsewhere. A group is found by id, address
// or alias.

// SetSetting changes one setting of a group, given under its API name; name and description
// count as settings. Without by it is the group's owner. The rules between settings hold as
// they do in the API; a refusal wraps [ErrInvalid]. A value need not be one that the API knows.
func (s *Server) SetSetting(groupKey, field, value, by string) error {
	return s.change("set "+field+" of", groupKey, by, true, func(g *group, now time.Time, who actor) error {
		if !isSetting(field) || field == readOnlySetting {
			return invalid("Invalid Value: there is no setting " + field + " that anybody can change")
		}
		return s.changeSettings(now, g, map[string]string{field: value}, org.Setting.MayHold, who)
	})
}

// AddMember adds a person, a group or an address outside the company to a group. The role is
// OWNER, MANAGER or MEMBER. Without by it is the group's owner; who adds himself joins. An
// address that nobody in the company has counts as outside, even in one of its own domains,
// where Google would refuse it.
func (s *Server) AddMember(groupKey, email, role, by string) error {
	return s.change("add "+email+" to", groupKey, by, true, func(g *group, now time.Time, who actor) error {
		if !strings.Contains(email, "@") {
			return invalid("Invalid Input: memberKey")
		}
		m, err := s.addMember(now, g, s.accountFor(email), role, who)
		if err == nil {
			s.record(now, who, tellMemberAdded(g, m, who))
		}
		return err
	})
}

// RemoveMember takes a direct member out of a group. Without by it is the group's owner.
func (s *Server) RemoveMember(groupKey, email, by string) error {
	return s.change("remove "+email+" from", groupKey, by, true, func(g *group, now time.Time, who actor) error {
		return s.removeMember(now, g, email, who)
	})
}

// SetRole changes the role of a direct member. Without by it is the group's owner.
func (s *Server) SetRole(groupKey, email, role, by string) error {
	return s.change("make "+email+" "+role+" of", groupKey, by, true, func(g *group, now time.Time, who actor) error {
		return s.setRole(now, g, email, role, who)
	})
}

// CreateGroup makes an empty group in one of the company's domains. Somebody who is no
// administrator becomes its owner. Without by it is an administrator.
func (s *Server) CreateGroup(email, by string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	who, err := s.person(by)
	if err == nil {
		err = s.createGroup(s.now(), email, nameOf(email), who)
	}
	return wrap("create group", email, err)
}

// DeleteGroup deletes a group. Without by it is an administrator.
func (s *Server) DeleteGroup(groupKey, by string) error {
	return s.change("delete group", groupKey, by, false, func(g *group, now time.Time, who actor) error {
		s.deleteGroup(now, g, who)
		return nil
	})
}

// RenameGroup gives a group another address; the former one stays as an alias. Without by it
// is an administrator.
func (s *Server) RenameGroup(groupKey, email, by string) error {
	return s.change("rename group", groupKey, by, false, func(g *group, now time.Time, who actor) error {
		return s.renameGroup(now, g, email, who)
	})
}

// Suspend suspends a user's account; an administrator does it.
func (s *Server) Suspend(email string) error { return s.setSuspended(email, true) }

// Unsuspend ends the suspension of a user's account; an administrator does it.
func (s *Server) Unsuspend(email string) error { return s.setSuspended(email, false) }

func (s *Server) setSuspended(email string, suspended bool) error {
	return s.withUser("suspend or unsuspend", email, func(a *account) error {
		s.suspend(s.now(), a, suspended, s.administrator())
		return nil
	})
}

// SignIn has a user sign in. Who is suspended is refused as [ErrInvalid].
func (s *Server) SignIn(email string) error {
	return s.withUser("sign in", email, func(a *account) error {
		if a.user.suspended {
			return invalid("the account is suspended")
		}
		a.user.lastLogin = s.now()
		return nil
	})
}

// withUser finds a user and runs do under the lock.
func (s *Server) withUser(what, email string, do func(*account) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.keys[strings.ToLower(email)]
	if a == nil || a.user == nil {
		return wrap(what, email, notFound("userKey"))
	}
	return wrap(what, email, do(a))
}

// Upload is one line of a bulk upload of memberships.
type Upload struct{ Group, Email, Role string }

// BulkUpload adds many members at once, as an administrator does with a file in the console.
// Lines that cannot be added are counted as failed. The audit log says only how many there
// were, and names no group.
func (s *Server) BulkUpload(lines []Upload) (failed int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, who := s.now(), s.administrator()
	for _, line := range lines {
		g := s.groupFor(line.Group)
		if g == nil {
			failed++
		} else if _, err := s.addMember(now, g, s.accountFor(line.Email), line.Role, who); err != nil {
			failed++
		}
	}
	s.record(now, who, tellBulkUpload(len(lines), failed))
	return failed
}

// change finds the group and who changes it, and runs do under the lock.
func (s *Server) change(what, key, by string, byOwner bool, do func(*group, time.Time, actor) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groupFor(key)
	if g == nil {
		return wrap(what, key, notFound("groupKey"))
	}
	if by == "" && byOwner {
		by = ownerOf(g)
	}
	who, err := s.somebody(by)
	if err == nil {
		err = do(g, s.now(), who)
	}
	return wrap(what, key, err)
}

func wrap(what, key string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", what, key, err)
}

// ownerOf returns the address of the first owner who is a user, or nothing.
func ownerOf(g *group) string {
	for _, m := range g.members.value {
		if m.role == owner && m.user != nil {
			return m.email
		}
	}
	return ""
}

// person is the user with that address, as an actor.
func (s *Server) person(email string) (actor, error) {
	if email == "" {
		return s.administrator(), nil
	}
	a := s.keys[strings.ToLower(email)]
	if a == nil || a.user == nil {
		return actor{}, notFound("user " + email)
	}
	who := actor{email: a.email, profileID: a.id}
	if a.user.person.Admin {
		who.surface = inConsole
	}
	return who, nil
}

// somebody is as [Server.person], and takes addresses too that nobody in the company has.
func (s *Server) somebody(email string) (actor, error) {
	if a := s.keys[strings.ToLower(email)]; strings.Contains(email, "@") && (a == nil || !a.inside()) {
		a = s.accountFor(email)
		return actor{email: a.email, profileID: a.id}, nil
	}
	return s.person(email)
}

// administrator is the first administrator of the company. If it has none, the console is
// used by somebody whom the log does not name, as it does with resellers.
func (s *Server) administrator() actor {
	for _, a := range s.users {
		if a.user.person.Admin {
			return actor{a.email, a.id, inConsole}
		}
	}
	return actor{profileID: placeholderProfile, surface: inConsole}
}

func isSetting(name string) bool {
	_, ok := fullSettings(nil)[name]
	return ok || name == "name" || name == "description"
}

func nameOf(email string) string {
	local, _, _ := strings.Cut(email, "@")
	return local
}
