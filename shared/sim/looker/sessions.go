package looker

import "slices"

// listSessions answers all_user_sessions.
func listSessions(c *call) (any, error) {
	u, err := c.byID()
	if err != nil {
		return nil, err
	}
	if !c.s.admin() {
		return nil, forbidden()
	}
	list, err := page(c, c.showSessions(u.seen(c.now)))
	if err != nil {
		return nil, err
	}
	return append([]object{}, list...), nil
}

// deleteSession answers delete_user_session.
func deleteSession(c *call) (any, error) {
	u, err := c.byID()
	if err != nil {
		return nil, err
	}
	if !c.s.admin() {
		return nil, forbidden()
	}
	is := func(one session) bool { return one.id == c.r.PathValue("session_id") }
	if i := slices.IndexFunc(u.truth().sessions, is); i < 0 || !c.now.Before(u.truth().sessions[i].ends) {
		return nil, notFound()
	}
	u.change(c.now, c.s.o.Lag, func(a *account) { a.sessions = slices.DeleteFunc(a.sessions, is) })
	return nil, nil
}
