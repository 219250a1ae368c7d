// Package contract holds the traffic between this project and its vendors against the vendors'
// own machine-readable descriptions of their APIs.
//
// A simulator and the adapter that talks to it are written by the same people. A field that
// both spell wrongly works in every test and fails in production. The vendor's description is
// the third party that knows better: whatever passes a [Recorder] on its way must conform to
// it, request and answer alike.
//
//	specs := contract.Specs(t)                      // the folder of descriptions, or skip
//	google, err := contract.LoadGoogle(specs, "admin.directory.v1.admin")
//	recorder := contract.NewRecorder(contract.GoogleExceptions...)
//	handler := recorder.Handler(contract.Tap{Specs: []contract.Spec{google}}, simulator)
//	…                                               // talk to handler
//	recorder.Report().Verify(t)
//
// There is one [Spec] for each form of description: [Google] reads discovery documents,
// [Notifications] adds the pushes that Google sends, [Slack] reads Slack's reference of methods
// and its OpenAPI document, [SlackPushes] the events and interactions that Slack sends, and
// [OpenAPI3] any OpenAPI document of version 3. Another form of description is one more file
// with one more Spec; another vendor with an OpenAPI document needs none.
//
// Descriptions have mistakes and gaps. Where the real API is known to differ, an [Exception]
// says so with the reason. An exception that is not needed any more is reported, so that the
// lists do not outlive their reasons.
//
// The descriptions themselves are not part of this project. The folder that the environment
// variable [FolderVariable] names holds google/NAME.json, slack/slack-api-ref/METHOD.json,
// looker/Looker.4.0.oas.json and so on, in the files' own names; without it the tests that need
// them are skipped.
package contract
