// Package workspace imitates the parts of Google Workspace that watch and keep Google Groups:
// the Admin SDK Directory API and Reports API and the Groups Settings API.
//
// A [Server] is one [net/http.Handler] that answers Google's own client libraries with
// Google's paths, parameters, bodies and errors. It holds one company from
// shared/sim/org, lets people change it the way they do in Google Groups and in the Admin
// console ([Server.SetSetting], [Server.AddMember] …), writes the audit entries of each
// change, shows them late, and pushes them to watch channels. [Server.Setting],
// [Server.Members] and the like tell the truth behind the APIs, for assertions.
//
// What Google documents is imitated as it is documented. Where Google does not say, the
// simulator mostly takes the harder case for its caller, and the comment at that place says
// so. Query parameters that Google has and the simulator lacks are refused with status 400 and
// a message that says so. Of the Directory API there are the reading methods, and those that suspend users.
//
// Time comes from [Options].Now. Whatever happens later (a notification, a retry) waits on
// [Server.Agenda], which the owner of the clock runs.
//
// Sources: the discovery documents admin/directory/v1, admin/reports/v1 and groupssettings/v1
// as published with google.golang.org/api, and
// https://developers.google.com/workspace/admin/reports/v1/guides/push,
// https://developers.google.com/workspace/admin/groups-settings/v1/reference/groups,
// https://support.google.com/cloudidentity/answer/6270454.
package workspace
