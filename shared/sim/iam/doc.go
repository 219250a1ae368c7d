// Package iam imitates the parts of Google Cloud by which access is given for a time: the IAM
// policies of projects, folders and organisations (Resource Manager API v3), of Cloud Storage
// buckets and of BigQuery data sets, the tokens of service accounts (IAM Service Account
// Credentials API v1), and the memberships of groups (Cloud Identity API v1).
//
// A [Server] is one [net/http.Handler] that answers Google's own client libraries with Google's
// paths, parameters, bodies and errors. It holds the cloud of one company from shared/sim/org.
// Others edit policies by hand ([Server.SetBinding], [Server.EditByHand]), and [Server.Access],
// [Server.Policy] and the like tell the truth behind the APIs, for assertions: which access is
// effective at an instant, with conditions evaluated, groups expanded, and what is inherited.
//
// What matters most of it:
//
//   - Every write of a policy changes its etag. A write with another one is a lost race: 409
//     ABORTED from the Resource Manager, 412 from Storage and BigQuery.
//   - A policy that is asked for in a version below 3 comes without conditions, its roles
//     renamed. Written back in that version it is refused, unless the etag is left out: then
//     all conditions are lost, and what was to end is for ever.
//   - Limits are enforced as documented, and conditions are compiled and evaluated as CEL.
//   - Reads and the effect of a write may lag behind it ([Lag]).
//
// What Google documents is imitated as it is documented. Where Google does not say, the
// simulator mostly takes the harder case for its caller, and the comment at that place says so.
// Query parameters that Google has and the simulator lacks are refused with status 400.
//
// Time comes from [Options].Now. Memberships end through [Server.Agenda], which the owner of the
// clock runs, and at the latest when somebody looks.
//
// Sources: the discovery documents cloudresourcemanager/v3, iamcredentials/v1,
// cloudidentity/v1, storage/v1 and bigquery/v2 as published with google.golang.org/api, and
// https://cloud.google.com/iam/docs/allow-policies,
// https://cloud.google.com/iam/docs/troubleshooting-withcond,
// https://cloud.google.com/iam/docs/conditions-overview,
// https://cloud.google.com/iam/quotas,
// https://cloud.google.com/identity/docs/how-to/manage-expirations.
package iam
