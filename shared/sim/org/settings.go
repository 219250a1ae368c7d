package org

import (
	"regexp"
	"slices"
	"strings"
)

// Setting is one field of the Groups Settings API that is alive: not deprecated, and not the
// group's own address, name or description.
// https://developers.google.com/workspace/admin/groups-settings/v1/reference/groups
type Setting struct {
	Name string
	// Values are the permitted values, from the narrowest to the broadest where they have an
	// order. None means free text.
	Values []string
	// Default is what a new group has.
	Default string
}

// Allows reports whether the setting can have the value.
func (s Setting) Allows(value string) bool {
	return len(s.Values) == 0 || slices.Contains(s.Values, value)
}

// MayHold reports whether a group can turn out to have the value: one that the setting allows, or
// a word of the same form. Google adds values without a notice, its own pages offer them before
// the reference names them, and the API refuses to set them meanwhile.
func (s Setting) MayHold(value string) bool {
	return s.Allows(value) || !slices.Contains(s.Values, "true") && word.MatchString(value)
}

var word = regexp.MustCompile(`^[A-Z]+(_[A-Z]+)+$`)

// Settings returns all settings, sorted by name.
func Settings() []Setting { return slices.Clone(settings) }

// SettingNamed returns the setting with that API name.
func SettingNamed(name string) (Setting, bool) {
	i, ok := slices.BinarySearchFunc(settings, name, func(s Setting, name string) int { return strings.Compare(s.Name, name) })
	if !ok {
		return Setting{}, false
	}
	return settings[i], true
}

var settings = func() []Setting {
	list := []Setting{
		{"whoCanJoin", []string{"INVITED_CAN_JOIN", "CAN_REQUEST_TO_JOIN", "ALL_IN_DOMAIN_CAN_JOIN", "ANYONE_CAN_JOIN"}, "CAN_REQUEST_TO_JOIN"},
		{"whoCanViewMembership", []string{"ALL_OWNERS_CAN_VIEW", "ALL_MANAGERS_CAN_VIEW", "ALL_MEMBERS_CAN_VIEW", "ALL_IN_DOMAIN_CAN_VIEW"}, "ALL_MEMBERS_CAN_VIEW"},
		{"whoCanViewGroup", []string{"ALL_OWNERS_CAN_VIEW", "ALL_MANAGERS_CAN_VIEW", "ALL_MEMBERS_CAN_VIEW", "ALL_IN_DOMAIN_CAN_VIEW", "ANYONE_CAN_VIEW"}, "ALL_MEMBERS_CAN_VIEW"},
		{"whoCanDiscoverGroup", []string{"ALL_MEMBERS_CAN_DISCOVER", "ALL_IN_DOMAIN_CAN_DISCOVER", "ANYONE_CAN_DISCOVER"}, "ALL_IN_DOMAIN_CAN_DISCOVER"},
		{"whoCanPostMessage", []string{"NONE_CAN_POST", "ALL_OWNERS_CAN_POST", "ALL_MANAGERS_CAN_POST", "ALL_MEMBERS_CAN_POST", "ALL_IN_DOMAIN_CAN_POST", "ANYONE_CAN_POST"}, "ALL_MEMBERS_CAN_POST"},
		{"whoCanLeaveGroup", []string{"NONE_CAN_LEAVE", "ALL_OWNERS_CAN_LEAVE", "ALL_MANAGERS_CAN_LEAVE", "ALL_MEMBERS_CAN_LEAVE"}, "ALL_MEMBERS_CAN_LEAVE"},
		{"whoCanContactOwner", []string{"ALL_OWNERS_CAN_CONTACT", "ALL_MANAGERS_CAN_CONTACT", "ALL_MEMBERS_CAN_CONTACT", "ALL_IN_DOMAIN_CAN_CONTACT", "ANYONE_CAN_CONTACT"}, "ANYONE_CAN_CONTACT"},
		{"whoCanAddExternalMembers", []string{"ONLY_ADMINS_CAN_ADD_EXTERNAL_MEMBERS", "END_USERS_CAN_ADD_EXTERNAL_MEMBERS"}, "END_USERS_CAN_ADD_EXTERNAL_MEMBERS"},
		{"whoCanModerateMembers", []string{"NONE", "OWNERS_ONLY", "OWNERS_AND_MANAGERS", "ALL_MEMBERS"}, "OWNERS_AND_MANAGERS"},
		{"whoCanModerateContent", []string{"NONE", "OWNERS_ONLY", "OWNERS_AND_MANAGERS", "ALL_MEMBERS"}, "OWNERS_AND_MANAGERS"},
		{"whoCanAssistContent", []string{"NONE", "OWNERS_ONLY", "MANAGERS_ONLY", "OWNERS_AND_MANAGERS", "ALL_MEMBERS"}, "NONE"},
		{"messageModerationLevel", []string{"MODERATE_ALL_MESSAGES", "MODERATE_NON_MEMBERS", "MODERATE_NEW_MEMBERS", "MODERATE_NONE"}, "MODERATE_NONE"},
		{"spamModerationLevel", []string{"REJECT", "SILENTLY_MODERATE", "MODERATE", "ALLOW"}, "MODERATE"},
		{"replyTo", []string{"REPLY_TO_CUSTOM", "REPLY_TO_IGNORE", "REPLY_TO_LIST", "REPLY_TO_MANAGERS", "REPLY_TO_OWNER", "REPLY_TO_SENDER"}, "REPLY_TO_IGNORE"},
		{"default_sender", []string{"DEFAULT_SELF", "GROUP"}, "DEFAULT_SELF"},
		{"customFooterText", nil, ""},
		{"customReplyTo", nil, ""},
		{"defaultMessageDenyNotificationText", nil, ""},
		{"primaryLanguage", nil, "en_US"},
	}
	for name, on := range map[string]bool{
		"allowExternalMembers": false, "allowWebPosting": true, "archiveOnly": false,
		"customRolesEnabledForSettingsToBeMerged": false, "enableCollaborativeInbox": false,
		"favoriteRepliesOnTop": true, "includeCustomFooter": false, "includeInGlobalAddressList": true,
		"isArchived": false, "membersCanPostAsTheGroup": false, "sendMessageDenyNotification": false,
	} {
		value := "false"
		if on {
			value = "true"
		}
		list = append(list, Setting{name, []string{"false", "true"}, value})
	}
	slices.SortFunc(list, func(a, b Setting) int { return strings.Compare(a.Name, b.Name) })
	return list
}()
