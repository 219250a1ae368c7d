// Package openmetadata imitates an OpenMetadata server, as far as who may do what in the
// catalogue goes: teams, users, roles, policies, and the tables that they are about.
//
// A [Server] is one [net/http.Handler] with OpenMetadata's REST API below /api/v1/. It is seeded
// with a company from shared/sim/org and with the policies and roles that every server begins
// with. [Server.EditPolicy] and the like change things as people do in the user interface;
// [Server.Team], [Server.Policies] and the like tell the truth behind the API.
//
// # What is as strict as OpenMetadata
//
// Bearer tokens of bots; the fields parameter (what was not asked for is not in an answer, and the
// columns of a table have their tags only if columns and tags were both asked for);
// cursors; names that are unique, deleted ones included; JSON Patch (RFC 6902) under its own
// content type, with references as objects and not as names; the levels of teams and who may be
// above whom; teams of type Group without teams below them; at least one rule in a policy and one
// policy in a role; conditions whose functions, teams, roles and tags must exist; what the system
// provides cannot be deleted, nor the organization, nor a team with teams below it; rules are kept
// sorted and without what is included in others of them, and "all" resources as "All"; names with
// a dot are found in quotes; a version for every change, with who made it, but one for all patches
// that an account makes to an entity within ten minutes; a patch that does not fit the document,
// be it because a test in it fails, is an error of the server with status 500; PUT of a team's
// users replaces them all; teams are in the domains of the teams above them and users in those of
// their teams, marked as inherited, which a patch leaves as they are. Sources: the JSON schemas that OpenMetadata publishes
// (https://github.com/open-metadata/OpenMetadataStandards),
// https://docs.open-metadata.org/latest/api-reference, and the repositories and the exception
// mapper in https://github.com/open-metadata/OpenMetadata.
//
// # Decisions where OpenMetadata is vague or silent
//
//   - A patch is applied to the whole document, with its lists: an empty list is there and can be
//     appended to.
//   - A condition that names a team, a role or a tag that does not exist is refused, when a policy
//     is made and when it is changed.
//   - Properties and query parameters that the schemas do not have are refused with 400.
//   - A bot without the right to administer is refused every change with 403.
//   - There is no rate limit but the one that a scenario sets; what exceeds it is answered with 429
//     and a Retry-After.
//
// # What is not imitated
//
// Everything else in OpenMetadata: search, lineage, personas, SCIM, the evaluation of policies when
// somebody asks for something, the If-Match header, and the caches that let a change of a policy show
// in decisions only after minutes. Properties about them are refused. Domains come from the company
// and have no paths of their own: users, teams and tables refer to them and can be patched to, but are
// not made with them. What other things inherit of a domain is not imitated.
package openmetadata
