package slack

import (
	"context"
	"regexp"
	"strings"

	api "github.com/slack-go/slack"
)

// idOfChannel is what Slack names channels by; their names have no capitals.
var idOfChannel = regexp.MustCompile(`^[CDG][A-Z0-9]+$`)

// channelsPerPage is the most that Slack lists at once, channelPages how many pages are looked through for a channel by
// its name: together ten thousand, in fewer calls than it allows in a minute
// (https://docs.slack.dev/reference/methods/conversations.list).
const channelsPerPage, channelPages = 999, 11

// channelID returns the id of a channel of which that or the name is known. It reads the list of channels.
func (c *Client) channelID(ctx context.Context, channel string) (string, error) {
	if idOfChannel.MatchString(channel) {
		return channel, nil
	}
	p := api.GetConversationsParameters{Types: []string{"public_channel", "private_channel"}, ExcludeArchived: true, Limit: channelsPerPage}
	for range channelPages {
		list, next, err := c.channels(ctx, &p)
		if err != nil {
			return "", err
		}
		for _, one := range list {
			if one.Name == strings.TrimPrefix(channel, "#") {
				return one.ID, nil
			}
		}
		if p.Cursor = next; next == "" {
			break
		}
	}
	return "", &Error{API: "slack", Op: "conversations.list", Reason: "channel_not_found", Final: true}
}

// ChannelName returns what the channel with an id is called, without the sign before it. Of an archived one
// the error is one for which [IsUnknown] holds: nothing can be posted there any more.
func (c *Client) ChannelName(ctx context.Context, id string) (string, error) {
	const op = "conversations.info"
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	ch, err := c.api.GetConversationInfoContext(ctx, &api.GetConversationInfoInput{ChannelID: id})
	switch {
	case err != nil:
		return "", wrap(op, err)
	case ch.IsArchived:
		return "", &Error{API: "slack", Op: op, Reason: "is_archived", Final: true}
	}
	return ch.Name, nil
}

func (c *Client) channels(ctx context.Context, p *api.GetConversationsParameters) ([]api.Channel, string, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	list, next, err := c.api.GetConversationsContext(ctx, p)
	if err != nil {
		return nil, "", wrap("conversations.list", err)
	}
	return list, next, nil
}
