// Package slack imitates a Slack workspace with one app installed: the Web API that the app
// calls, and the people who read its messages, press its buttons and fill in its modals.
//
// The two halves meet in one [Server]. As an [net/http.Handler] it serves /api/METHOD and the
// response URLs below /actions/ and /commands/. Its methods act for people: [Server.Click],
// [Server.Command] and [Server.Submit] build the payload that Slack would send, sign its raw
// bytes and POST it to the app, and [Server.Visible] tells what a person would see. A person
// sees their direct messages with the app, the channels they are in and the ephemeral messages
// addressed to them; they can press nothing that they cannot see.
//
// # What is as strict as Slack
//
// Tokens, argument encodings, identifiers, paging, Block Kit (unknown types, unknown
// properties and every documented length are refused with Slack's reasons), trigger ids (three
// seconds, one use), view hashes, response URLs (thirty minutes, five uses), rate limits and
// request signatures. Facts are from https://docs.slack.dev/reference and, where noted, from
// what Slack answers in practice.
//
// # Decisions where Slack is vague or silent
//
//   - chat.postMessage allows one message per second and channel with a burst of 5, and 600 a
//     minute in the workspace. Slack documents "1 per second per channel", tolerance of short
//     bursts, and "several hundred per minute".
//   - A tier's requests are counted in a rolling window of one minute for each method.
//     Retry-After is the whole seconds until the next request would fit.
//   - Text of more than 40,000 characters is refused with msg_too_long, where Slack would cut
//     it off for chat.postMessage; chat.update refuses text above 4,000, as documented.
//   - An action_id must be unique among the buttons of a whole message. Slack requires it only
//     within a block.
//   - A broadcast such as <!channel> counts wherever mrkdwn could carry it, the notification
//     text and code spans included, so that a test which finds none is on the safe side.
//   - chat.update with text and without blocks takes the blocks away; with neither it is
//     refused; without text it keeps the old text. An absent metadata argument keeps the old
//     metadata, an empty object removes it.
//   - Posting in the direct messages of a deactivated person is refused with is_archived.
//
// # What is not imitated
//
// Attachments, files, multi-person direct messages, and block types other than section, header,
// context, actions, divider, image, input and rich_text: requests that use them are refused.
// Scopes, user tokens and the retries of the Events API do not exist. Arguments about looks
// (unfurling, icons, user names) are accepted and change nothing. Menus in messages are
// accepted, but people cannot use them there, as they can in modals. Elapsed time does not exist
// within a call, so that an app is never too late with its acknowledgement.
//
// The package knows nothing of the code that calls it and shares no type with it, so that a
// wrong field name on either side is found.
package slack
