package activity

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"
)

// The services of Google Cloud's audit log under which Google Workspace's own entries are
// written, where a company shares them
// (https://cloud.google.com/logging/docs/audit/gsuite-audit-logging). The application "groups"
// is not among what is shared.
const (
	adminService  = "admin.googleapis.com"
	groupsService = "cloudidentity.googleapis.com"
)

// updateMembership is the event's name of everything that becomes of a member of a group: what
// the Reports API tells apart is one method here.
const updateMembership = "UpdateMembership"

// logEntry is the form of https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry
// with an AuditLog in it, as far as it is read. Entries of the Admin console carry the activity
// with all its events; those of groups carry the group.
type logEntry struct {
	InsertID     string `json:"insertId"`
	Timestamp    string `json:"timestamp"`
	ProtoPayload struct {
		ServiceName        string `json:"serviceName"`
		MethodName         string `json:"methodName"`
		ResourceName       string `json:"resourceName"`
		AuthenticationInfo struct {
			PrincipalEmail string `json:"principalEmail"`
		} `json:"authenticationInfo"`
		Metadata struct {
			ActivityID struct {
				TimeUsec        json.RawMessage `json:"timeUsec"`
				UniqueQualifier json.RawMessage `json:"uniqQualifier"`
			} `json:"activityId"`
			Event []struct {
				EventName string      `json:"eventName"`
				Parameter []parameter `json:"parameter"`
			} `json:"event"`
			// Group is such as "group:data@example.com".
			Group string `json:"group"`
		} `json:"metadata"`
	} `json:"protoPayload"`
}

// ParseLogEntry reads one activity in the form in which Cloud Logging exports it. It is the same
// [Activity] as [Parse] reads of the same act, but for the customer, of whom the entry says
// nothing. An entry of another service than those of groups and of the Admin console is an
// Activity without events.
//
// The error says what is wrong and never repeats what was sent.
func ParseLogEntry(body []byte) (Activity, error) {
	if len(body) > MaxBytes {
		return Activity{}, fmt.Errorf("log entry has %d bytes, more than %d", len(body), MaxBytes)
	}
	if !shallow(body) {
		return Activity{}, fmt.Errorf("log entry is nested deeper than %d", maxDepth)
	}
	var e logEntry
	if err := json.Unmarshal(body, &e); err != nil {
		return Activity{}, fmt.Errorf("decode log entry: %w", plain(err))
	}
	payload := e.ProtoPayload
	if !word(payload.ServiceName) {
		return Activity{}, errors.New("log entry without a usable service")
	}
	a := Activity{Application: payload.ServiceName, Actor: actor(payload.AuthenticationInfo.PrincipalEmail)}
	switch payload.ServiceName {
	case adminService:
		a.Application = Admin
	case groupsService:
		a.Application = Enterprise
	}
	var err error
	if a.Time, a.Qualifier, err = e.identity(); err != nil {
		return Activity{}, err
	}
	for i, event := range payload.Metadata.Event {
		if !word(event.EventName) {
			return Activity{}, fmt.Errorf("event %d of the log entry has no usable name", i)
		}
		a.Events = append(a.Events, a.event(event.EventName, event.Parameter))
	}
	if a.Application == Enterprise && len(a.Events) == 0 {
		name := payload.MethodName[strings.LastIndex(payload.MethodName, ".")+1:]
		if !word(name) {
			return Activity{}, errors.New("log entry without a usable method")
		}
		about := key(strings.TrimPrefix(payload.Metadata.Group, "group:"))
		if about == "" {
			about = key(strings.TrimPrefix(payload.ResourceName, "groups/"))
		}
		a.Events = []Event{{Name: name, Group: about}}
	}
	return a, nil
}

// identity returns when the entry's act was, and what tells it from others of that time: as the
// activity says it, or else as the log does.
func (e logEntry) identity() (at time.Time, unique string, err error) {
	id := e.ProtoPayload.Metadata.ActivityID
	if len(id.UniqueQualifier) > 0 {
		if unique, err = qualifier(id.UniqueQualifier); err != nil {
			return time.Time{}, "", err
		}
		micros, err := qualifier(id.TimeUsec) // the same form: a number, or one in a string
		if err != nil {
			return time.Time{}, "", errors.New("log entry without a usable time")
		}
		n, err := strconv.ParseInt(micros, 10, 64)
		if err != nil || n <= 0 {
			return time.Time{}, "", errors.New("log entry without a usable time")
		}
		return time.UnixMicro(n).UTC(), unique, nil
	}
	at, err = time.Parse(time.RFC3339Nano, e.Timestamp)
	if err != nil || at.IsZero() {
		return time.Time{}, "", errors.New("log entry without a usable time")
	}
	if e.InsertID == "" {
		return time.Time{}, "", errors.New("log entry without an id")
	}
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(e.InsertID)) // it cannot fail
	return at.UTC(), strconv.FormatInt(int64(sum.Sum64()), 10), nil
}
