package slack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	api "github.com/slack-go/slack"

	"github.com/sekisho/sekisho/shared/ports/vendor"
)

// Options say how to reach Slack.
type Options struct {
	Token string
	// BaseURL ends in a slash; empty means Slack's own.
	BaseURL string
	// HTTP carries the requests; nil means [http.DefaultClient].
	HTTP *http.Client
	// Timeout bounds one call; zero means ten seconds.
	Timeout time.Duration
}

// Client calls Slack's Web API. It does not try again by itself: its callers are called
// again. It is safe for concurrent use.
type Client struct {
	api     *api.Client
	timeout time.Duration
}

// New returns a client.
func New(o Options) *Client {
	if o.HTTP == nil {
		o.HTTP = http.DefaultClient
	}
	opts := []api.Option{api.OptionHTTPClient(o.HTTP)}
	if o.BaseURL != "" {
		opts = append(opts, api.OptionAPIURL(o.BaseURL))
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	return &Client{api: api.New(o.Token, opts...), timeout: o.Timeout}
}

// User is an account in Slack.
type User struct {
	ID, Team string
	// Email is empty where Slack does not tell it: of strangers and bots.
	Email string
	// Locale is such as ja-JP; only [Client.UserByID] knows it.
	Locale string
	// Zone is the IANA name of the time zone in which the person lives, such as Asia/Tokyo; empty where
	// Slack does not tell it, as it may.
	Zone string
	// Outside says that this is no full member of our workspace: a guest, a bot, somebody from
	// another workspace, or somebody who left.
	Outside bool
}

// UserByID returns an account. People wait for it who press buttons and send modals: where Slack
// fails it is asked again at once.
func (c *Client) UserByID(ctx context.Context, id string) (User, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	u, err := hurried(func() (*api.User, error) { return c.api.GetUserInfoContext(ctx, id) })
	if err != nil {
		return User{}, wrap("users.info", err)
	}
	return user(u), nil
}

// UserByEmail returns the account with an address, or an error for which [IsUnknown] holds.
// Slack also says unknown of accounts that were deactivated.
func (c *Client) UserByEmail(ctx context.Context, email string) (User, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	u, err := c.api.GetUserByEmailContext(ctx, email)
	if err != nil {
		return User{}, wrap("users.lookupByEmail", err)
	}
	return user(u), nil
}

const slackbot = "USLACKBOT"

func user(u *api.User) User {
	return User{
		ID: u.ID, Team: u.TeamID, Email: u.Profile.Email, Locale: u.Locale, Zone: u.TZ,
		// Is_app_user is no reason: it is true of people who have authorized the app. Slack says
		// of its own bot that it is none (https://docs.slack.dev/reference/objects/user-object).
		Outside: u.Deleted || u.IsBot || u.IsRestricted || u.IsUltraRestricted || u.IsStranger || u.ID == slackbot,
	}
}

// DirectChannel returns the channel of direct messages with a person.
func (c *Client) DirectChannel(ctx context.Context, user string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	ch, _, _, err := c.api.OpenConversationContext(ctx, &api.OpenConversationParameters{Users: []string{user}, ReturnIM: true})
	if err != nil {
		return "", wrap("conversations.open", err)
	}
	return ch.ID, nil
}

// metadataEvent marks our messages, so that one whose posting was not recorded is found again.
const metadataEvent = "sekisho_message"

// Post posts a message. It returns the channel's id and the timestamp that names the message
// there. The key goes along as metadata, for [Client.Find].
func (c *Client) Post(ctx context.Context, channel, key string, m Message) (channelID, ts string, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	// Only this method has arguments about previews of links.
	channelID, ts, err = c.api.PostMessageContext(ctx, channel, append(m.options(),
		api.MsgOptionDisableLinkUnfurl(), api.MsgOptionDisableMediaUnfurl(),
		api.MsgOptionMetadata(api.SlackMetadata{EventType: metadataEvent, EventPayload: map[string]any{"key": key}}))...)
	if err != nil {
		return "", "", wrap("chat.postMessage", err)
	}
	return channelID, ts, nil
}

// Update replaces a message.
func (c *Client) Update(ctx context.Context, channel, ts string, m Message) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if _, _, _, err := c.api.UpdateMessageContext(ctx, channel, ts, m.options()...); err != nil {
		return wrap("chat.update", err)
	}
	return nil
}

// Whisper posts a message that only one person in the channel sees.
func (c *Client) Whisper(ctx context.Context, channel, user string, m Message) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if _, err := c.api.PostEphemeralContext(ctx, channel, user, m.options()...); err != nil {
		return wrap("chat.postEphemeral", err)
	}
	return nil
}

// findPages bounds how far back [Client.Find] looks: a thousand messages.
const findPages = 10

// Find returns the channel's id and the timestamp of the message posted under a key not before a time; empty when there is
// none among the newest thousand. The channel may be named, as #general: the history is only told by id.
func (c *Client) Find(ctx context.Context, channel, key string, since time.Time) (channelID, ts string, err error) {
	if channel, err = c.channelID(ctx, channel); err != nil {
		return "", "", err
	}
	p := api.GetConversationHistoryParameters{ChannelID: channel, Limit: 100, IncludeAllMetadata: true}
	if !since.IsZero() {
		// Slack's clock is not ours.
		p.Oldest = fmt.Sprintf("%d.000000", max(0, since.Add(-time.Minute).Unix()))
	}
	for range findPages {
		page, err := c.history(ctx, &p)
		if err != nil {
			return "", "", err
		}
		for _, m := range page.Messages {
			if m.Metadata.EventType == metadataEvent && m.Metadata.EventPayload["key"] == key {
				return channel, m.Timestamp, nil
			}
		}
		if p.Cursor = page.ResponseMetaData.NextCursor; p.Cursor == "" {
			break
		}
	}
	return "", "", nil
}

func (c *Client) history(ctx context.Context, p *api.GetConversationHistoryParameters) (*api.GetConversationHistoryResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	page, err := c.api.GetConversationHistoryContext(ctx, p)
	if err != nil {
		return nil, wrap("conversations.history", err)
	}
	return page, nil
}

// Error is what Slack, or the way to it, answered instead of a result: the Op is Slack's method,
// the Reason Slack's own word, such as users_not_found. It is empty when no answer of Slack's
// came.
type Error = vendor.Error

// passes reports whether trying again can help. Otherwise Slack understood and said no, and
// nobody can be expected to change that.
func passes(reason string) bool {
	switch reason {
	case "": // no answer, or none of Slack's
		return true
	case "ratelimited", "rate_limited", "message_limit_exceeded", "internal_error", "fatal_error", "service_unavailable",
		"request_timeout", "update_failed", "team_added_to_org", "org_login_required", "external_channel_migrating":
		return true
	case "not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type",
		"missing_scope", "no_permission", "access_denied", "accesslimited", "ekm_access_denied", "app_access_restricted",
		"two_factor_setup_required", "messages_tab_disabled":
		return true // an administrator mends it; until then nothing may be lost
	}
	return false
}

// IsUnknown reports whether the person, channel or message is not there, or no longer, or not
// for us.
func IsUnknown(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Reason {
	case "users_not_found", "user_not_found", "user_not_visible", "user_disabled", "cannot_dm_bot", // the person
		"channel_not_found", "is_archived", "not_in_channel", "user_not_in_channel", // the channel
		"message_not_found", "cant_update_message", "edit_window_closed", "is_inactive": // the message
		return true
	}
	return false
}

// IsRefused reports whether Slack answered that it did not do what it was asked for. An error for which it
// does not hold leaves that open.
func IsRefused(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Reason != "" && !slices.Contains([]string{"internal_error", "fatal_error", "service_unavailable", "request_timeout"}, e.Reason)
}

// IsForbidden reports whether the app lacks a right that an administrator of the workspace can give it.
func IsForbidden(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && slices.Contains([]string{"missing_scope", "no_permission", "access_denied", "not_allowed_token_type"}, e.Reason)
}

// IsClosed reports whether a modal is not there any more: the person has closed it meanwhile.
// https://docs.slack.dev/reference/methods/views.update
func IsClosed(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Op == opUpdateView && e.Reason == "not_found"
}

func wrap(method string, err error) error {
	var limited *api.RateLimitedError
	var answered api.SlackErrorResponse
	var status api.StatusCodeError
	e := &Error{API: "slack", Op: method, Cause: err}
	switch {
	case errors.As(err, &limited):
		e.Reason, e.Kind, e.Wait = "ratelimited", vendor.ErrQuota, limited.RetryAfter
	case errors.As(err, &answered):
		e.Reason = vendor.Reason(answered.Err)
	case errors.As(err, &status):
		e.Code, e.Message = status.Code, vendor.Message(status.Code, status.Status)
	default:
		e = vendor.Unanswered("slack", method, err)
	}
	e.Final = !passes(e.Reason)
	return e
}
