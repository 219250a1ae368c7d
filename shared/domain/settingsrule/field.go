package settingsrule

import (
	"maps"
	"slices"
)

// kind says what values a field takes.
type kind int

const (
	enum kind = iota
	boolean
	text
)

// field is what is known of one property of a group's settings.
type field struct {
	kind kind
	// values are the known ones of an enum.
	values []string
	// merged says that the value may not be what it seems where custom roles are in use
	// (customRolesEnabledForSettingsToBeMerged).
	merged bool
	// rare says that the API leaves it out for some groups.
	rare bool
}

// Always reports whether every group has a value of a field. An answer without one says nothing about it.
func Always(name string) bool {
	f, known := fields[name]
	return known && f.always()
}

// Completed returns an answer about a group with what it lacks of what every group has, as it was known before:
// an answer without a field says nothing about it.
func Completed(answer, before map[string]string) map[string]string {
	out := answer
	for name, value := range before {
		if answer[name] != "" || value == "" || !Always(name) {
			continue
		}
		if len(out) == len(answer) {
			out = maps.Clone(answer)
		}
		out[name] = value
	}
	return out
}

// always reports whether every group has a value of the field. Without one nobody knows what holds.
func (f field) always() bool { return f.kind != text && !f.rare }

// fields are the live properties of the Groups Settings API, with their values
// (https://developers.google.com/workspace/admin/groups-settings/v1/reference/groups). A few
// values are returned by the API though its reference leaves them out: …ALL_OWNERS_CAN_….
var fields = map[string]field{
	"whoCanJoin":            {values: []string{"ANYONE_CAN_JOIN", "ALL_IN_DOMAIN_CAN_JOIN", "INVITED_CAN_JOIN", "CAN_REQUEST_TO_JOIN"}},
	"whoCanViewMembership":  {values: []string{"ALL_IN_DOMAIN_CAN_VIEW", "ALL_MEMBERS_CAN_VIEW", "ALL_MANAGERS_CAN_VIEW", "ALL_OWNERS_CAN_VIEW"}},
	"whoCanViewGroup":       {values: []string{"ANYONE_CAN_VIEW", "ALL_IN_DOMAIN_CAN_VIEW", "ALL_MEMBERS_CAN_VIEW", "ALL_MANAGERS_CAN_VIEW", "ALL_OWNERS_CAN_VIEW"}},
	"whoCanDiscoverGroup":   {values: []string{"ANYONE_CAN_DISCOVER", "ALL_IN_DOMAIN_CAN_DISCOVER", "ALL_MEMBERS_CAN_DISCOVER"}, merged: true},
	"whoCanPostMessage":     {values: []string{"NONE_CAN_POST", "ALL_MANAGERS_CAN_POST", "ALL_MEMBERS_CAN_POST", "ALL_OWNERS_CAN_POST", "ALL_IN_DOMAIN_CAN_POST", "ANYONE_CAN_POST"}},
	"whoCanLeaveGroup":      {values: []string{"ALL_MANAGERS_CAN_LEAVE", "ALL_MEMBERS_CAN_LEAVE", "NONE_CAN_LEAVE", "ALL_OWNERS_CAN_LEAVE"}},
	"whoCanContactOwner":    {values: []string{"ALL_IN_DOMAIN_CAN_CONTACT", "ALL_MANAGERS_CAN_CONTACT", "ALL_MEMBERS_CAN_CONTACT", "ANYONE_CAN_CONTACT", "ALL_OWNERS_CAN_CONTACT"}},
	"whoCanModerateMembers": {values: []string{"ALL_MEMBERS", "OWNERS_AND_MANAGERS", "OWNERS_ONLY", "NONE"}, merged: true},
	"whoCanModerateContent": {values: []string{"ALL_MEMBERS", "OWNERS_AND_MANAGERS", "OWNERS_ONLY", "NONE"}, merged: true},
	"whoCanAssistContent":   {values: []string{"ALL_MEMBERS", "OWNERS_AND_MANAGERS", "MANAGERS_ONLY", "OWNERS_ONLY", "NONE"}, merged: true},
	// Known to other administration tools, in no reference.
	"whoCanAddExternalMembers": {values: []string{"ONLY_ADMINS_CAN_ADD_EXTERNAL_MEMBERS", "END_USERS_CAN_ADD_EXTERNAL_MEMBERS"}, rare: true},
	"messageModerationLevel":   {values: []string{"MODERATE_ALL_MESSAGES", "MODERATE_NON_MEMBERS", "MODERATE_NEW_MEMBERS", "MODERATE_NONE"}},
	"spamModerationLevel":      {values: []string{"ALLOW", "MODERATE", "SILENTLY_MODERATE", "REJECT"}},
	"replyTo":                  {values: []string{"REPLY_TO_CUSTOM", "REPLY_TO_SENDER", "REPLY_TO_LIST", "REPLY_TO_OWNER", "REPLY_TO_IGNORE", "REPLY_TO_MANAGERS"}},
	"default_sender":           {values: []string{"DEFAULT_SELF", "GROUP"}},

	"allowExternalMembers":       {kind: boolean},
	"allowWebPosting":            {kind: boolean},
	"archiveOnly":                {kind: boolean},
	"isArchived":                 {kind: boolean},
	"membersCanPostAsTheGroup":   {kind: boolean},
	"includeInGlobalAddressList": {kind: boolean},
	"enableCollaborativeInbox":   {kind: boolean},
	"includeCustomFooter":        {kind: boolean},
	"sendMessageDenyNotification": {
		kind: boolean,
	},
	"favoriteRepliesOnTop": {kind: boolean},

	"name":                               {kind: text},
	"description":                        {kind: text},
	"customReplyTo":                      {kind: text},
	"customFooterText":                   {kind: text},
	"defaultMessageDenyNotificationText": {kind: text},
	"primaryLanguage":                    {kind: text},
}

// knows reports whether v is a value of the field that this package can judge. The API's
// enumerations are open: a value that is not known is never taken for harmless.
func (f field) knows(v string) bool {
	switch f.kind {
	case enum:
		return slices.Contains(f.values, v)
	case boolean:
		return v == "true" || v == "false"
	default:
		return true
	}
}

// Fields lists the names of all properties that a rule can be about, sorted.
func Fields() []string {
	out := make([]string, 0, len(fields))
	for name := range fields {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Values lists the known values of a property, nil where it is free text or unknown.
func Values(name string) []string {
	f, ok := fields[name]
	switch {
	case !ok || f.kind == text:
		return nil
	case f.kind == boolean:
		return []string{"true", "false"}
	}
	return slices.Clone(f.values)
}

// audience ranks who is meant by a value: 1 owners, 2 managers, 3 members, 4 the domain,
// 5 anyone; 0 nobody. It is only defined for the fields that depend on one another.
var audience = map[string]map[string]int{
	"whoCanViewMembership": {
		"ALL_OWNERS_CAN_VIEW": 1, "ALL_MANAGERS_CAN_VIEW": 2, "ALL_MEMBERS_CAN_VIEW": 3, "ALL_IN_DOMAIN_CAN_VIEW": 4,
	},
	"whoCanDiscoverGroup": {
		"ALL_MEMBERS_CAN_DISCOVER": 3, "ALL_IN_DOMAIN_CAN_DISCOVER": 4, "ANYONE_CAN_DISCOVER": 5,
	},
	"whoCanModerateMembers": {"NONE": 0, "OWNERS_ONLY": 1, "OWNERS_AND_MANAGERS": 2, "ALL_MEMBERS": 3},
}

// widest returns the value of a field with the widest audience up to a rank.
func widest(name string, rank int) (string, bool) {
	best, found := "", false
	for _, v := range fields[name].values {
		r, ok := audience[name][v]
		if ok && r <= rank && (!found || r > audience[name][best]) {
			best, found = v, true
		}
	}
	return best, found
}
