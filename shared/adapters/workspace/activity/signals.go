package activity

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/domain/group"
)

// renaming is the admin event that gives a group another address.
const renaming = "CHANGE_GROUP_EMAIL"

// nothing is the topic of events after which a group is as it was.
const nothing group.Topic = ""

// topics maps each event name that Google documents for an application to what it makes worth
// reading. Invitations and requests change no membership until they are accepted, and
// moderation of messages changes no setting.
//
// Sources:
// https://developers.google.com/workspace/admin/reports/v1/appendix/activity/admin-group-settings,
// https://developers.google.com/workspace/admin/reports/v1/appendix/activity/groups,
// https://developers.google.com/workspace/admin/reports/v1/appendix/activity/groups-enterprise.
var topics = map[string]map[string]group.Topic{
	Admin: {
		"CREATE_GROUP":             group.AboutGroup,
		"DELETE_GROUP":             group.AboutGroup,
		"CHANGE_GROUP_DESCRIPTION": group.AboutGroup,
		"CHANGE_GROUP_NAME":        group.AboutGroup,
		renaming:                   group.AboutGroup,

		"ADD_GROUP_MEMBER":                                         group.AboutMembers,
		"REMOVE_GROUP_MEMBER":                                      group.AboutMembers,
		"UPDATE_GROUP_MEMBER":                                      group.AboutMembers,
		"UPDATE_GROUP_MEMBER_DELIVERY_SETTINGS":                    group.AboutMembers,
		"UPDATE_GROUP_MEMBER_DELIVERY_SETTINGS_CAN_EMAIL_OVERRIDE": group.AboutMembers,

		"CHANGE_GROUP_SETTING": group.AboutSettings,

		"GROUP_MEMBER_BULK_UPLOAD": group.AboutEverything, // names no group

		"GROUP_LIST_DOWNLOAD":        nothing,
		"GROUP_MEMBERS_DOWNLOAD":     nothing,
		"WHITELISTED_GROUPS_UPDATED": nothing,
	},
	Groups: {
		"create_group": group.AboutGroup,
		"delete_group": group.AboutGroup,

		"add_user":                 group.AboutMembers,
		"remove_user":              group.AboutMembers,
		"join":                     group.AboutMembers,
		"approve_join_request":     group.AboutMembers,
		"accept_invitation":        group.AboutMembers,
		"ban_user_with_moderation": group.AboutMembers,

		"change_acl_permission":                   group.AboutSettings,
		"change_basic_setting":                    group.AboutSettings,
		"change_identity_setting":                 group.AboutSettings,
		"change_info_setting":                     group.AboutSettings,
		"change_new_members_restrictions_setting": group.AboutSettings,
		"change_post_replies_setting":             group.AboutSettings,
		"change_spam_moderation_setting":          group.AboutSettings,
		"change_topic_setting":                    group.AboutSettings,
		"add_info_setting":                        group.AboutSettings,
		"remove_info_setting":                     group.AboutSettings,

		"invite_user":           nothing,
		"reinvite_user":         nothing,
		"revoke_invitation":     nothing,
		"request_to_join":       nothing,
		"reject_join_request":   nothing,
		"moderate_message":      nothing,
		"always_post_from_user": nothing,
	},
	Enterprise: {
		"create_group": group.AboutGroup,
		"delete_group": group.AboutGroup,

		"add_member":                 group.AboutMembers,
		"remove_member":              group.AboutMembers,
		"add_member_role":            group.AboutMembers,
		"remove_member_role":         group.AboutMembers,
		"join":                       group.AboutMembers,
		"approve_join_request":       group.AboutMembers,
		"accept_invitation":          group.AboutMembers,
		"ban_member_with_moderation": group.AboutMembers,
		"unban_member":               group.AboutMembers,
		"add_membership_expiry":      group.AboutMembers,
		"remove_membership_expiry":   group.AboutMembers,
		"update_membership_expiry":   group.AboutMembers,
		updateMembership:             group.AboutMembers,
		"add_dynamic_group_query":    group.AboutMembers,
		"change_dynamic_group_query": group.AboutMembers,

		"add_info_setting":              group.AboutSettings,
		"change_info_setting":           group.AboutSettings,
		"remove_info_setting":           group.AboutSettings,
		"add_security_setting":          group.AboutSettings,
		"change_security_setting":       group.AboutSettings,
		"remove_security_setting":       group.AboutSettings,
		"change_security_setting_state": group.AboutSettings,

		"add_service_account_permission":    group.AboutWhole,
		"remove_service_account_permission": group.AboutWhole,

		"invite_member":       nothing,
		"revoke_invitation":   nothing,
		"reject_invitation":   nothing,
		"reject_join_request": nothing,
		"request_to_join":     nothing,
		"create_namespace":    nothing,
		"delete_namespace":    nothing,
	},
}

// accounts are the admin events after which a person can decide more, or less, than before
// (https://developers.google.com/workspace/admin/reports/v1/appendix/activity/admin-user-settings).
var accounts = map[string]bool{
	"CREATE_USER": true, "DELETE_USER": true, "UNDELETE_USER": true,
	"SUSPEND_USER": true, "UNSUSPEND_USER": true, "ARCHIVE_USER": true, "UNARCHIVE_USER": true,
	"GRANT_ADMIN_PRIVILEGE": true, "REVOKE_ADMIN_PRIVILEGE": true,
	"RENAME_USER": true, "ADD_USER_ALIAS": true, "CREATE_EMAIL_ALIAS": true, "DELETE_EMAIL_ALIAS": true,
}

// Signals returns what the activity is worth to the mirror, in the order of its events: none
// for other applications and for events after which a group is as it was, one for most events,
// two for a group that got another address.
//
// What is not understood is read again rather than passed over: an event of an unknown name is
// about the whole of the group that it names, and an event that should name a group and does
// not is about everything.
func (a Activity) Signals() []group.Signal {
	known, ok := topics[a.Application]
	if !ok {
		return nil
	}
	var signals []group.Signal
	for i, e := range a.Events {
		topic, ok := known[e.Name]
		settings := false
		if e.Person != "" {
			topic, ok = group.AboutPerson, true
		}
		if topic == group.AboutSettings && e.OfGroup {
			topic = group.AboutWhole
		}
		switch {
		case topic == group.AboutPerson:
		case !ok && e.Group == "":
			continue
		case !ok:
			topic = group.AboutWhole
		case topic == nothing:
			continue
		case e.Group == "":
			settings = topic == group.AboutSettings || topic == group.AboutWhole
			topic = group.AboutEverything
		}
		s := group.Signal{
			Key:    fmt.Sprintf("%s/%s/%s/%s/%d", a.Application, a.Customer, a.Time.UTC().Format(time.RFC3339Nano), a.Qualifier, i),
			Group:  e.Group,
			Person: e.Person,
			Topic:  topic, Settings: settings,
			At:     a.Time,
			Actor:  a.Actor,
			Client: a.Client,
			Name:   e.Name,
		}
		if topic == group.AboutEverything {
			s.Group = ""
		}
		signals = append(signals, s)
		if e.Renamed != "" && e.Renamed != s.Group && topic == group.AboutGroup {
			s.Key, s.Group = s.Key+"/renamed", e.Renamed
			signals = append(signals, s)
		}
	}
	return signals
}
