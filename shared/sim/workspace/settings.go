package workspace

import (
	"encoding/json"
	"fmt"

	"github.com/sekisho/sekisho/shared/sim/org"
)

// getSettings answers groups.get of the Groups Settings API.
func getSettings(c *call) (any, error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	g := c.s.groupFor(c.r.PathValue("groupUniqueId"))
	if g == nil {
		return nil, notFound("groupUniqueId")
	}
	return showSettings(g, g.settings.seen(c.now)), nil
}

// patchSettings answers groups.patch: what the body names changes, all of it or nothing.
func patchSettings(c *call) (any, error) { return c.writeSettings(false) }

// putSettings answers groups.update: what the body does not name goes back to its default.
// Google only says that the method updates the resource; replacing it is the harder case.
func putSettings(c *call) (any, error) { return c.writeSettings(true) }

func (c *call) writeSettings(replace bool) (any, error) {
	change, err := c.settingsAsked()
	if err != nil {
		return nil, err
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	g := c.s.groupFor(c.r.PathValue("groupUniqueId"))
	if g == nil {
		return nil, notFound("groupUniqueId")
	}
	if replace {
		archived := g.setting("archiveOnly") == "true" || change["archiveOnly"] == "true"
		for _, s := range org.Settings() {
			if _, ok := change[s.Name]; !ok && (s.Name != "whoCanPostMessage" || !archived) {
				change[s.Name] = s.Default
			}
		}
	}
	if err := c.s.changeSettings(c.now, g, change, org.Setting.Allows, c.actor()); err != nil {
		return nil, err
	}
	return showSettings(g, g.settings.value), nil
}

// settingsAsked reads the body of a write. All values are strings, except the dead
// maxMessageBytes; null clears a text. Dead and merged settings are accepted and ignored.
func (c *call) settingsAsked() (map[string]string, error) {
	var body map[string]any
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	change := map[string]string{}
	for _, name := range sortedKeys(body) {
		setting, live := org.SettingNamed(name)
		text := name == "name" || name == "description" || (live && len(setting.Values) == 0)
		_, merged := mergedSettings[name]
		_, dead := deadSettings[name]
		switch value := body[name].(type) {
		case string:
			if live || text {
				change[name] = value
				continue
			}
		case nil:
			if text {
				change[name] = ""
				continue
			}
		default:
			if name != "maxMessageBytes" {
				return nil, invalid(fmt.Sprintf("Invalid Value: %s must be a string", name))
			}
		}
		switch {
		case live:
			return nil, invalid("Invalid Value: " + name)
		case merged, dead, name == "email", name == "kind":
		default:
			return nil, invalid(fmt.Sprintf("Invalid JSON payload received. Unknown name %q: Cannot find field.", name))
		}
	}
	return change, nil
}

// showSettings is the body of an answer.
func showSettings(g *group, values map[string]string) map[string]any {
	out := map[string]any{"kind": "groupsSettings#groups", "email": g.email, "name": g.name, "description": g.description}
	for name, value := range fullSettings(values) {
		out[name] = value
	}
	if out["defaultMessageDenyNotificationText"] == "" {
		delete(out, "defaultMessageDenyNotificationText") // the reference says that it is left out
	}
	for name, value := range deadSettings {
		out[name] = value
	}
	out["maxMessageBytes"] = json.Number(deadSettings["maxMessageBytes"]) // the one number
	for name, live := range mergedSettings {
		out[name] = mergedValue(name, settingIn(values, live))
	}
	return out
}

// unknownSetting returns the first name in a selection that no answer has, or the empty string.
func unknownSetting(sel selection) string {
	for _, name := range sortedKeys(sel) {
		_, merged := mergedSettings[name]
		_, dead := deadSettings[name]
		if !isSetting(name) && !merged && !dead && name != "email" && name != "kind" && name != "*" {
			return name
		}
	}
	return ""
}

// deadSettings have one value for ever.
var deadSettings = org.Dead()

// mergedSettings follow the live setting into which Google merged them.
var mergedSettings = org.Merged()

// mergedValue spells the value of a live setting the way the merged one does.
func mergedValue(name, live string) string {
	suffix := map[string]string{"whoCanAdd": "_CAN_ADD", "whoCanInvite": "_CAN_INVITE", "whoCanApproveMembers": "_CAN_APPROVE"}[name]
	switch {
	case name == "showInGroupDirectory":
		return fmt.Sprint(live != "ALL_MEMBERS_CAN_DISCOVER")
	case suffix == "":
		return live
	}
	circle := map[string]string{"OWNERS_AND_MANAGERS": "ALL_MANAGERS", "OWNERS_ONLY": "ALL_OWNERS"}[live]
	if circle == "" {
		circle = live
	}
	return circle + suffix
}
