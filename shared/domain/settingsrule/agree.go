package settingsrule

import (
	"fmt"
	"maps"
)

// agree returns the settings with what is wanted, completed so that the API takes them as one
// patch. Fields that nobody wants to move follow only to a narrower audience, with one
// exception that the API itself makes: who reopens an archived group lets its managers post.
// Held fields do not move. What cannot be had that way is left out, and said in words.
func agree(current, wanted map[string]string, held map[string]bool) (settings map[string]string, unresolved []string) {
	wanted = maps.Clone(wanted)
	for {
		a := agreement{current: current, wanted: wanted, held: held, settings: maps.Clone(current), cause: map[string]string{}}
		maps.Copy(a.settings, wanted)
		culprit, why := a.settle()
		if culprit == "" {
			return a.settings, unresolved
		}
		delete(wanted, culprit)
		unresolved = append(unresolved, why)
	}
}

// agreement is one attempt at a patch.
type agreement struct {
	current, wanted map[string]string
	held            map[string]bool
	// settings are those after the patch.
	settings map[string]string
	// cause says on account of which wanted field another one follows.
	cause map[string]string
}

// settle lets fields follow. It returns the wanted field that has to be given up, and why; ""
// where all is well.
func (a agreement) settle() (culprit, why string) {
	for _, dependency := range []func() (string, string){
		a.archive,
		func() (string, string) { return a.within("whoCanViewMembership", "whoCanDiscoverGroup") },
		func() (string, string) { return a.within("whoCanModerateMembers", "whoCanViewMembership") },
		a.replyTo,
	} {
		if culprit, why := dependency(); culprit != "" {
			return culprit, why
		}
	}
	return "", ""
}

func (a agreement) wants(name string) bool {
	_, ok := a.wanted[name]
	return ok
}

// root is the wanted field on whose account a field moves, "" where it does not.
func (a agreement) root(name string) string {
	if a.wants(name) {
		return name
	}
	return a.cause[name]
}

// follow moves a field because another one moves.
func (a agreement) follow(name, value, because string) (culprit, why string) {
	if a.held[name] {
		root := a.root(because)
		return root, fmt.Sprintf("%s %s needs %s %s, which is not to be touched", root, a.wanted[root], name, value)
	}
	a.settings[name] = value
	a.cause[name] = a.root(because)
	return "", ""
}

// archive keeps archiveOnly true and whoCanPostMessage NONE_CAN_POST together: either implies
// the other (reference of archiveOnly).
func (a agreement) archive() (culprit, why string) {
	const posting, archiving = "whoCanPostMessage", "archiveOnly"
	post, known := a.settings[posting]
	archived, alsoKnown := a.settings[archiving]
	if !known || !alsoKnown || (archived == "true") == (post == "NONE_CAN_POST") {
		return "", ""
	}
	switch {
	case a.wants(posting) && a.wants(archiving) && archived == "true":
		return posting, "archiveOnly true leaves only NONE_CAN_POST for whoCanPostMessage"
	case a.wants(posting) && a.wants(archiving):
		return archiving, "archiveOnly false and whoCanPostMessage NONE_CAN_POST exclude one another"
	case a.wants(posting) && archived == "true":
		return posting, "the group is archived: whoCanPostMessage stays NONE_CAN_POST until archiveOnly is false"
	case a.wants(posting):
		return a.follow(archiving, "true", posting)
	case a.wants(archiving) && archived == "true":
		return a.follow(posting, "NONE_CAN_POST", archiving)
	case a.wants(archiving):
		return a.follow(posting, "ALL_MANAGERS_CAN_POST", archiving)
	}
	return "", "" // They disagreed before, and nobody touches them.
}

// within keeps the audience of one field inside that of another: who moderates members sees
// them, who sees the members sees the group. Where both are wanted, the narrower wins.
func (a agreement) within(inner, outer string) (culprit, why string) {
	i, known := audience[inner][a.settings[inner]]
	o, alsoKnown := audience[outer][a.settings[outer]]
	if !known || !alsoKnown || i <= o {
		return "", ""
	}
	switch {
	case a.wants(inner):
		return inner, fmt.Sprintf("%s %s needs a wider %s than %s", inner, a.wanted[inner], outer, a.settings[outer])
	case a.root(outer) == "":
		return "", "" // They disagreed before, and nobody touches them.
	}
	value, ok := widest(inner, o)
	if !ok {
		root := a.root(outer)
		return root, fmt.Sprintf("%s %s needs a narrower %s than there is", root, a.wanted[root], inner)
	}
	return a.follow(inner, value, outer)
}

// replyTo keeps an address where answers are to go to one of the group's own choice (reference
// of replyTo).
func (a agreement) replyTo() (culprit, why string) {
	const reply, address = "replyTo", "customReplyTo"
	if a.settings[reply] != "REPLY_TO_CUSTOM" || a.settings[address] != "" {
		return "", ""
	}
	switch {
	case a.wants(reply):
		return reply, "replyTo REPLY_TO_CUSTOM needs an address in customReplyTo"
	case a.wants(address):
		return address, "customReplyTo cannot be empty while replyTo is REPLY_TO_CUSTOM"
	}
	return "", ""
}
