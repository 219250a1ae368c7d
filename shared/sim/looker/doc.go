// Package looker imitates the part of a Looker instance that keeps its accounts: API 4.0 for
// users, their credentials, sessions and roles.
//
// A [Server] is one [net/http.Handler] under /api/4.0. It holds the Looker users of one company
// from shared/sim/org, lets people sign in and work ([Server.Login], [Server.Work]), and tells
// the truth behind the API for assertions ([Server.User], [Server.Users]).
//
// What Looker documents is imitated as it is documented. Where Looker does not say, the
// simulator takes the harder case for its caller, and the comment at that place says so.
// Parameters that Looker has and the simulator lacks are refused with status 400 and a message
// that says so; names that Looker does not have are refused too.
//
// What surprises callers most, and is here:
//
//   - A token ends, after an hour by default, in the middle of whatever it is used for.
//   - A user without a kind of credential has null in its place; one who never used it has an
//     empty date. Totp and API keys have no date at all.
//   - Whoever asks without being an administrator gets every user, and of each only the name.
//   - Search compares by SQL's LIKE, in which the _ of an address stands for any character.
//   - A user who is disabled stays signed in until the sessions are ended.
//   - Calls about users count against a monthly quota of the licence; see [Server.Administrative].
//
// Sources: the OpenAPI document of API 4.0 (26.12) in
// https://github.com/looker-open-source/sdk-codegen, and
// https://docs.cloud.google.com/looker/docs/api-auth,
// https://docs.cloud.google.com/looker/docs/api-troubleshooting,
// https://docs.cloud.google.com/looker/docs/looker-core-edition-types.
package looker
