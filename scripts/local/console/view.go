package console

import (
	"net/url"
	"slices"
	"strconv"
)

// view is what somebody is looking at. It is all in the address, so that a page can be loaded
// again, kept and passed on, and works without JavaScript.
type view struct {
	Group  string   // the group that is open: its address
	Search string   // what groups are searched for
	By     string   // who changes settings: an address
	Reader string   // whose Slack is shown: an address, or a channel with "#"
	In     string   // the channel that the reader looks at; empty is the direct messages
	Open   []string // ids of the changes whose audit entries are shown
	More   int      // how many times more changes were asked for
}

const (
	mostOpen = 20
	mostMore = 50
)

func viewOf(q url.Values) view {
	v := view{Group: q.Get("group"), Search: q.Get("search"), By: q.Get("by"), Reader: q.Get("reader"), In: q.Get("in")}
	for _, id := range q["open"] {
		if len(v.Open) < mostOpen && !slices.Contains(v.Open, id) {
			v.Open = append(v.Open, id)
		}
	}
	if n, err := strconv.Atoi(q.Get("more")); err == nil && n > 0 {
		v.More = min(n, mostMore)
	}
	return v
}

// parseView reads the query of an address that a form carries.
func parseView(query string) view {
	q, err := url.ParseQuery(query)
	if err != nil {
		return view{}
	}
	return viewOf(q)
}

// query is the view as an address carries it.
func (v view) query() string {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("group", v.Group)
	set("search", v.Search)
	set("by", v.By)
	set("reader", v.Reader)
	set("in", v.In)
	for _, id := range v.Open {
		q.Add("open", id)
	}
	if v.More > 0 {
		q.Set("more", strconv.Itoa(v.More))
	}
	return q.Encode()
}

// href is the address of the view, at one part of the page.
func (v view) href(part string) string {
	out := "/"
	if q := v.query(); q != "" {
		out += "?" + q
	}
	if part != "" {
		out += "#" + part
	}
	return out
}

func (v view) withGroup(address string) view {
	v.Group, v.By = address, ""
	v.Reader, v.In = "", ""
	return v
}

func (v view) withReader(who string) view {
	v.Reader, v.In = who, ""
	return v
}

func (v view) withChannel(name string) view {
	v.In = name
	return v
}

// toggled opens or closes the audit entries of a change.
func (v view) toggled(id string) view {
	if i := slices.Index(v.Open, id); i >= 0 {
		v.Open = slices.Delete(slices.Clone(v.Open), i, i+1)
	} else {
		v.Open = append(slices.Clone(v.Open), id)
	}
	return v
}

func (v view) withMore() view {
	v.More++
	return v
}

// hidden lists the view's parts for a form that asks for the page again and sets some of them
// itself.
func (v view) hidden(except ...string) []pair {
	q, _ := url.ParseQuery(v.query()) // made by query, so it parses
	var out []pair
	for _, name := range []string{"group", "search", "by", "reader", "in", "open", "more"} {
		if slices.Contains(except, name) {
			continue
		}
		for _, value := range q[name] {
			out = append(out, pair{name, value})
		}
	}
	return out
}

type pair struct{ Name, Value string }
