package org

import "strings"

// Merged are the settings that Google has merged into live ones, with those. The API still
// answers with them and ignores what is written to them, and files that are older than the merger
// still state them.
// https://developers.google.com/workspace/admin/groups-settings/v1/reference/groups
func Merged() map[string]string {
	out := map[string]string{"showInGroupDirectory": "whoCanDiscoverGroup"}
	for live, names := range map[string]string{
		"whoCanModerateMembers": "whoCanAdd whoCanInvite whoCanApproveMembers whoCanBanUsers whoCanModifyMembers",
		"whoCanModerateContent": "whoCanApproveMessages whoCanDeleteAnyPost whoCanDeleteTopics whoCanLockTopics whoCanMoveTopicsIn whoCanMoveTopicsOut whoCanPostAnnouncements whoCanHideAbuse whoCanMakeTopicsSticky",
		"whoCanAssistContent":   "whoCanAssignTopics whoCanEnterFreeFormTags whoCanMarkDuplicate whoCanMarkFavoriteReplyOnAnyTopic whoCanMarkFavoriteReplyOnOwnTopic whoCanMarkNoResponseNeeded whoCanModifyTagsAndCategories whoCanTakeTopics whoCanUnassignTopic whoCanUnmarkFavoriteReplyOnAnyTopic",
	} {
		for _, name := range strings.Fields(names) {
			out[name] = live
		}
	}
	return out
}

// Dead are the settings that have no effect any more, with the one value that the API gives them.
func Dead() map[string]string {
	return map[string]string{
		"allowGoogleCommunication": "false", "maxMessageBytes": "26214400",
		"messageDisplayFont": "DEFAULT_FONT", "whoCanAddReferences": "NONE",
	}
}

// retired reports whether a setting was one once: stating it is no mistake, and changes nothing.
func retired(name string) bool {
	_, merged := Merged()[name]
	_, dead := Dead()[name]
	return merged || dead
}
