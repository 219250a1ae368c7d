package workspace

import (
	"encoding/binary"
	"strings"
	"time"

	reports "google.golang.org/api/admin/reports/v1"
)

// Names of the audit applications that see changes of groups. End users change groups in
// Google Groups, which groups and groups_enterprise show; administrators and programs change
// them in the console and through APIs, which admin and groups_enterprise show.
// https://support.google.com/cloudidentity/answer/6270454
const (
	appAdmin      = "admin"
	appGroups     = "groups"
	appEnterprise = "groups_enterprise"
)

// history is how long the audit log keeps entries.
const history = 180 * 24 * time.Hour

// audit is the audit log and who watches it. The server's lock guards it.
type audit struct {
	log      map[string][]*entry // by application, oldest first
	recorded int64
	channels []*channel      // oldest first; those that ended leave when the next one opens
	usedIDs  map[string]bool // every channel id there ever was: an id is good for one channel
}

// entry is one activity. The activity does not change any more once it is recorded.
type entry struct {
	activity *reports.Activity
	at       time.Time
	seq      int64
	visible  time.Time // from then on it is listed
}

// actor is who makes a change, and where.
type actor struct {
	email     string
	profileID string
	surface   surface
}

// surface is where a change is made.
type surface int

const (
	inGoogleGroups surface = iota
	inConsole
	throughAPI
)

// placeholderProfile is what the log shows where an actor has no profile.
// https://developers.google.com/workspace/admin/reports/reference/rest/v1/activities/list
const placeholderProfile = "105250506097979753968"

// actor is who makes the changes that this request asks for.
func (c *call) actor() actor {
	by := actor{email: c.s.robots[c.token], profileID: placeholderProfile, surface: throughAPI}
	if by.email != "" {
		by.profileID = c.s.userID(strings.ToLower(by.email))
	}
	return by
}

// happened is one change as the three applications tell it. Empty lists are not recorded.
type happened struct {
	admin, groups, enterprise []*reports.ActivityEvents
}

// record writes the audit entries of a change, with all its events in one activity of each
// application.
func (s *Server) record(now time.Time, by actor, h happened) {
	if by.surface == inGoogleGroups {
		s.recordIn(appGroups, s.lag.Groups, now, by, h.groups)
	} else {
		s.recordIn(appAdmin, s.lag.Admin, now, by, h.admin)
	}
	s.recordIn(appEnterprise, s.lag.GroupsEnterprise, now, by, h.enterprise)
}

func (s *Server) recordIn(app string, lag Delay, now time.Time, by actor, events []*reports.ActivityEvents) {
	if len(events) == 0 {
		return
	}
	s.recorded++
	qualifier := s.digest("activity", s.recorded)
	e := &entry{at: now, seq: s.recorded, visible: now.Add(s.draw(lag, s.recorded)), activity: &reports.Activity{
		Kind: "admin#reports#activity",
		Etag: s.etag("activity", s.recorded),
		Id: &reports.ActivityId{
			Time: now.UTC().Format("2006-01-02T15:04:05.000Z"), ApplicationName: app, CustomerId: s.customerID,
			UniqueQualifier: int64(binary.BigEndian.Uint64(qualifier[:])),
		},
		Actor:     &reports.ActivityActor{CallerType: "USER", Email: by.email, ProfileId: by.profileID},
		IpAddress: "203.0.113.7",
		Events:    events,
	}}
	if by.surface == throughAPI && by.email != "" {
		e.activity.IpAddress = "192.0.2.1"
		e.activity.Actor.ApplicationInfo = &reports.ActivityActorApplicationInfo{
			ApplicationName: by.email, OauthClientId: by.profileID, ForceSendFields: []string{"Impersonation"},
		}
	}
	log := s.log[app]
	for len(log) > 0 && log[0].at.Before(now.Add(-history)) {
		log = log[1:]
	}
	s.log[app] = append(log, e)
	s.agenda.At(e.visible, s.notify(e))
}

// event makes one event of an activity. Its parameters come as pairs of name and value; a
// value is a string or, for several, a slice of strings.
func event(kind, name string, pairs ...any) *reports.ActivityEvents {
	e := &reports.ActivityEvents{Type: kind, Name: name}
	for i := 0; i+1 < len(pairs); i += 2 {
		p := &reports.ActivityEventsParameters{Name: pairs[i].(string)}
		switch v := pairs[i+1].(type) {
		case string:
			p.Value, p.ForceSendFields = v, []string{"Value"}
		case []string:
			p.MultiValue, p.ForceSendFields = v, []string{"MultiValue"}
		case int:
			p.IntValue, p.ForceSendFields = int64(v), []string{"IntValue"}
		}
		e.Parameters = append(e.Parameters, p)
	}
	return e
}

func adminEvent(name string, pairs ...any) *reports.ActivityEvents {
	return event("GROUP_SETTINGS", name, pairs...)
}

func groupsEvent(name string, pairs ...any) *reports.ActivityEvents {
	return event("moderator_action", name, pairs...)
}

// enterpriseEvent is an event of groups_enterprise, all of which name the group and its
// namespace.
func enterpriseEvent(name string, group string, pairs ...any) *reports.ActivityEvents {
	return event("moderator_action", name, append(append([]any{"group_id", group}, pairs...), "namespace", "")...)
}
