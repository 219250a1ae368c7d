// Package fivetran imitates a Fivetran account: the REST API, the connect cards in which owners
// of data sources enter their credentials, the syncs, and the webhooks.
//
// A [Server] is one [net/http.Handler]. Below /v1/ it answers API clients; at
// /connect-card/setup it is the page that a connect card is, with a form that a browser fills in
// and sends. What is entered there stays in the server: no answer of the API shows it. For
// scenarios, [Server.SubmitCard] and [Server.AbandonCard] do what a person with a browser does,
// [Server.ScriptTests], [Server.SlowTests], [Server.FailSyncs] and [Server.Break] say what the source
// is like, and [Server.Connection]
// tells the truth behind the API.
//
// # What is as strict as Fivetran
//
// Basic authentication, the Accept and Content-Type headers, required fields, unknown groups and
// services, the uniqueness of a connection's schema in its group, cursors, the documented rate
// limits, the life of a connect card (one day), setup tests that change the setup state, syncs
// only of what is connected and not paused, webhooks that must be HTTPS and answer a test, their
// signature, their retries and their end after a day. Sources:
// https://fivetran.com/docs/rest-api and the OpenAPI document that Fivetran publishes.
//
// # Decisions where Fivetran is vague or silent
//
//   - Fields and query parameters that the document does not have are refused with 400, and so is
//     a new connection without destination_schema_names, which the document announces as
//     required.
//   - A second connection with a schema that the group has is refused with 409, which the document
//     lists for this request without a reason. Schemas are compared without regard to case.
//   - Every card that was made stays good for a day, however many are made later.
//   - Leaving run_setup_tests out of a change runs the tests, as the document says it does.
//   - A setup test that fails makes a connection that was connected broken, with the task
//     reconnect; one that never was stays incomplete. Tests that could not run change nothing.
//   - A sync that ends badly although the credentials work is tried again after the time that a
//     sync takes, with a warning until one ends well.
//   - connection_successful and connection_failure are sent after every run of setup tests.
//   - A source whose tests check a certificate takes it as trusted from a connect card, and
//     through the API only with trust_certificates.
//   - The first sync begins when a connected connection is unpaused, or becomes connected and is
//     not paused; the next one follows after the sync frequency.
//   - Signatures are in capital hexadecimal digits, as receivers have seen them.
//
// # What is not imitated
//
// Users, roles, teams, destinations, schemas of connections, transformations, OAuth (a service
// that uses it has a button on its card and nothing to enter), the rule that one browser has only
// one card open, and services other than a few. The API versions before
// application/json;version=2 are accepted in the header and answered like it.
package fivetran
