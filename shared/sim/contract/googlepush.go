package contract

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Notifications is the [Spec] of what the Reports API posts to the address of a watch channel.
// The body is an Activity of the API's discovery document; the headers are those of
// https://developers.google.com/workspace/admin/reports/v1/guides/push.
type Notifications struct {
	document *discovery
}

// LoadNotifications reads the discovery document of the Reports API.
func LoadNotifications(specs fs.FS) (*Notifications, error) {
	d, err := readDiscovery(specs, "admin.reports.v1.admin")
	if err != nil {
		return nil, err
	}
	if d.Schemas["Activity"] == nil {
		return nil, fmt.Errorf("read discovery document: the Reports API has no Activity")
	}
	return &Notifications{d}, nil
}

// goog is the prefix of the headers of a notification, in the canonical form.
const goog = "X-Goog-"

// googHeaders are the headers of a notification without their prefix, and whether each one is
// there always.
var googHeaders = map[string]bool{
	"Channel-Id": true, "Message-Number": true, "Resource-Id": true, "Resource-State": true, "Resource-Uri": true,
	"Channel-Expiration": false, "Channel-Token": false,
}

// syncState is the state of the first message of a channel.
const syncState = "sync"

// Check implements [Spec]. What the receiver answers is not described, and not judged.
func (n *Notifications) Check(x *Exchange) (Checked, bool) {
	isOne := false
	for name := range x.Header {
		// Google's proxies and clients have headers of their own with the same beginning.
		isOne = isOne || strings.HasPrefix(name, goog+"Channel-") || strings.HasPrefix(name, goog+"Resource-") || name == goog+"Message-Number"
	}
	if !isOne {
		return Checked{}, false
	}
	var p problems
	if x.Method != http.MethodPost {
		p.add("method", "it is %s", x.Method)
	}
	for _, name := range sortedKeys(x.Header) {
		if short, ok := strings.CutPrefix(name, goog); ok {
			if _, known := googHeaders[short]; !known {
				p.add("header."+name, "there is no such header")
			}
		}
	}
	for _, name := range sortedKeys(googHeaders) {
		if googHeaders[name] && x.Header.Get(goog+name) == "" {
			p.add("header."+goog+name, "it is required and not there")
		}
	}
	if text := x.Header.Get(goog + "Channel-Expiration"); text != "" {
		if _, err := http.ParseTime(text); err != nil {
			p.add("header."+goog+"Channel-Expiration", "%q is no HTTP date", text)
		}
	}
	if number, err := strconv.ParseInt(x.Header.Get(goog+"Message-Number"), 10, 64); err != nil || number < 1 {
		p.add("header."+goog+"Message-Number", "%q is no positive integer", x.Header.Get(goog+"Message-Number"))
	}
	state := x.Header.Get(goog + "Resource-State")
	operation := "reports.notification"
	if state == syncState {
		operation = "reports.notification.sync"
		n.checkSync(&p, x)
	} else {
		n.checkActivity(&p, x, state)
	}
	c := Checked{Operation: operation, Outcome: fmt.Sprint(x.Status), Accepted: x.Status >= 200 && x.Status < 300, Request: p.list}
	return c, true
}

func (n *Notifications) checkSync(p *problems, x *Exchange) {
	if number := x.Header.Get(goog + "Message-Number"); number != "1" {
		p.add("header."+goog+"Message-Number", "it is %s in the first message of a channel", number)
	}
	if len(x.Body) > 0 {
		p.add("body", "the first message of a channel has none")
	}
}

func (n *Notifications) checkActivity(p *problems, x *Exchange, state string) {
	if len(x.Body) == 0 {
		return // a channel without payload
	}
	if kind := mediaType(x.Header); kind != "application/json" {
		p.add("header.Content-Type", "%q, and the body is JSON", kind)
	}
	body, err := decode(x.Body)
	if err != nil {
		p.add("body", "%v", err)
		return
	}
	v := &visit{problems: p, document: n.document, method: &method{}}
	v.value("body", &schema{Ref: "Activity"}, body, nil)

	activity, _ := body.(map[string]any)
	id, _ := activity["id"].(map[string]any)
	application, _ := id["applicationName"].(string)
	if resource, err := url.Parse(x.Header.Get(goog + "Resource-Uri")); err != nil ||
		!strings.HasSuffix(resource.Path, "/applications/"+application) || resource.Host != n.document.host {
		p.add("header."+goog+"Resource-Uri", "%s does not name the application %q", x.Header.Get(goog+"Resource-Uri"), application)
	}
	events, _ := activity["events"].([]any)
	named := slices.ContainsFunc(events, func(e any) bool {
		event, _ := e.(map[string]any)
		return event["name"] == state
	})
	if !named {
		p.add("header."+goog+"Resource-State", "%q is the name of none of the events", state)
	}
}
