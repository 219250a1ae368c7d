package workspace

import (
	"fmt"
	"slices"
	"strings"
	"time"

	reports "google.golang.org/api/admin/reports/v1"
)

// Applications that activities.list and activities.watch know. The simulator fills three of
// them; the log of the others is empty.
var (
	listable  = strings.Fields("access_evaluation access_transparency admin admin_data_action assignments calendar chat chrome chrome_sync classroom cloud_search contacts context_aware_access data_migration data_studio directory_sync drive gcp gemini_in_workspace_apps gemini_notebook gmail gplus graduation groups groups_enterprise jamboard keep ldap login meet meet_hardware mobile profile rules saml takeout tasks token user_accounts vault voice workspace_studio")
	watchable = strings.Fields("access_transparency admin calendar chat chrome classroom context_aware_access data_studio drive gcp gplus groups groups_enterprise jamboard keep login meet mobile rules saml token user_accounts")
)

// application reads the application of a request's path.
func (c *call) application(known []string) (string, error) {
	app := c.r.PathValue("applicationName")
	if !slices.Contains(known, app) {
		return "", invalidParameter("applicationName", fmt.Sprintf("Invalid value '%s' for the parameter applicationName", app))
	}
	if id := c.query.Get("customerId"); id != "" {
		return app, c.s.checkCustomer(id)
	}
	return app, nil
}

// listActivities answers activities.list: what is visible by now, newest first. Calls that
// filter spend a quota of their own.
// https://developers.google.com/workspace/admin/reports/reference/rest/v1/activities/list
func listActivities(c *call) (any, error) {
	app, err := c.application(listable)
	if err != nil {
		return nil, err
	}
	limit, err := c.limit(1_000, 1_000, true)
	if err != nil {
		return nil, err
	}
	start, end, err := c.period()
	if err != nil {
		return nil, err
	}
	filter := c.activityFilter()
	if filter != nil && !c.s.filtered.Allow(c.now) {
		return nil, c.overQuota()
	}
	at, err := c.page()
	if err != nil {
		return nil, err
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if err := c.checkUserKey(); err != nil {
		return nil, err
	}
	log := c.s.log[app]
	last, _ := slices.BinarySearchFunc(log, end, func(e *entry, end time.Time) int {
		if e.at.After(end) {
			return 1
		}
		return -1
	})
	var page []*entry
	token := ""
	for i := last - 1; i >= 0 && !log[i].at.Before(start); i-- {
		e := log[i]
		if c.now.Before(e.visible) || (at.begun && logKey(e) >= at.after) || (filter != nil && !filter(e.activity)) {
			continue
		}
		if len(page) == limit {
			token = c.pageToken(logKey(page[limit-1]))
			break
		}
		page = append(page, e)
	}
	page, token = cutShort(c, page, token)
	out := &reports.Activities{Kind: "admin#reports#activities", NextPageToken: token}
	for _, e := range page {
		out.Items = append(out.Items, e.activity)
	}
	out.Etag = c.s.etag("activities", app, token, len(page))
	return out, nil
}

// logKey is the place of an entry in its log, in a form that sorts as text.
func logKey(e *entry) string { return fmt.Sprintf("%020d.%020d", e.at.UnixNano(), e.seq) }

// period reads startTime and endTime. The log goes back 180 days.
func (c *call) period() (start, end time.Time, err error) {
	start, end = c.now.Add(-history), c.now
	for name, t := range map[string]*time.Time{"startTime": &start, "endTime": &end} {
		text := c.query.Get(name)
		if text == "" {
			continue
		}
		parsed, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return start, end, invalidParameter(name, fmt.Sprintf("Invalid value '%s' for the parameter %s", text, name))
		}
		if name == "startTime" && parsed.After(c.now) {
			return start, end, invalidParameter(name, "Start time cannot be in the future.")
		}
		if parsed.After(c.now.Add(-history)) {
			*t = parsed
		}
	}
	if c.query.Get("startTime") != "" && c.query.Get("endTime") != "" && !start.Before(end) {
		return start, end, invalidParameter("startTime", "Start time must be before end time.")
	}
	return start, end, nil
}

// checkUserKey refuses the key of somebody who is not a user of the company.
func (c *call) checkUserKey() error {
	key := c.r.PathValue("userKey")
	if a := c.s.keys[strings.ToLower(key)]; key == "all" || (a != nil && a.user != nil) {
		return nil
	}
	return invalidParameter("userKey", "Invalid Input: userKey")
}

// activityFilter returns what a request filters by, or nil if it filters by nothing.
func (c *call) activityFilter() func(*reports.Activity) bool {
	user, event, ip := strings.ToLower(c.r.PathValue("userKey")), c.query.Get("eventName"), c.query.Get("actorIpAddress")
	if user == "all" && event == "" && ip == "" {
		return nil
	}
	return func(a *reports.Activity) bool {
		return (user == "all" || a.Actor.Email == user || a.Actor.ProfileId == user) &&
			(event == "" || slices.ContainsFunc(a.Events, func(e *reports.ActivityEvents) bool { return e.Name == event })) &&
			(ip == "" || a.IpAddress == ip)
	}
}

// watchActivities answers activities.watch: it opens a channel and has it greeted.
// https://developers.google.com/workspace/admin/reports/v1/guides/push
func watchActivities(c *call) (any, error) {
	app, err := c.application(watchable)
	if err != nil {
		return nil, err
	}
	var in reports.Channel
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	ends, err := c.channelEnd(&in)
	if err != nil {
		return nil, err
	}
	if err := checkChannel(&in); err != nil {
		return nil, err
	}
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := c.checkUserKey(); err != nil {
		return nil, err
	}
	if s.usedIDs[in.Id] {
		return nil, &apiError{code: 400, message: fmt.Sprintf("Channel id %s not unique", in.Id), domain: "global", reason: "channelIdNotUnique"}
	}
	resource := strings.TrimSuffix(c.r.URL.Path, "/watch")
	ch := &channel{
		id: in.Id, token: in.Token, address: in.Address, payload: in.Payload, app: app, ends: ends,
		wanted: c.activityFilter(), resourceURI: "https://admin.googleapis.com" + resource + "?alt=json",
	}
	if name := c.query.Get("eventName"); name != "" {
		ch.resourceURI += "&eventName=" + name
	}
	ch.resourceID = strings.Trim(s.etag("resource", ch.resourceURI), `"`)
	s.usedIDs[ch.id] = true
	s.channels = append(slices.DeleteFunc(s.channels, func(ch *channel) bool { return !ch.alive(c.now) }), ch)
	s.agenda.At(c.now, s.greet(ch))
	return &reports.Channel{
		Kind: "api#channel", Id: ch.id, ResourceId: ch.resourceID, ResourceUri: ch.resourceURI, Token: ch.token,
		Expiration: ends.UnixMilli(), Payload: ch.payload,
	}, nil
}

// stopChannel answers channels.stop.
func stopChannel(c *call) (any, error) {
	var in reports.Channel
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	i := slices.IndexFunc(c.s.channels, func(ch *channel) bool {
		return ch.id == in.Id && ch.resourceID == in.ResourceId && ch.alive(c.now)
	})
	if i < 0 {
		e := notFound("channel")
		e.message = fmt.Sprintf("Channel '%s' not found for project '%s'", in.Id, c.s.customerID)
		return nil, e
	}
	c.s.channels[i].stopped = true
	return nil, nil
}

// channelsFor returns the channels that are alive and want an activity, oldest first.
func (s *Server) channelsFor(now time.Time, a *reports.Activity) []*channel {
	var out []*channel
	for _, ch := range s.channels {
		if ch.alive(now) && ch.app == a.Id.ApplicationName && (ch.wanted == nil || ch.wanted(a)) {
			out = append(out, ch)
		}
	}
	return out
}
