package workspace

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	reports "google.golang.org/api/admin/reports/v1"
	"google.golang.org/api/option"

	"github.com/sekisho/sekisho/shared/adapters/workspace/activity"
)

// activitiesPerPage is the size of a page of activities, the largest that Google allows.
const activitiesPerPage = 1000

// activityFields is the part of a page that is asked for: what [activity.Parse] reads.
const activityFields = "nextPageToken,items(id,actor(email,applicationInfo),events(name,parameters(name,value)))"

// Reports reads the audit log and opens channels on it. It needs the scope
// admin.reports.audit.readonly. It is safe for concurrent use.
type Reports struct {
	client
	service *reports.Service
}

// ActivityPage is one page of the audit log.
type ActivityPage struct {
	Activities []activity.Activity
	// Unreadable are hashes of the entries of the page that are not activities as documented.
	// What they say is lost: a caller that wants to miss nothing treats each as about
	// everything, once.
	Unreadable []string
	// Next is the token of the next page; empty on the last.
	Next string
}

// Channel is a subscription to one application's audit log.
type Channel struct {
	// ID is unique, and chosen by whoever opens the channel.
	ID string
	// Token comes back with each notification; it is the only proof of where that comes from.
	Token string
	// Address is the URL that is notified.
	Address string
	// Application is the audit application, for example [activity.Enterprise].
	Application string
	// Expires is when the channel ends: what is wished for before it is open, and what Google
	// grants afterwards.
	Expires time.Time
	// ResourceID is Google's name for what is watched. It is needed to stop the channel.
	ResourceID string
}

// NewReports returns a client of the Reports API. It makes no request.
func NewReports(ctx context.Context, o Options) (*Reports, error) {
	c, err := o.client("reports", "https://admin.googleapis.com")
	if err != nil {
		return nil, err
	}
	service, err := reports.NewService(ctx, option.WithHTTPClient(c.http), option.WithEndpoint(c.base+"/"))
	if err != nil {
		return nil, fmt.Errorf("open reports API: %w", err)
	}
	return &Reports{client: c, service: service}, nil
}

// List reads one page of what an application reported since a time, whoever did it; an empty
// token asks for the first page, a zero time for all that Google keeps. The order of entries
// is not documented. The request has no filter: those have a quota of their own that is a
// tenth as large (https://developers.google.com/workspace/admin/reports/v1/limits).
//
// It decodes the page itself: the generated client refuses all entries for one of an
// unexpected form, and a reader that can never get past it would be blind.
func (r *Reports) List(ctx context.Context, application string, since time.Time, pageToken string) (ActivityPage, error) {
	const op = "activities.list"
	if application == "" {
		return ActivityPage{}, r.invalid(op, "no application")
	}
	query := url.Values{
		"alt": {"json"}, "prettyPrint": {"false"}, "fields": {activityFields},
		"maxResults": {strconv.Itoa(activitiesPerPage)},
	}
	if !since.IsZero() {
		query.Set("startTime", since.UTC().Format("2006-01-02T15:04:05.000Z"))
	}
	if pageToken != "" {
		query.Set("pageToken", pageToken)
	}
	address := r.base + "/admin/reports/v1/activity/users/all/applications/" + url.PathEscape(application) + "?" + query.Encode()

	var page ActivityPage
	err := r.call(ctx, op, func(ctx context.Context) error {
		answer, err := r.send(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		var wire struct {
			Items         []json.RawMessage `json:"items"`
			NextPageToken string            `json:"nextPageToken"`
		}
		if err := json.Unmarshal(answer, &wire); err != nil {
			return err
		}
		page.Next = wire.NextPageToken
		for _, item := range wire.Items {
			a, err := activity.Parse(item)
			if err != nil {
				sum := sha256.Sum256(item)
				page.Unreadable = append(page.Unreadable, hex.EncodeToString(sum[:8]))
				continue
			}
			page.Activities = append(page.Activities, a)
		}
		return r.successor(op, pageToken, page.Next)
	})
	if err != nil {
		return ActivityPage{}, err
	}
	return page, nil
}

// Watch opens a channel: each new activity of the application will be sent to its address,
// until it expires. It returns the channel with what Google granted, which may be shorter than
// what was wished for: at most six hours. Where the answer lacks what is needed to renew or to
// stop the channel, Watch returns what is known of it and [ErrIncomplete].
//
// After an error that is not permanent the channel may be open all the same. Take a new ID for
// the next try: two channels cost duplicates, which signals survive.
//
// Expiry is sent and read in milliseconds, as the API's description says; a guide says seconds.
func (r *Reports) Watch(ctx context.Context, ch Channel) (Channel, error) {
	const op = "activities.watch"
	if ch.ID == "" || ch.Token == "" || ch.Address == "" || ch.Application == "" {
		return Channel{}, r.invalid(op, "a channel needs an id, a token, an address and an application")
	}
	var incomplete error
	err := r.call(ctx, op, func(ctx context.Context) error {
		wish := &reports.Channel{Id: ch.ID, Token: ch.Token, Address: ch.Address, Type: "web_hook", Payload: true}
		if !ch.Expires.IsZero() {
			wish.Expiration = ch.Expires.UnixMilli()
		}
		answer, err := r.service.Activities.Watch("all", ch.Application, wish).Context(ctx).Do()
		if err != nil {
			return err
		}
		ch.ResourceID, ch.Expires = answer.ResourceId, time.Time{}
		if answer.Expiration > 0 {
			ch.Expires = time.UnixMilli(answer.Expiration).UTC()
		}
		if ch.ResourceID == "" || ch.Expires.IsZero() {
			incomplete = r.incomplete(op, "the channel has no resource id or no expiry")
		}
		return nil
	})
	if err != nil {
		return Channel{}, err
	}
	return ch, incomplete
}

// Stop ends a channel, by its ID and ResourceID. To stop one that does not exist, or not any
// more, is not an error.
func (r *Reports) Stop(ctx context.Context, ch Channel) error {
	const op = "channels.stop"
	if ch.ID == "" || ch.ResourceID == "" {
		return r.invalid(op, "a channel needs an id and a resource id")
	}
	err := r.call(ctx, op, func(ctx context.Context) error {
		return r.service.Channels.Stop(&reports.Channel{Id: ch.ID, ResourceId: ch.ResourceID}).Context(ctx).Do()
	})
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}
