package slack

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // the zones of people, wherever the simulator runs

	"github.com/sekisho/sekisho/shared/sim"
)

// ErrNoPerson is returned when somebody acts who is no active member of the workspace.
var ErrNoPerson = errors.New("no such person in the workspace")

// Person is a member of the workspace, or a stranger met through Slack Connect.
type Person struct {
	// Email identifies the person to tests; the API finds people by it in any letter case.
	Email string
	// Name is the full name. Empty means the part of Email before the @.
	Name string
	// Locale is such as "ja-JP"; empty means "en-US".
	Locale string
	// Zone is the IANA name of the time zone, such as "Europe/Berlin"; empty means "Asia/Tokyo".
	Zone string
	// Zoneless says that Slack tells no time zone of the person.
	Zoneless bool
	// Guest is a multi-channel guest, Bot another app's user, Deleted a deactivated account.
	Guest, Bot, Deleted bool
	// Team, where it is not empty or the workspace's own, makes a stranger of the person: they
	// can be in channels and press buttons there, but the API neither lists them nor tells
	// their address, and they cannot use commands or get direct messages.
	Team string
}

type person struct {
	Person
	id     string
	handle string
	modals []*view // open modals, the topmost last
	home   *view
	last   *signedRequest
}

// AddPerson adds a person, or changes the one with the same address: deactivates them,
// renames them. The user id stays the same.
func (s *Server) AddPerson(p Person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	handle, _, _ := strings.Cut(strings.ToLower(p.Email), "@")
	p.Name = cmp.Or(p.Name, handle)
	p.Locale = cmp.Or(p.Locale, "en-US")
	if known := s.personByEmail(p.Email); known != nil {
		known.Person = p
		return
	}
	s.enrol(&person{Person: p, id: hashedID("U", strings.ToLower(p.Email)), handle: handle})
}

// slackbotID is the id of Slack's own bot, which is in every workspace.
const slackbotID = "USLACKBOT"

func (s *Server) enrol(p *person) *person {
	s.people = append(s.people, p)
	s.byID[p.id] = p
	if p.Email != "" {
		s.byEmail[strings.ToLower(p.Email)] = p
	}
	return p
}

// UserID returns the id of the person with an address; the boolean is false for nobody.
func (s *Server) UserID(email string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.personByEmail(email)
	if p == nil {
		return "", false
	}
	return p.id, true
}

func (s *Server) personByEmail(email string) *person { return s.byEmail[strings.ToLower(email)] }

func (s *Server) personByID(id string) *person { return s.byID[id] }

// actor returns the person who does something in the client.
func (s *Server) actor(email string) (*person, error) {
	p := s.personByEmail(email)
	if p == nil || p.Deleted || p.Bot {
		return nil, fmt.Errorf("%w: %s", ErrNoPerson, email)
	}
	return p, nil
}

func (s *Server) stranger(p *person) bool { return p.Team != "" && p.Team != s.opt.TeamID }

func (s *Server) teamOf(p *person) string { return cmp.Or(p.Team, s.opt.TeamID) }

func (s *Server) userJSON(p *person, locale bool, now time.Time) map[string]any {
	profile := map[string]any{
		"real_name": p.Name, "real_name_normalized": p.Name,
		"display_name": p.handle, "display_name_normalized": p.handle,
		"team": s.teamOf(p), "avatar_hash": "g" + strings.ToLower(hashedID("", p.id)), "status_text": "", "status_emoji": "",
	}
	if p.Email != "" && !p.Bot && !s.stranger(p) && s.has(emailScope) {
		profile["email"] = p.Email
	}
	u := map[string]any{
		"id": p.id, "team_id": s.teamOf(p), "name": p.handle, "deleted": p.Deleted,
		"is_bot": p.Bot, "is_app_user": false, "updated": 0, "profile": profile,
	}
	if p.Bot {
		profile["bot_id"] = hashedID("B", p.id)
		if p == s.bot {
			profile["bot_id"], profile["api_app_id"] = s.botID, s.opt.AppID
		}
	}
	if s.stranger(p) {
		u["is_stranger"] = true
	}
	if !p.Deleted { // Slack leaves these out for deactivated accounts
		u["real_name"] = p.Name
		if !p.Zoneless {
			u["tz"], u["tz_label"], u["tz_offset"] = zoneOf(p, now)
		}
		u["is_admin"], u["is_owner"], u["is_primary_owner"] = false, false, false
		u["is_restricted"], u["is_ultra_restricted"] = p.Guest, false
		if locale {
			u["locale"] = cmp.Or(p.Locale, "en-US")
		}
	}
	return u
}

// tokyo is the time zone of people of whom no other is known.
const tokyo = "Asia/Tokyo"

// zoneOf returns the name of a person's time zone, what Slack calls its time, and how many seconds
// that is ahead of UTC at an instant. What Slack calls the time of other zones than Japan's is not
// known here: it is their abbreviation. A name that nobody knows is told as it is.
func zoneOf(p *person, now time.Time) (name, label string, offset int) {
	name = cmp.Or(p.Zone, tokyo)
	zone, err := time.LoadLocation(name)
	if err != nil {
		return name, name, 0
	}
	label, offset = now.In(zone).Zone()
	if name == tokyo {
		label = "Japan Standard Time"
	}
	return name, label, offset
}

func (s *Server) usersInfo(c *call) (map[string]any, error) {
	p := s.personByID(c.args.text("user"))
	if p == nil {
		return nil, refuse("user_not_found")
	}
	return map[string]any{"user": s.userJSON(p, c.args.flag("include_locale"), c.now)}, nil
}

func (s *Server) usersLookupByEmail(c *call) (map[string]any, error) {
	email := c.args.text("email")
	if email == "" {
		return nil, refuse("invalid_arguments", "missing required field: email")
	}
	p := s.personByEmail(email)
	if p == nil || p.Deleted || p.Bot || s.stranger(p) {
		return nil, refuse("users_not_found")
	}
	return map[string]any{"user": s.userJSON(p, false, c.now)}, nil
}

func (s *Server) usersList(c *call) (map[string]any, error) {
	var listed []*person
	for _, p := range s.people {
		if !s.stranger(p) {
			listed = append(listed, p)
		}
	}
	users, next, err := page(s, c, listed, 0, 1000, func(p *person) string { return "user:" + p.id })
	if err != nil {
		return nil, err
	}
	members := make([]any, 0, len(users))
	for _, p := range users {
		members = append(members, s.userJSON(p, c.args.flag("include_locale"), c.now))
	}
	return map[string]any{
		"members": members, "cache_ts": c.now.Unix(),
		"response_metadata": map[string]any{"next_cursor": next},
	}, nil
}

// page cuts the page that the limit and cursor arguments ask for out of a listing, and returns
// the cursor of the next one. Without a limit a page has the usual length, or everything where
// that is 0. A cursor is the base64 form of the name of the page's first item.
func page[T any](s *Server, c *call, all []T, usual, largest int, name func(T) string) ([]T, string, error) {
	limit, err := c.args.count(usual, largest)
	if err != nil {
		return nil, "", err
	}
	if limit == 0 {
		limit = len(all)
	}
	if cursor := c.args.text("cursor"); cursor != "" {
		first, err := base64.StdEncoding.DecodeString(cursor)
		if err != nil {
			return nil, "", refuse("invalid_cursor")
		}
		i := slices.IndexFunc(all, func(item T) bool { return name(item) == string(first) })
		if i < 0 {
			return nil, "", refuse("invalid_cursor")
		}
		all = all[i:]
	}
	switch s.draw(c.now, sim.FaultPartial, sim.FaultEmpty) {
	case sim.FaultPartial:
		return all[:min(limit, len(all)/2)], "", nil
	case sim.FaultEmpty:
		return nil, "", nil
	}
	if len(all) <= limit {
		return all, "", nil
	}
	return all[:limit], base64.StdEncoding.EncodeToString([]byte(name(all[limit]))), nil
}
